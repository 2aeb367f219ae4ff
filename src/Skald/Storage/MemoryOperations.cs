namespace Skald.Storage;

/// <summary>What people and tools ask of the store in memory.</summary>
internal sealed class MemoryOperations(MemoryTables tables, Lock @lock) : IOperations
{
    public ValueTask<SagaRow?> FindSagaAsync(Guid id, CancellationToken cancellationToken) => Ask(() => tables.Sagas.GetValueOrDefault(id));

    public ValueTask<IReadOnlyList<SagaRow>> SagasAsync(InstanceFilter filter, PagePosition? after, int limit, CancellationToken cancellationToken) =>
        List(() => Page(Sagas(filter), s => s.StartedAt, s => s.Id, after, limit));

    public ValueTask<long> CountSagasAsync(InstanceFilter filter, long cap, CancellationToken cancellationToken) =>
        Ask(() => Math.Min(cap, Sagas(filter).LongCount()));

    public ValueTask<FlowRow?> FindFlowAsync(Guid id, CancellationToken cancellationToken) => Ask(() => tables.Flows.GetValueOrDefault(id));

    public ValueTask<IReadOnlyList<FlowRow>> FlowsAsync(InstanceFilter filter, PagePosition? after, int limit, CancellationToken cancellationToken) =>
        List(() => Page(Flows(filter), f => f.StartedAt, f => f.Id, after, limit));

    public ValueTask<long> CountFlowsAsync(InstanceFilter filter, long cap, CancellationToken cancellationToken) =>
        Ask(() => Math.Min(cap, Flows(filter).LongCount()));

    public ValueTask<IReadOnlyList<JournalRow>> JournalAsync(Guid owner, int skip, int limit, CancellationToken cancellationToken) =>
        List(() => tables.Journal.Where(j => j.Owner == owner).Skip(skip).Take(limit));

    public ValueTask<IReadOnlyList<FailureGroupRow>> FailureGroupsAsync(InstanceFilter filter, long cap, int limit, CancellationToken cancellationToken) => List(
        () => Kinds(filter, cap).OrderBy(k => k.Definition, StringComparer.Ordinal).ThenBy(k => k.Status).ThenBy(k => k.FailedStep, StringComparer.Ordinal).ThenBy(k => k.FailureType, StringComparer.Ordinal), limit);

    private IEnumerable<FailureGroupRow> Kinds(InstanceFilter filter, long cap) =>
        from saga in Sagas(filter with { Key = null, StartedBefore = null, StartedFrom = null, UpdatedBefore = null })
        where saga is not { FailedStep: null, FailureType: null, ParkReason: null }
        group saga by (saga.Definition, saga.Status, saga.FailedStep, saga.FailureType) into kind
        select new FailureGroupRow(
            kind.Key.Definition, (int)kind.Key.Status, kind.Key.FailedStep, kind.Key.FailureType, Math.Min(cap, kind.LongCount()), kind.Min(s => s.StartedAt), kind.MaxBy(s => (s.StartedAt, s.Id))!.Id); // A group has rows.

    public ValueTask<IReadOnlyList<LedgerRow>> LedgerAsync(Guid scope, int limit, CancellationToken cancellationToken) =>
        List(() => tables.Ledger.Values.Where(l => l.Scope == scope).Order(InLedger), limit);

    public ValueTask<IReadOnlyList<LedgerRow>> LedgerPageAsync(Guid from, int limit, CancellationToken cancellationToken) =>
        List(() => tables.Ledger.Values.Where(l => l.Scope.CompareTo(from) >= 0).Order(InLedger), limit);

    public ValueTask<IReadOnlyList<SagaOutlineRow>> SagaOutlinesAsync(Guid from, int limit, CancellationToken cancellationToken) => List(
        () => tables.Sagas.Values.Where(s => s.Id.CompareTo(from) >= 0).OrderBy(s => s.Id).Select(s => new SagaOutlineRow(s.Id, s.Definition, s.PlanVersion, s.Version, s.Status, s.Steps)), limit);

    public ValueTask<IReadOnlyList<RemovedRow>> RemovedPageAsync(Guid from, int limit, CancellationToken cancellationToken) =>
        List(() => tables.Removed.Values.Where(r => r.Id.CompareTo(from) >= 0).OrderBy(r => r.Id), limit);

    public ValueTask<IReadOnlyList<InstanceRow>> InstancesAsync(int limit, CancellationToken cancellationToken) =>
        List(() => tables.Instances.Values.OrderByDescending(i => i.Number), limit);

    public ValueTask<IReadOnlyList<SagaRow>> WaitingSagasAsync(DuePosition? after, int limit, CancellationToken cancellationToken) =>
        List(() => Soonest(tables.Sagas.Values.Where(s => s.WakeAt is not null), s => (s.WakeAt ?? 0, s.Id), after), limit);

    public ValueTask<IReadOnlyList<DelayedRow>> DelayedAsync(DuePosition? after, int limit, CancellationToken cancellationToken) =>
        List(() => Soonest(tables.Delayed.Values, d => (d.Due, d.Id), after), limit);

