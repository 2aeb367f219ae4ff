namespace Skald.Storage;

/// <summary>Which sagas or flows are meant. Whatever is null does not matter.</summary>
public sealed record InstanceFilter
{
    /// <summary>The definition's name.</summary>
    public string? Definition { get; init; }

    /// <summary>The statuses that are meant, as they are stored; any of them. An empty set is met by nothing.</summary>
    public IReadOnlyCollection<int>? Statuses { get; init; }

    /// <summary>The business key of a saga, or the id of a flow.</summary>
    public string? Key { get; init; }

    /// <summary>Started before this time, in Unix milliseconds.</summary>
    public long? StartedBefore { get; init; }

    /// <summary>Started at this time or later, in Unix milliseconds.</summary>
    public long? StartedFrom { get; init; }

    /// <summary>
    /// Not changed since this time, in Unix milliseconds: <see cref="SagaRow.UpdatedAt"/> is before it. No index has it, because it changes with every step; what is passed over is what was
    /// started in the stretch that is asked for and has changed since. Who asks narrows that: what has not changed since a time was started before it.
    /// </summary>
    public long? UpdatedBefore { get; init; }

    /// <summary>The step that made a saga turn back, or at which it is parked. No flow has one.</summary>
    public string? FailedStep { get; init; }

    /// <summary>The type of what went wrong with a saga. No flow has one.</summary>
    public string? FailureType { get; init; }

    /// <summary>Whether it asks for something that only sagas have.</summary>
    public bool IsOfFailures => FailedStep is not null || FailureType is not null;

    /// <summary>Whether a saga or a flow is meant, as it is now.</summary>
    internal bool IsMetBy(string definition, int status, string? key, long startedAt, long updatedAt, string? failedStep, string? failureType) =>
        (Definition is null || Definition == definition) && (Statuses is null || Statuses.Contains(status)) && (Key is null || Key == key)
        && !(startedAt >= StartedBefore) && !(startedAt < StartedFrom) && !(updatedAt >= UpdatedBefore)
        && (FailedStep is null || FailedStep == failedStep) && (FailureType is null || FailureType == failureType);
}

/// <summary>Where a page of sagas or flows ended: the next one goes on from there.</summary>
/// <param name="StartedAt">When the last one was started, in Unix milliseconds.</param>
/// <param name="Id">The last one.</param>
public readonly record struct PagePosition(long StartedAt, Guid Id);

