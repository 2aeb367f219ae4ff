namespace Skald.Storage;

/// <summary>Which sagas or flows are meant. Whatever is null does not matter.</summary>
public sealed record InstanceFilter
{
    /// <summary>The definition's name.</summary>
    public string? Definition { get; init; }

    /// <summary>The status, as it is stored.</summary>
    public int? Status { get; init; }

    /// <summary>The business key of a saga, or the id of a flow.</summary>
    public string? Key { get; init; }

    /// <summary>Started before this time, in Unix milliseconds.</summary>
    public long? StartedBefore { get; init; }

    /// <summary>Started at this time or later, in Unix milliseconds.</summary>
    public long? StartedFrom { get; init; }
}

/// <summary>Where a page of sagas or flows ended: the next one goes on from there.</summary>
/// <param name="StartedAt">When the last one was started, in Unix milliseconds.</param>
/// <param name="Id">The last one.</param>
public readonly record struct PagePosition(long StartedAt, Guid Id);

/// <summary>
/// What people and tools ask of a store. Called from any thread, beside the lane, also by processes that serve nothing.
/// </summary>
/// <remarks>No answer may cost more than what it shows, however many rows there are: each reads through an index, and counts end at their cap.</remarks>
public interface IOperations
{
    /// <summary>One saga; null when there is none.</summary>
    ValueTask<SagaRow?> FindSagaAsync(Guid id, CancellationToken cancellationToken);

    /// <summary>Sagas, the latest started first, those started at one time by descending id: as <see cref="Guid.CompareTo(Guid)"/> does, which is the order of its bytes as they are written.</summary>
    /// <param name="filter">Which.</param>
    /// <param name="after">Where the page before ended; null for the first.</param>
    /// <param name="limit">The most.</param>
    /// <param name="cancellationToken">Abandons the attempt.</param>
    ValueTask<IReadOnlyList<SagaRow>> SagasAsync(InstanceFilter filter, PagePosition? after, int limit, CancellationToken cancellationToken);

    /// <summary>How many sagas there are, counting no further than <paramref name="cap"/>.</summary>
    ValueTask<long> CountSagasAsync(InstanceFilter filter, long cap, CancellationToken cancellationToken);

    /// <summary>One flow, by the id of its row; null when there is none.</summary>
    ValueTask<FlowRow?> FindFlowAsync(Guid id, CancellationToken cancellationToken);

    /// <summary>Flows, in the order of <see cref="SagasAsync"/>.</summary>
    ValueTask<IReadOnlyList<FlowRow>> FlowsAsync(InstanceFilter filter, PagePosition? after, int limit, CancellationToken cancellationToken);

    /// <summary>How many flows there are, counting no further than <paramref name="cap"/>.</summary>
    ValueTask<long> CountFlowsAsync(InstanceFilter filter, long cap, CancellationToken cancellationToken);

    /// <summary>The timeline of a saga or flow, oldest first.</summary>
    /// <param name="owner">The saga, or the id of the flow's row.</param>
    /// <param name="skip">How many rows of it to pass over.</param>
    /// <param name="limit">The most.</param>
    /// <param name="cancellationToken">Abandons the attempt.</param>
    ValueTask<IReadOnlyList<JournalRow>> JournalAsync(Guid owner, int skip, int limit, CancellationToken cancellationToken);

    /// <summary>Sagas that will be woken, soonest first.</summary>
    ValueTask<IReadOnlyList<SagaRow>> WaitingSagasAsync(int limit, CancellationToken cancellationToken);

    /// <summary>Messages that wait to be tried again, soonest first.</summary>
    ValueTask<IReadOnlyList<DelayedRow>> DelayedAsync(int limit, CancellationToken cancellationToken);

    /// <summary>Messages that are committed and not yet confirmed, those that are longest free to be sent first.</summary>
    ValueTask<IReadOnlyList<OutboxRow>> OutboxAsync(int limit, CancellationToken cancellationToken);

    /// <summary>How many messages are committed and not yet confirmed, counting no further than <paramref name="cap"/>.</summary>
    ValueTask<long> CountOutboxAsync(long cap, CancellationToken cancellationToken);

    /// <summary>One dead letter; null when there is none.</summary>
    ValueTask<DeadLetterRow?> FindDeadLetterAsync(long number, CancellationToken cancellationToken);

    /// <summary>Dead letters, oldest first.</summary>
    /// <param name="after">The last number of the page before; 0 for the first page.</param>
    /// <param name="limit">The most.</param>
    /// <param name="cancellationToken">Abandons the attempt.</param>
    ValueTask<IReadOnlyList<DeadLetterRow>> DeadLettersAsync(long after, int limit, CancellationToken cancellationToken);

    /// <summary>What is known of a saga or flow that was removed; null when nothing is.</summary>
    ValueTask<RemovedRow?> FindRemovedAsync(Guid id, CancellationToken cancellationToken);

    /// <summary>The answer to a request; null when there is none.</summary>
    ValueTask<RequestRow?> FindRequestAsync(string key, CancellationToken cancellationToken);
}