    public ValueTask<IReadOnlyList<OutboxRow>> OutboxAsync(DuePosition? after, int limit, CancellationToken cancellationToken) =>
        List(() => Soonest(tables.Outbox.Values, o => (o.ClaimedUntil, o.Id), after), limit);

    public ValueTask<long> CountOutboxAsync(long cap, CancellationToken cancellationToken) => Ask(() => Math.Min(cap, tables.Outbox.Count));

    public ValueTask<DeadLetterRow?> FindDeadLetterAsync(long number, CancellationToken cancellationToken) => Ask(() => tables.DeadLetters.GetValueOrDefault(number));

    public ValueTask<IReadOnlyList<DeadLetterRow>> DeadLettersAsync(long after, int limit, CancellationToken cancellationToken) =>
        List(() => tables.DeadLetters.Values.Where(d => d.Number > after).Take(limit));

    public ValueTask<IReadOnlyList<DeadLetterGroupRow>> DeadLetterGroupsAsync(long cap, int limit, CancellationToken cancellationToken) => List(
        () => tables.DeadLetters.Values.GroupBy(d => d.Kind).OrderBy(kind => kind.Key, StringComparer.Ordinal)
            .Select(kind => new DeadLetterGroupRow(kind.Key, Math.Min(cap, kind.LongCount()), kind.First().At, kind.Last().Number)), limit);

    public ValueTask<IReadOnlyList<DeadLetterRow>> DeadLettersOfKindAsync(string kind, long after, int limit, CancellationToken cancellationToken) =>
        List(() => tables.DeadLetters.Values.Where(d => d.Kind == kind && d.Number > after), limit);

    public ValueTask<IReadOnlyList<AuditRow>> AuditAsync(AuditFilter filter, long? before, int limit, CancellationToken cancellationToken) => List(
        () => tables.Audit.Where(a => !(a.Number >= before) && (filter.Actor is null || filter.Actor == a.Actor) && (filter.Act is null || filter.Act == a.Act)
            && (filter.Kind is null || filter.Kind == a.Kind) && (filter.Target is null || filter.Target == a.Target)).OrderByDescending(a => a.Number),
        limit);

    public ValueTask<JobRow?> FindJobAsync(Guid id, CancellationToken cancellationToken) => Ask(() => tables.Jobs.GetValueOrDefault(id));

    public ValueTask<IReadOnlyList<JobRow>> JobsAsync(JobState? state, PagePosition? after, int limit, CancellationToken cancellationToken) =>
        List(() => Page(tables.Jobs.Values.Where(j => state is null || state == j.State), j => j.CreatedAt, j => j.Id, after, limit));

    public ValueTask<IReadOnlyList<JobItemRow>> JobItemsAsync(Guid job, JobItemOutcome? outcome, long after, int limit, CancellationToken cancellationToken) =>
        List(() => tables.JobItems.Values.Where(i => i.Job == job && i.Number > after && (outcome is null || outcome == i.Outcome)), limit);

    public ValueTask<RemovedRow?> FindRemovedAsync(Guid id, CancellationToken cancellationToken) => Ask(() => tables.Removed.GetValueOrDefault(id));

    public ValueTask<RequestRow?> FindRequestAsync(string key, CancellationToken cancellationToken) => Ask(() => tables.Requests.GetValueOrDefault(key));

    private IEnumerable<SagaRow> Sagas(InstanceFilter filter) =>
        tables.Sagas.Values.Where(s => filter.IsMetBy(s.Definition, (int)s.Status, s.BusinessKey, s.StartedAt, s.UpdatedAt, s.FailedStep, s.FailureType));

    private IEnumerable<FlowRow> Flows(InstanceFilter filter) =>
        tables.Flows.Values.Where(f => filter.IsMetBy(f.Definition, (int)f.Status, f.Flow, f.StartedAt, f.UpdatedAt, null, null));

    private static readonly Comparer<LedgerRow> InLedger = Comparer<LedgerRow>.Create(static (a, b) =>
        a.Scope.CompareTo(b.Scope) is not 0 and var scope ? scope : string.CompareOrdinal(a.Step, b.Step) is not 0 and var step ? step
        : (a.Secret, a.Undo, a.Attempt).CompareTo((b.Secret, b.Undo, b.Attempt)));

    private static IEnumerable<T> Soonest<T>(IEnumerable<T> rows, Func<T, (long At, Guid Id)> place, DuePosition? after) =>
        rows.Where(r => after is not { } last || place(r).CompareTo((last.At, last.Id)) > 0).OrderBy(place);

    private static IEnumerable<T> Page<T>(IEnumerable<T> rows, Func<T, long> at, Func<T, Guid> id, PagePosition? after, int limit) => rows
        .Where(r => after is not { } last || at(r) < last.StartedAt || (at(r) == last.StartedAt && id(r).CompareTo(last.Id) < 0))
        .OrderByDescending(at).ThenByDescending(id).Take(limit);

    private ValueTask<T> Ask<T>(Func<T> question)
    {
        lock (@lock)
        {
            return ValueTask.FromResult(question());
        }
    }

    private ValueTask<IReadOnlyList<T>> List<T>(Func<IEnumerable<T>> question, int limit = int.MaxValue) => Ask<IReadOnlyList<T>>(() => [.. question().Take(limit)]);
}
