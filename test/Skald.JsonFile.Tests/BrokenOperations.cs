using Skald.Storage;

namespace Skald.JsonFile;

/// <summary>Answers to people that are right but for one promise.</summary>
internal sealed class BrokenOperations(IOperations inner) : IOperations
{
    public Func<InstanceFilter, InstanceFilter> Filters { get; init; } = filter => filter;

    public Func<long, long> Caps { get; init; } = cap => cap;

    public Func<PagePosition?, PagePosition?> Pages { get; init; } = after => after;

    public Func<DuePosition?, DuePosition?> Waits { get; init; } = after => after;

    public Func<Guid, Guid> Ledger { get; init; } = from => from;

    public Func<Guid, Guid> Outlines { get; init; } = from => from;

    public Func<Guid, Guid> Removed { get; init; } = from => from;

    public Func<IReadOnlyList<InstanceRow>, IReadOnlyList<InstanceRow>> ListsInstances { get; init; } = rows => rows;

    public Func<IReadOnlyList<AuditRow>, IReadOnlyList<AuditRow>> ListsAudit { get; init; } = rows => rows;

    public Func<string, string> Kinds { get; init; } = kind => kind;

    public Func<IReadOnlyList<OutboxRow>, IReadOnlyList<OutboxRow>> ListsOutbox { get; init; } = rows => rows;

    public Func<IReadOnlyList<SagaRow>, IReadOnlyList<SagaRow>> ListsSagas { get; init; } = rows => rows;

    public ValueTask<SagaRow?> FindSagaAsync(Guid id, CancellationToken cancellationToken) => inner.FindSagaAsync(id, cancellationToken);

    public async ValueTask<IReadOnlyList<SagaRow>> SagasAsync(InstanceFilter filter, PagePosition? after, int limit, CancellationToken cancellationToken) =>
        ListsSagas(await inner.SagasAsync(Filters(filter), Pages(after), limit, cancellationToken));

    public ValueTask<long> CountSagasAsync(InstanceFilter filter, long cap, CancellationToken cancellationToken) => inner.CountSagasAsync(Filters(filter), Caps(cap), cancellationToken);

    public ValueTask<FlowRow?> FindFlowAsync(Guid id, CancellationToken cancellationToken) => inner.FindFlowAsync(id, cancellationToken);

    public ValueTask<IReadOnlyList<FlowRow>> FlowsAsync(InstanceFilter filter, PagePosition? after, int limit, CancellationToken cancellationToken) =>
        inner.FlowsAsync(Filters(filter), Pages(after), limit, cancellationToken);

    public ValueTask<long> CountFlowsAsync(InstanceFilter filter, long cap, CancellationToken cancellationToken) => inner.CountFlowsAsync(Filters(filter), Caps(cap), cancellationToken);

    public ValueTask<IReadOnlyList<JournalRow>> JournalAsync(Guid owner, int skip, int limit, CancellationToken cancellationToken) => inner.JournalAsync(owner, skip, limit, cancellationToken);

    public async ValueTask<IReadOnlyList<SagaRow>> WaitingSagasAsync(DuePosition? after, int limit, CancellationToken cancellationToken) => ListsSagas(await inner.WaitingSagasAsync(Waits(after), limit, cancellationToken));

    public ValueTask<IReadOnlyList<DelayedRow>> DelayedAsync(DuePosition? after, int limit, CancellationToken cancellationToken) => inner.DelayedAsync(Waits(after), limit, cancellationToken);

    public async ValueTask<IReadOnlyList<OutboxRow>> OutboxAsync(DuePosition? after, int limit, CancellationToken cancellationToken) => ListsOutbox(await inner.OutboxAsync(Waits(after), limit, cancellationToken));

    public ValueTask<long> CountOutboxAsync(long cap, CancellationToken cancellationToken) => inner.CountOutboxAsync(Caps(cap), cancellationToken);

    public ValueTask<DeadLetterRow?> FindDeadLetterAsync(long number, CancellationToken cancellationToken) => inner.FindDeadLetterAsync(number, cancellationToken);

    public ValueTask<IReadOnlyList<DeadLetterRow>> DeadLettersAsync(long after, int limit, CancellationToken cancellationToken) => inner.DeadLettersAsync(after, limit, cancellationToken);

    public ValueTask<IReadOnlyList<FailureGroupRow>> FailureGroupsAsync(InstanceFilter filter, long cap, int limit, CancellationToken cancellationToken) =>
        inner.FailureGroupsAsync(Filters(filter), Caps(cap), limit, cancellationToken);

    public ValueTask<IReadOnlyList<LedgerRow>> LedgerAsync(Guid scope, int limit, CancellationToken cancellationToken) => inner.LedgerAsync(scope, limit, cancellationToken);

    public ValueTask<IReadOnlyList<LedgerRow>> LedgerPageAsync(Guid from, int limit, CancellationToken cancellationToken) => inner.LedgerPageAsync(Ledger(from), limit, cancellationToken);

    public ValueTask<IReadOnlyList<SagaOutlineRow>> SagaOutlinesAsync(Guid from, int limit, CancellationToken cancellationToken) => inner.SagaOutlinesAsync(Outlines(from), limit, cancellationToken);

    public ValueTask<IReadOnlyList<RemovedRow>> RemovedPageAsync(Guid from, int limit, CancellationToken cancellationToken) => inner.RemovedPageAsync(Removed(from), limit, cancellationToken);

    public async ValueTask<IReadOnlyList<InstanceRow>> InstancesAsync(int limit, CancellationToken cancellationToken) => ListsInstances(await inner.InstancesAsync(limit, cancellationToken));

    public ValueTask<IReadOnlyList<DeadLetterGroupRow>> DeadLetterGroupsAsync(long cap, int limit, CancellationToken cancellationToken) => inner.DeadLetterGroupsAsync(Caps(cap), limit, cancellationToken);

    public ValueTask<IReadOnlyList<DeadLetterRow>> DeadLettersOfKindAsync(string kind, long after, int limit, CancellationToken cancellationToken) =>
        inner.DeadLettersOfKindAsync(Kinds(kind), after, limit, cancellationToken);

    public async ValueTask<IReadOnlyList<AuditRow>> AuditAsync(AuditFilter filter, long? before, int limit, CancellationToken cancellationToken) =>
        ListsAudit(await inner.AuditAsync(filter, before, limit, cancellationToken));

    public ValueTask<JobRow?> FindJobAsync(Guid id, CancellationToken cancellationToken) => inner.FindJobAsync(id, cancellationToken);

    public ValueTask<IReadOnlyList<JobRow>> JobsAsync(JobState? state, PagePosition? after, int limit, CancellationToken cancellationToken) =>
        inner.JobsAsync(state, Pages(after), limit, cancellationToken);

    public ValueTask<IReadOnlyList<JobItemRow>> JobItemsAsync(Guid job, JobItemOutcome? outcome, long after, int limit, CancellationToken cancellationToken) =>
        inner.JobItemsAsync(job, outcome, after, limit, cancellationToken);

    public ValueTask<RemovedRow?> FindRemovedAsync(Guid id, CancellationToken cancellationToken) => inner.FindRemovedAsync(id, cancellationToken);

    public ValueTask<RequestRow?> FindRequestAsync(string key, CancellationToken cancellationToken) => inner.FindRequestAsync(key, cancellationToken);
}
