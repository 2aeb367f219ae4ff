using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;

namespace Skald.Runtime;

/// <summary>Where starts and requests wait for their turn in a lane: not more than so many, and not for longer than so long.</summary>
internal sealed class Door(string service, int most, TimeSpan patience, TimeProvider time)
{
    private const int HintIsAShareOf = 4;

    private readonly ConcurrentQueue<(Work Work, long Since)> _waiting = new();

    public int Waiting => _waiting.Count;

    public bool IsEmpty => _waiting.IsEmpty;

    /// <summary>Takes it, or refuses it.</summary>
    public void Add(Work request)
    {
        if (_waiting.Count >= most)
        {
            Refuse(request, $"{most} requests are waiting");
        }
        else
        {
            _waiting.Enqueue((request, time.GetTimestamp()));
        }
    }

    /// <summary>Whose turn it is.</summary>
    public bool TryTake([NotNullWhen(true)] out Work? request)
    {
        var taken = _waiting.TryDequeue(out var first);
        request = first.Work;
        return taken;
    }

    /// <summary>Refuses those that have waited for too long.</summary>
    public void RefuseOverdue()
    {
        while (_waiting.TryPeek(out var first) && IsOverdue(first.Since) && _waiting.TryDequeue(out var taken))
        {
            if (IsOverdue(taken.Since))
            {
                Refuse(taken.Work, $"a request has waited for {patience.TotalSeconds:0.###} s");
            }
            else
            {
                // The lane took the other meanwhile.
                _waiting.Enqueue(taken);
            }
        }
    }

    private bool IsOverdue(long since) => time.GetElapsedTime(since) > patience;

    private void Refuse(Work request, string why) => request.Abandon(new OverloadedException(service, why, patience / HintIsAShareOf));
}
