using Skald.Storage;

namespace Skald.Runtime;

/// <summary>
/// The time that a service reckons by: its store's clock, where that is shared, carried on by this machine's steady count. So a machine whose clock is
/// wrong, or is set while it runs, ends nobody's deadline early.
/// </summary>
internal sealed class StoreClock(IStore store, TimeProvider time)
{
    private Reading? _last;

    public DateTimeOffset Now => Volatile.Read(ref _last) is { } last ? last.Said + time.GetElapsedTime(last.At) : time.GetUtcNow();

    /// <summary>Asks the store again.</summary>
    /// <exception cref="StoreUnavailableException">It cannot be reached.</exception>
    public async ValueTask AskAsync(CancellationToken cancellationToken)
    {
        if (await store.AskTimeAsync(cancellationToken) is { } said)
        {
            // Late by the way of the answer, and never early.
            Volatile.Write(ref _last, new Reading(said, time.GetTimestamp()));
        }
    }

    private sealed record Reading(DateTimeOffset Said, long At);
}
