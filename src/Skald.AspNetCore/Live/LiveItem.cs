namespace Skald;

/// <summary>A thing as it is since its last change.</summary>
/// <param name="Number">The change's number, which no other has: later changes have higher ones, and none is seen before a lower one. It is the event's id, with which a listener comes back.</param>
/// <param name="Key">Which thing.</param>
/// <param name="Data">What listeners are sent, usually JSON.</param>
public sealed record LiveItem(long Number, string Key, string Data);

/// <summary>What a <see cref="LiveFeed"/> shows.</summary>
public interface ILiveSource
{
    /// <summary>The things that changed last, in the order of their changes.</summary>
    /// <param name="limit">How many at most.</param>
    /// <param name="cancellationToken">Nobody listens any more.</param>
    Task<IReadOnlyList<LiveItem>> NewestAsync(int limit, CancellationToken cancellationToken);

    /// <summary>The things that changed after a change, in the order of their changes.</summary>
    /// <param name="number">The change.</param>
    /// <param name="limit">How many at most.</param>
    /// <param name="cancellationToken">Nobody listens any more.</param>
    Task<IReadOnlyList<LiveItem>> ChangedSinceAsync(long number, int limit, CancellationToken cancellationToken);
}
