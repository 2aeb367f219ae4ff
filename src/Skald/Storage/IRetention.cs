namespace Skald.Storage;

/// <summary>
/// What a database need not keep for ever. Called as <see cref="IStore.TakeDueAsync"/> is, a little at a time. Sagas and flows themselves are removed by
/// units of work (<see cref="Changes.RemovedSagas"/>), so that whatever else concerns them is serialised with it.
/// </summary>
public interface IRetention
{
    /// <summary>Whether it is this instance's to remove things. Of several that live it is one's; when that one is gone, another's, sooner or later. Both may take it for theirs for a while: that costs work, and harms nothing.</summary>
    ValueTask<bool> IsForThisInstanceAsync(CancellationToken cancellationToken);

    /// <summary>Finds sagas and flows that may be removed, the longest ended first; none of a plan that only another instance knows which lives. A saga that has not ended, or has a <see cref="SagaRow.Hold"/>, is never among them.</summary>
    /// <param name="query">Which.</param>
    /// <param name="cancellationToken">Abandons the attempt.</param>
    ValueTask<Ended> FindEndedAsync(EndedQuery query, CancellationToken cancellationToken);

    /// <summary>Removes old rows of a kind, the oldest first.</summary>
    /// <param name="kind">The kind.</param>
    /// <param name="before">Those of before this time, in Unix milliseconds.</param>
    /// <param name="limit">The most to remove.</param>
    /// <param name="cancellationToken">Abandons the attempt.</param>
    /// <returns>How many were removed.</returns>
    ValueTask<int> RemoveAsync(OldRows kind, long before, int limit, CancellationToken cancellationToken);

    /// <summary>Gives room that became free back to the system, some of it; nothing where the database does that by itself, or a little is free.</summary>
    /// <returns>Whether there is more.</returns>
    ValueTask<bool> ShrinkAsync(CancellationToken cancellationToken) => new(false);
}

/// <summary>Which sagas and flows may be removed.</summary>
/// <param name="Before">Those that ended before this time, in Unix milliseconds.</param>
/// <param name="StrangersBefore">The same for sagas of plans that nobody knows that lives.</param>
/// <param name="Most">How many of each, sagas and flows, are kept at most, of all that ended: 1 or more; null for any number. Those that ended first go first, and those that ended in one millisecond with the last to be kept are kept.</param>
/// <param name="Limit">The most of each to find.</param>
public sealed record EndedQuery(long Before, long StrangersBefore, long? Most, int Limit)
{
    /// <summary>Before when those that go have ended.</summary>
    /// <param name="lastKept">When the last one ended that is kept when <see cref="Most"/> are; null when there are not that many, or any number is.</param>
    /// <returns>Of those whose plan the instance knows, and of those whose plan nobody knows. Too many are too many, whoever knows them.</returns>
    public (long Known, long Strangers) Limits(long? lastKept) => (Math.Max(Before, lastKept ?? Before), Math.Max(StrangersBefore, lastKept ?? StrangersBefore));
}

/// <summary>What may be removed.</summary>
/// <param name="Sagas">Sagas.</param>
/// <param name="Flows">Flows, by the ids of their rows.</param>
public sealed record Ended(IReadOnlyList<Guid> Sagas, IReadOnlyList<Guid> Flows);

/// <summary>Kinds of rows that are removed when they are old enough.</summary>
public enum OldRows
{
    /// <summary>Answers to requests, by the time at which they were given.</summary>
    Requests,

    /// <summary>Ledger rows of no step (<see cref="LedgerRow.Step"/> is empty), by the time at which they were written; none whose outcome is <see cref="Decisions.LedgerOutcome.Begun"/>, which is 0: the only copy may still come.</summary>
    Messages,

    /// <summary>Lines of timelines that are of no version (<see cref="JournalRow.Version"/> is 0): parts of flows that another service keeps the record of.</summary>
    Timelines,

    /// <summary>What is known of sagas and flows that were removed, by the time at which they were.</summary>
    Removed,
}

/// <summary>A saga or a flow that was removed: that it was there.</summary>
/// <param name="Id">The saga, or the id of the flow's row.</param>
/// <param name="Definition">Its definition's name.</param>
/// <param name="Key">A saga's business key; a flow's id.</param>
/// <param name="Status">How it ended, as a number. Stores do not interpret it.</param>
/// <param name="StartedAt">When it was started, in Unix milliseconds.</param>
/// <param name="EndedAt">When it ended, in Unix milliseconds.</param>
/// <param name="At">When it was removed, in Unix milliseconds.</param>
public sealed record RemovedRow(Guid Id, string Definition, string? Key, int Status, long StartedAt, long EndedAt, long At);
