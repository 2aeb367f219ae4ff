using System.Diagnostics.CodeAnalysis;

namespace Skald.Runtime;

/// <summary>Where starts and requests wait for their turn in a lane: not more than so many, and not for longer than so long.</summary>
internal sealed class Admission(string service, int most, TimeSpan patience, TimeProvider time)
{
    private static readonly TimeSpan LongestHint = TimeSpan.FromMinutes(1);

    private readonly Lock _lock = new();
    private readonly Queue<Work> _waiting = new();
    private volatile int _count;

    public int Waiting => _count;

    public bool IsEmpty => _count == 0;

    /// <summary>Takes it, or refuses it. One that another lane gave back was taken before.</summary>
    public void Add(Work request)
    {
        bool isTaken;
        lock (_lock)
        {
            isTaken = request.AskedAt is not null || _waiting.Count < most;
            if (isTaken)
            {
                request.AskedAt ??= time.GetTimestamp();
                _waiting.Enqueue(request);
                _count = _waiting.Count;
            }
        }

        if (!isTaken)
        {
            Refuse(request, $"{most} requests are waiting");
        }
    }

    /// <summary>Whose turn it is.</summary>
    public bool TryTake([NotNullWhen(true)] out Work? request)
    {
        request = null;
        if (IsEmpty)
        {
            return false;
        }

        lock (_lock)
        {
            var taken = _waiting.TryDequeue(out request);
            _count = _waiting.Count;
            return taken;
        }
    }

    /// <summary>Refuses those that have waited for too long, and lets go of those that nobody waits for.</summary>
    public void RefuseOverdue()
    {
        var overdue = new List<Work>();
        lock (_lock)
        {
            for (var left = _waiting.Count; left > 0; left--)
            {
                var request = _waiting.Dequeue();
                if (request.IsGivenUp || time.GetElapsedTime(request.AskedAt ?? 0) > patience)
                {
                    overdue.Add(request);
                }
                else
                {
                    _waiting.Enqueue(request);
                }
            }

            _count = _waiting.Count;
        }

        overdue.ForEach(request => Refuse(request, $"a request has waited for {patience.TotalSeconds:0.###} s"));
    }

    private void Refuse(Work request, string why) => request.Abandon(new OverloadedException(service, why, patience < LongestHint ? patience : LongestHint));
}
