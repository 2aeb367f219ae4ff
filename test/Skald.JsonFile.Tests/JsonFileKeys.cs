namespace Skald.JsonFile;

/// <summary>Locks and tombstones of a unit of work, in its own document.</summary>
internal sealed class JsonFileKeys(Document document) : IBusinessKeys
{
    public ValueTask<bool> TryTakeAsync(string key, string owner, DateTimeOffset at, long place = long.MaxValue)
    {
        if (!document.Locks.ContainsKey(key) && (document.FirstInLine(key) is not { } first || first.Place >= place))
        {
            document.Locks[key] = owner;
        }

        return new(document.Locks.GetValueOrDefault(key) == owner);
    }

    public ValueTask<bool> ReleaseAsync(string key, string owner) => new(document.Locks.GetValueOrDefault(key) == owner && document.Locks.Remove(key));

    public ValueTask<IReadOnlyList<string>> ReleaseAllAsync(string owner) => new(document.Release(owner));

    public ValueTask<string?> OwnerAsync(string key, bool keeps = false) => new(document.Locks.GetValueOrDefault(key));

    public ValueTask<bool> BuryAsync(string key, string reason, DateTimeOffset at) => new(document.Tombstones.TryAdd(key, reason));

    public ValueTask<string?> TombstoneAsync(string key) => new(document.Tombstones.GetValueOrDefault(key));
}
