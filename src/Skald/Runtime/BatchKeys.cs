using Skald.Storage;

namespace Skald.Runtime;

/// <summary>A batch's locks and tombstones. Locks of flows that have ended in this batch are free for what comes after, although they are deleted with the commit.</summary>
internal sealed class BatchKeys(IBusinessKeys keys, Changes changes) : IBusinessKeys
{
    public async ValueTask<bool> TryTakeAsync(string key, string owner, DateTimeOffset at, long place = long.MaxValue)
    {
        if (await keys.TryTakeAsync(key, owner, at, place))
        {
            return true;
        }

        if (await keys.OwnerAsync(key) is not { } holder || !changes.ReleasedOwners.Contains(holder))
        {
            return false;
        }

        await ReleaseAllAsync(holder);
        return await keys.TryTakeAsync(key, owner, at, place);
    }

    public async ValueTask<string?> OwnerAsync(string key, bool keeps = false) =>
        await keys.OwnerAsync(key, keeps) is { } holder && !changes.ReleasedOwners.Contains(holder) ? holder : null;

    public async ValueTask<bool> ReleaseAsync(string key, string owner)
    {
        var released = await keys.ReleaseAsync(key, owner);
        if (released)
        {
            changes.Lines.Add(key);
        }

        return released;
    }

    public async ValueTask<IReadOnlyList<string>> ReleaseAllAsync(string owner)
    {
        var released = await keys.ReleaseAllAsync(owner);
        changes.Lines.UnionWith(released);
        return released;
    }

    public ValueTask<bool> BuryAsync(string key, string reason, DateTimeOffset at) => keys.BuryAsync(key, reason, at);

    public ValueTask<string?> TombstoneAsync(string key) => keys.TombstoneAsync(key);
}