/// <summary>Where a page of what waits for a time ended: the next one goes on from there.</summary>
/// <param name="At">The time of the last one, in Unix milliseconds: when it is woken or due, or until when it is claimed.</param>
/// <param name="Id">The last one.</param>
public readonly record struct DuePosition(long At, Guid Id);

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

    /// <summary>
    /// What went wrong with sagas, by kind: definition, status, step and type of failure, in that order; of the filter, <see cref="InstanceFilter.Definition"/>, <see cref="InstanceFilter.Statuses"/>,
    /// <see cref="InstanceFilter.FailedStep"/> and <see cref="InstanceFilter.FailureType"/> count. A saga that has a failed step, a failure or a reason to be parked is of some kind; others are of none.
    /// </summary>
    /// <param name="filter">Which.</param>
    /// <param name="cap">Counts no further than this in each.</param>
    /// <param name="limit">The most kinds.</param>
    /// <param name="cancellationToken">Abandons the attempt.</param>
    ValueTask<IReadOnlyList<FailureGroupRow>> FailureGroupsAsync(InstanceFilter filter, long cap, int limit, CancellationToken cancellationToken);

    /// <summary>The ledger's rows of one saga: what this service has done and undone for it, by step, secret, direction and attempt.</summary>
    /// <param name="scope">The saga, or the id of a message that belongs to none.</param>
    /// <param name="limit">The most.</param>
    /// <param name="cancellationToken">Abandons the attempt.</param>
    ValueTask<IReadOnlyList<LedgerRow>> LedgerAsync(Guid scope, int limit, CancellationToken cancellationToken);

    /// <summary>All of the ledger, a page after the other, by scope and then as <see cref="LedgerAsync"/>; messages that belong to no saga's step are among it (<see cref="LedgerRow.Step"/> is empty).</summary>
    /// <param name="from">The scope to begin with, whose rows are among it; <see cref="Guid.Empty"/> for the first page.</param>
    /// <param name="limit">The most.</param>
    /// <param name="cancellationToken">Abandons the attempt.</param>
    ValueTask<IReadOnlyList<LedgerRow>> LedgerPageAsync(Guid from, int limit, CancellationToken cancellationToken);

    /// <summary>Where all sagas stand, a page after the other, by id; their states are left out.</summary>
    /// <param name="from">The id to begin with, which is among it; <see cref="Guid.Empty"/> for the first page.</param>
    /// <param name="limit">The most.</param>
    /// <param name="cancellationToken">Abandons the attempt.</param>
    ValueTask<IReadOnlyList<SagaOutlineRow>> SagaOutlinesAsync(Guid from, int limit, CancellationToken cancellationToken);

    /// <summary>What is known of all sagas and flows that were removed, a page after the other, by id.</summary>
    /// <inheritdoc cref="SagaOutlinesAsync" path="/param"/>
    ValueTask<IReadOnlyList<RemovedRow>> RemovedPageAsync(Guid from, int limit, CancellationToken cancellationToken);

    /// <summary>Instances that joined and have not left (<see cref="IStore.JoinAsync"/>), the latest first. One that is gone is known for a day, and for as long as a saga names it.</summary>
    ValueTask<IReadOnlyList<InstanceRow>> InstancesAsync(int limit, CancellationToken cancellationToken);

    /// <summary>Sagas that will be woken, soonest first, those of one time by id.</summary>
    /// <param name="after">Where the page before ended; null for the first.</param>
    /// <param name="limit">The most.</param>
    /// <param name="cancellationToken">Abandons the attempt.</param>
    ValueTask<IReadOnlyList<SagaRow>> WaitingSagasAsync(DuePosition? after, int limit, CancellationToken cancellationToken);

    /// <summary>Messages that wait to be tried again, soonest first, those of one time by id.</summary>
    /// <inheritdoc cref="WaitingSagasAsync" path="/param"/>
    ValueTask<IReadOnlyList<DelayedRow>> DelayedAsync(DuePosition? after, int limit, CancellationToken cancellationToken);

    /// <summary>Messages that are committed and not yet confirmed, those that are longest free to be sent first, those of one time by id.</summary>
    /// <inheritdoc cref="WaitingSagasAsync" path="/param"/>
    ValueTask<IReadOnlyList<OutboxRow>> OutboxAsync(DuePosition? after, int limit, CancellationToken cancellationToken);

    /// <summary>How many messages are committed and not yet confirmed, counting no further than <paramref name="cap"/>.</summary>
    ValueTask<long> CountOutboxAsync(long cap, CancellationToken cancellationToken);

    /// <summary>One dead letter; null when there is none.</summary>
    ValueTask<DeadLetterRow?> FindDeadLetterAsync(long number, CancellationToken cancellationToken);

    /// <summary>Dead letters, oldest first.</summary>
    /// <param name="after">The last number of the page before; 0 for the first page.</param>
    /// <param name="limit">The most.</param>
    /// <param name="cancellationToken">Abandons the attempt.</param>
    ValueTask<IReadOnlyList<DeadLetterRow>> DeadLettersAsync(long after, int limit, CancellationToken cancellationToken);

    /// <summary>Dead letters by the kind of their reason (<see cref="DeadLetterRow.Kind"/>), in the order of the kinds.</summary>
    /// <param name="cap">Counts no further than this in each.</param>
    /// <param name="limit">The most kinds.</param>
    /// <param name="cancellationToken">Abandons the attempt.</param>
    ValueTask<IReadOnlyList<DeadLetterGroupRow>> DeadLetterGroupsAsync(long cap, int limit, CancellationToken cancellationToken);

    /// <summary>Dead letters of one kind, oldest first.</summary>
    /// <param name="kind">The kind of their reason.</param>
    /// <param name="after">The last number of the page before; 0 for the first page.</param>
    /// <param name="limit">The most.</param>
    /// <param name="cancellationToken">Abandons the attempt.</param>
    ValueTask<IReadOnlyList<DeadLetterRow>> DeadLettersOfKindAsync(string kind, long after, int limit, CancellationToken cancellationToken);

    /// <summary>What people did, the latest first.</summary>
    /// <param name="filter">Which.</param>
    /// <param name="before">The last number of the page before; null for the first page.</param>
    /// <param name="limit">The most.</param>
    /// <param name="cancellationToken">Abandons the attempt.</param>
    ValueTask<IReadOnlyList<AuditRow>> AuditAsync(AuditFilter filter, long? before, int limit, CancellationToken cancellationToken);

    /// <summary>One job; null when there is none.</summary>
    ValueTask<JobRow?> FindJobAsync(Guid id, CancellationToken cancellationToken);

    /// <summary>Jobs, the latest begun first, those begun at one time by descending id.</summary>
    /// <param name="state">Where they stand; null for anywhere.</param>
    /// <param name="after">Where the page before ended, by <see cref="JobRow.CreatedAt"/> and id; null for the first.</param>
    /// <param name="limit">The most.</param>
    /// <param name="cancellationToken">Abandons the attempt.</param>
    ValueTask<IReadOnlyList<JobRow>> JobsAsync(JobState? state, PagePosition? after, int limit, CancellationToken cancellationToken);

    /// <summary>What a job's act came to, in the order in which it was done.</summary>
    /// <param name="job">The job.</param>
    /// <param name="outcome">What it came to; null for anything.</param>
    /// <param name="after">The last number of the page before; 0 for the first page.</param>
    /// <param name="limit">The most.</param>
    /// <param name="cancellationToken">Abandons the attempt.</param>
    ValueTask<IReadOnlyList<JobItemRow>> JobItemsAsync(Guid job, JobItemOutcome? outcome, long after, int limit, CancellationToken cancellationToken);

    /// <summary>What is known of a saga or flow that was removed; null when nothing is.</summary>
    ValueTask<RemovedRow?> FindRemovedAsync(Guid id, CancellationToken cancellationToken);

    /// <summary>The answer to a request; null when there is none.</summary>
    ValueTask<RequestRow?> FindRequestAsync(string key, CancellationToken cancellationToken);
}
