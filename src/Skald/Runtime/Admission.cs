using System.Diagnostics.CodeAnalysis;

namespace Skald.Runtime;

/// <summary>
/// Where starts and requests wait for their turn in a lane: not more than so many, and not for longer than so long. While the broker is away or participants
/// are behind, starts have no turn.
/// </summary>
internal sealed class Admission(string service, SkaldOptions options, Backpressure backpressure, TimeProvider time)
{
    private static readonly TimeSpan LongestHint = TimeSpan.FromMinutes(1);

    private readonly Lock _lock = new();
    private readonly Queue<Work> _requests = new();
    private readonly Queue<Work> _starts = new();
    private volatile int _requestsWaiting;
    private volatile int _startsWaiting;
    private bool _startsAreNext;

    /// <summary>How many wait, whether or not it is their turn.</summary>
    public int Queued => _requestsWaiting + _startsWaiting;

    /// <summary>How many wait whose turn it may be.</summary>
    public int Waiting => _requestsWaiting + (backpressure.IsOn ? 0 : _startsWaiting);

    /// <summary>Takes it, or refuses it. One that another lane gave back was taken before.</summary>
    public void Add(Work request)
    {
        var (queue, what) = request.StartsSaga ? (_starts, "starts") : (_requests, "requests");
        bool isTaken;
        lock (_lock)
        {
            isTaken = request.AskedAt != 0 || queue.Count < options.RequestsWaiting;
            if (isTaken)
            {
                request.AskedAt = request.AskedAt == 0 ? time.GetTimestamp() : request.AskedAt;
                queue.Enqueue(request);
                Count();
            }
        }

        if (!isTaken)
        {
            Refuse(request, $"{options.RequestsWaiting} {what} are waiting");
        }
    }

    /// <summary>Whose turn it is: requests and starts in turn, each in their order.</summary>
    public bool TryTake([NotNullWhen(true)] out Work? request)
    {
        request = null;
        if (Waiting == 0)
        {
            return false;
        }

        lock (_lock)
        {
            var mayStart = _starts.Count > 0 && !backpressure.IsOn;
            _startsAreNext = mayStart && (_requests.Count == 0 || !_startsAreNext);
            var taken = (_startsAreNext ? _starts : _requests).TryDequeue(out request);
            Count();
            return taken;
        }
    }

    /// <summary>All who wait, whether or not it is their turn.</summary>
    public List<Work> TakeAll()
    {
        var all = new List<Work>();
        lock (_lock)
        {
            all.AddRange(_requests);
            all.AddRange(_starts);
            _requests.Clear();
            _starts.Clear();
            Count();
        }

        return all;
    }

    /// <summary>Refuses those that have waited for too long, and lets go of those that nobody waits for.</summary>
    public void RefuseOverdue()
    {
        var overdue = new List<Work>();
        lock (_lock)
        {
            TakeOverdue(_requests, overdue);
            TakeOverdue(_starts, overdue);
            Count();
        }

        overdue.ForEach(request => Refuse(request, $"{(request.StartsSaga ? "a start" : "a request")} has waited for {options.RequestPatience.TotalSeconds:0.###} s"));
    }

    private void TakeOverdue(Queue<Work> waiting, List<Work> overdue)
    {
        for (var left = waiting.Count; left > 0; left--)
        {
            var request = waiting.Dequeue();
            if (request.IsGivenUp || time.GetElapsedTime(request.AskedAt) > options.RequestPatience)
            {
                overdue.Add(request);
            }
            else
            {
                waiting.Enqueue(request);
            }
        }
    }

    private void Count() => (_requestsWaiting, _startsWaiting) = (_requests.Count, _starts.Count);

    private void Refuse(Work request, string why) =>
        request.Abandon(new OverloadedException(service, request.StartsSaga && backpressure.Reason is { } reason ? $"{why}, because {reason}" : why, options.RequestPatience < LongestHint ? options.RequestPatience : LongestHint));
}
