namespace Skald.Storage;

/// <summary>Locks and tombstones of a transaction in memory: changes on a copy, kept when it commits.</summary>
internal sealed class MemoryKeys(IReadOnlyDictionary<string, string> committedLocks, IReadOnlyDictionary<string, string> committedTombstones, Func<string, long> firstPlace) : IBusinessKeys
{
    private readonly Dictionary<string, string> _locks = new(committedLocks);
    private readonly Dictionary<string, string> _tombstones = new(committedTombstones);

    public ValueTask<bool> TryTakeAsync(string key, string owner, DateTimeOffset at, long place = long.MaxValue)
    {
        var holder = _locks.GetValueOrDefault(key);
        if (holder is null && firstPlace(key) >= place)
        {
            _locks[key] = holder = owner;
        }

        return new(holder == owner);
    }

    public ValueTask<bool> ReleaseAsync(string key, string owner) => new(_locks.GetValueOrDefault(key) == owner && _locks.Remove(key));

    public ValueTask<IReadOnlyList<string>> ReleaseAllAsync(string owner)
    {
        var held = _locks.Where(l => l.Value == owner).Select(l => l.Key).ToList();
        held.ForEach(key => _locks.Remove(key));
        return new(held);
    }

    public ValueTask<string?> OwnerAsync(string key, bool keeps = false) => new(_locks.GetValueOrDefault(key));

    public ValueTask<bool> BuryAsync(string key, string reason, DateTimeOffset at) => new(_tombstones.TryAdd(key, reason));

    public ValueTask<string?> TombstoneAsync(string key) => new(_tombstones.GetValueOrDefault(key));

    /// <summary>Makes this transaction's view the committed one. Transactions in memory never overlap.</summary>
    public void Apply(Dictionary<string, string> locks, Dictionary<string, string> tombstones)
    {
        Replace(locks, _locks);
        Replace(tombstones, _tombstones);
    }

    private static void Replace(Dictionary<string, string> target, Dictionary<string, string> source)
    {
        target.Clear();
        foreach (var (key, value) in source)
        {
            target[key] = value;
        }
    }
}
