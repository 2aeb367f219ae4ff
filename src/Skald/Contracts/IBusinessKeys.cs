namespace Skald;

/// <summary>
/// Locks and tombstones of one service, inside one transaction. They know nothing of each other: a dead key may be locked. Stores implement
/// it, and keep the times for people; handlers use <see cref="StepContext.Locks"/>.
/// </summary>
public interface IBusinessKeys
{
    /// <summary>Takes a lock that is free. True when it is the owner's now, or was already.</summary>
    ValueTask<bool> TryTakeAsync(string key, string owner, DateTimeOffset at);

    /// <summary>Frees a lock that the owner holds. False when it does not.</summary>
    ValueTask<bool> ReleaseAsync(string key, string owner);

    /// <summary>Frees every lock that the owner holds, and says how many.</summary>
    ValueTask<int> ReleaseAllAsync(string owner);

    /// <summary>Who holds a lock; null when nobody does.</summary>
    ValueTask<string?> OwnerAsync(string key);

    /// <summary>Marks a key as dead for ever. False when it was already; the first reason stays.</summary>
    ValueTask<bool> BuryAsync(string key, string reason, DateTimeOffset at);

    /// <summary>Why a key is dead; null when it is not.</summary>
    ValueTask<string?> TombstoneAsync(string key);
}
