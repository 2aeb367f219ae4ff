namespace Skald.Runtime;

/// <summary>A batch's locks and tombstones. Locks of flows that have ended in this batch are free for what comes after, although they are deleted with the commit.</summary>
internal sealed class BatchKeys(IBusinessKeys keys, HashSet<string> released) : IBusinessKeys
{
    public async ValueTask<bool> TryTakeAsync(string key, string owner, DateTimeOffset at)
    {
        if (await keys.TryTakeAsync(key, owner, at))
        {
            return true;
        }

        if (await keys.OwnerAsync(key) is not { } holder || !released.Contains(holder))
        {
            return false;
        }

        await keys.ReleaseAllAsync(holder);
        return await keys.TryTakeAsync(key, owner, at);
    }

    public async ValueTask<string?> OwnerAsync(string key) => await keys.OwnerAsync(key) is { } holder && !released.Contains(holder) ? holder : null;

    public ValueTask<bool> ReleaseAsync(string key, string owner) => keys.ReleaseAsync(key, owner);

    public ValueTask<int> ReleaseAllAsync(string owner) => keys.ReleaseAllAsync(owner);

    public ValueTask<bool> BuryAsync(string key, string reason, DateTimeOffset at) => keys.BuryAsync(key, reason, at);

    public ValueTask<string?> TombstoneAsync(string key) => keys.TombstoneAsync(key);
}
