namespace Skald;

/// <summary>
/// Locks and tombstones of one service, inside one transaction. They know nothing of each other: a dead key may be locked. Stores implement
/// it, and keep the times for people; handlers use <see cref="StepContext.Locks"/>.
/// </summary>
public interface IBusinessKeys
{
    /// <summary>
    /// Takes a lock that is free and promised to nobody else. True when it is the owner's now, or was already. It is promised to the delayed messages that
    /// stand in its line (<see cref="Storage.DelayedRow.Line"/>), the one with the lowest place first.
    /// </summary>
    /// <param name="key">The lock.</param>
    /// <param name="owner">Who is to have it.</param>
    /// <param name="at">When.</param>
    /// <param name="place">The place of the message that asks; <see cref="long.MaxValue"/> when it stands in no line.</param>
    ValueTask<bool> TryTakeAsync(string key, string owner, DateTimeOffset at, long place = long.MaxValue);

    /// <summary>Frees a lock that the owner holds. False when it does not.</summary>
    ValueTask<bool> ReleaseAsync(string key, string owner);

    /// <summary>Frees every lock that the owner holds, and says which.</summary>
    ValueTask<IReadOnlyList<string>> ReleaseAllAsync(string owner);

    /// <summary>Who holds a lock; null when nobody does.</summary>
    /// <param name="key">The lock.</param>
    /// <param name="keeps">Whether others who free it, or leave its line, have to wait until this transaction ends, so that they see who has joined it meanwhile.</param>
    ValueTask<string?> OwnerAsync(string key, bool keeps = false);

    /// <summary>Marks a key as dead for ever. False when it was already; the first reason stays.</summary>
    ValueTask<bool> BuryAsync(string key, string reason, DateTimeOffset at);

    /// <summary>Why a key is dead; null when it is not.</summary>
    ValueTask<string?> TombstoneAsync(string key);
}
