using System.Collections.Concurrent;
using Skald.Storage;

namespace Skald.Runtime;

/// <summary>Until when delayed messages are this process's, by their ids: one that waits for long in its lane may be claimed by another meanwhile.</summary>
internal sealed class DelayedClaims
{
    private readonly ConcurrentDictionary<Guid, long> _until = new();

    /// <summary>It was claimed in the store.</summary>
    public void Add(DelayedRow row) => _until[row.Id] = row.Due;

    /// <summary>Whether a message, as it is stored now, is claimed by this process.</summary>
    public bool Has(DelayedRow stored) => _until.TryGetValue(stored.Id, out var until) && until == stored.Due;

    /// <summary>Forgets claims that have ended.</summary>
    public void Forget(DateTimeOffset now)
    {
        foreach (var (id, until) in _until)
        {
            if (until < now.ToUnixTimeMilliseconds())
            {
                _until.TryRemove(id, out _);
            }
        }
    }
}
