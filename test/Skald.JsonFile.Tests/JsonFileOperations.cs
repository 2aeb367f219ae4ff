using Skald.Storage;

namespace Skald.JsonFile;

/// <summary>What people and tools ask. Each answer reads the file, without the lock: its content is replaced as a whole.</summary>
internal sealed class JsonFileOperations(DataFile file, Presence presence) : IOperations
{
    public ValueTask<SagaRow?> FindSagaAsync(Guid id, CancellationToken cancellationToken) => file.AskAsync(d => d.Sagas.Find(id), cancellationToken);

    public ValueTask<IReadOnlyList<SagaRow>> SagasAsync(InstanceFilter filter, PagePosition? after, int limit, CancellationToken cancellationToken) =>
        file.AskAsync(d => Page(d.Sagas, FactsOf, filter, after, limit), cancellationToken);

    public ValueTask<long> CountSagasAsync(InstanceFilter filter, long cap, CancellationToken cancellationToken) =>
        file.AskAsync(d => Math.Min(d.Sagas.Count(r => FactsOf(r).Fit(filter)), cap), cancellationToken);

    public ValueTask<FlowRow?> FindFlowAsync(Guid id, CancellationToken cancellationToken) => file.AskAsync(d => d.Flows.Find(id), cancellationToken);

    public ValueTask<IReadOnlyList<FlowRow>> FlowsAsync(InstanceFilter filter, PagePosition? after, int limit, CancellationToken cancellationToken) =>
        file.AskAsync(d => Page(d.Flows, FactsOf, filter, after, limit), cancellationToken);

    public ValueTask<long> CountFlowsAsync(InstanceFilter filter, long cap, CancellationToken cancellationToken) =>
        file.AskAsync(d => Math.Min(d.Flows.Count(r => FactsOf(r).Fit(filter)), cap), cancellationToken);

    public ValueTask<IReadOnlyList<JournalRow>> JournalAsync(Guid owner, int skip, int limit, CancellationToken cancellationToken) =>
        ListAsync(d => d.Journal.Where(r => r.Owner == owner).Skip(skip), limit, cancellationToken);

    public ValueTask<IReadOnlyList<FailureGroupRow>> FailureGroupsAsync(InstanceFilter filter, long cap, int limit, CancellationToken cancellationToken) => ListAsync(
        d => d.Sagas.Where(r => r is not { FailedStep: null, FailureType: null, ParkReason: null } && FactsOf(r).Fit(filter with { Key = null, StartedBefore = null, StartedFrom = null, UpdatedBefore = null }))
            .GroupBy(r => (r.Definition, r.Status, r.FailedStep, r.FailureType))
            .OrderBy(g => g.Key.Definition, StringComparer.Ordinal).ThenBy(g => g.Key.Status).ThenBy(g => g.Key.FailedStep, StringComparer.Ordinal).ThenBy(g => g.Key.FailureType, StringComparer.Ordinal)
            .Select(g => new FailureGroupRow(
                g.Key.Definition, (int)g.Key.Status, g.Key.FailedStep, g.Key.FailureType, Math.Min(cap, g.Count()), g.Min(r => r.StartedAt), g.MaxBy(r => (r.StartedAt, r.Id))!.Id)),
        limit, cancellationToken);

    public ValueTask<IReadOnlyList<LedgerRow>> LedgerAsync(Guid scope, int limit, CancellationToken cancellationToken) =>
        ListAsync(d => InOrder(d.Ledger.Where(r => r.Scope == scope)), limit, cancellationToken);

    public ValueTask<IReadOnlyList<LedgerRow>> LedgerPageAsync(Guid from, int limit, CancellationToken cancellationToken) =>
        ListAsync(d => InOrder(d.Ledger.Where(r => r.Scope.CompareTo(from) >= 0)), limit, cancellationToken);

    public ValueTask<IReadOnlyList<SagaOutlineRow>> SagaOutlinesAsync(Guid from, int limit, CancellationToken cancellationToken) => ListAsync(
        d => d.Sagas.Where(r => r.Id.CompareTo(from) >= 0).OrderBy(r => r.Id).Select(r => new SagaOutlineRow(r.Id, r.Definition, r.PlanVersion, r.Version, r.Status, r.Steps)), limit, cancellationToken);

    public ValueTask<IReadOnlyList<RemovedRow>> RemovedPageAsync(Guid from, int limit, CancellationToken cancellationToken) =>
        ListAsync(d => d.Removed.Where(r => r.Id.CompareTo(from) >= 0).OrderBy(r => r.Id), limit, cancellationToken);

    public ValueTask<IReadOnlyList<InstanceRow>> InstancesAsync(int limit, CancellationToken cancellationToken) =>
        ListAsync(d => d.Instances.Select(r => r with { IsGone = presence.IsGone(r.Number) }).OrderByDescending(r => r.Number), limit, cancellationToken);

    public ValueTask<IReadOnlyList<SagaRow>> WaitingSagasAsync(DuePosition? after, int limit, CancellationToken cancellationToken) =>
        ListAsync(d => Soonest(d.Sagas.Where(r => r.WakeAt is not null), r => (r.WakeAt ?? 0, r.Id), after), limit, cancellationToken);

    public ValueTask<IReadOnlyList<DelayedRow>> DelayedAsync(DuePosition? after, int limit, CancellationToken cancellationToken) =>
        ListAsync(d => Soonest(d.Delayed, r => (r.Due, r.Id), after), limit, cancellationToken);

    public ValueTask<IReadOnlyList<OutboxRow>> OutboxAsync(DuePosition? after, int limit, CancellationToken cancellationToken) =>
        ListAsync(d => Soonest(d.Outbox, r => (r.ClaimedUntil, r.Id), after), limit, cancellationToken);

    public ValueTask<long> CountOutboxAsync(long cap, CancellationToken cancellationToken) =>
        file.AskAsync(d => Math.Min(d.Outbox.Count, cap), cancellationToken);

    public ValueTask<DeadLetterRow?> FindDeadLetterAsync(long number, CancellationToken cancellationToken) =>
        file.AskAsync(d => d.DeadLetters.Find(number), cancellationToken);

    public ValueTask<IReadOnlyList<DeadLetterRow>> DeadLettersAsync(long after, int limit, CancellationToken cancellationToken) =>
        ListAsync(d => d.DeadLetters.Where(r => r.Number > after), limit, cancellationToken);

    public ValueTask<IReadOnlyList<DeadLetterGroupRow>> DeadLetterGroupsAsync(long cap, int limit, CancellationToken cancellationToken) => ListAsync(
        d => d.DeadLetters.GroupBy(r => r.Kind).OrderBy(g => g.Key, StringComparer.Ordinal)
            .Select(g => new DeadLetterGroupRow(g.Key, Math.Min(cap, g.Count()), g.MinBy(r => r.Number)!.At, g.Max(r => r.Number))),
        limit, cancellationToken);

    public ValueTask<IReadOnlyList<DeadLetterRow>> DeadLettersOfKindAsync(string kind, long after, int limit, CancellationToken cancellationToken) =>
        ListAsync(d => d.DeadLetters.Where(r => r.Kind == kind && r.Number > after), limit, cancellationToken);

    public ValueTask<IReadOnlyList<AuditRow>> AuditAsync(AuditFilter filter, long? before, int limit, CancellationToken cancellationToken) => ListAsync(
        d => d.Audit.Reverse().Where(r => !(r.Number >= before) && (filter.Actor ?? r.Actor) == r.Actor && (filter.Act ?? r.Act) == r.Act
            && (filter.Kind ?? r.Kind) == r.Kind && (filter.Target ?? r.Target) == r.Target),
        limit, cancellationToken);

    public ValueTask<JobRow?> FindJobAsync(Guid id, CancellationToken cancellationToken) => file.AskAsync(d => d.Jobs.Find(id), cancellationToken);

    public ValueTask<IReadOnlyList<JobRow>> JobsAsync(JobState? state, PagePosition? after, int limit, CancellationToken cancellationToken) => ListAsync(
        d => d.Jobs.Where(r => (state ?? r.State) == r.State && (after is not { } last || (r.CreatedAt, r.Id).CompareTo((last.StartedAt, last.Id)) < 0)).OrderByDescending(r => (r.CreatedAt, r.Id)),
        limit, cancellationToken);

    public ValueTask<IReadOnlyList<JobItemRow>> JobItemsAsync(Guid job, JobItemOutcome? outcome, long after, int limit, CancellationToken cancellationToken) =>
        ListAsync(d => d.JobItems.Where(r => r.Job == job && r.Number > after && (outcome ?? r.Outcome) == r.Outcome).OrderBy(r => r.Number), limit, cancellationToken);

    public ValueTask<RemovedRow?> FindRemovedAsync(Guid id, CancellationToken cancellationToken) => file.AskAsync(d => d.Removed.Find(id), cancellationToken);

    public ValueTask<RequestRow?> FindRequestAsync(string key, CancellationToken cancellationToken) => file.AskAsync(d => d.Requests.Find(key), cancellationToken);

    private ValueTask<IReadOnlyList<TRow>> ListAsync<TRow>(Func<Document, IEnumerable<TRow>> rows, int limit, CancellationToken cancellationToken) =>
        file.AskAsync<IReadOnlyList<TRow>>(d => [.. rows(d).Take(limit)], cancellationToken);

    private static IReadOnlyList<TRow> Page<TRow>(IEnumerable<TRow> rows, Func<TRow, Facts> factsOf, InstanceFilter filter, PagePosition? after, int limit) =>
    [
        .. rows.Where(r => factsOf(r).Fit(filter) && (after is not { } last || factsOf(r).ComeAfter(last)))
            .OrderByDescending(r => factsOf(r).StartedAt).ThenByDescending(r => factsOf(r).Id).Take(limit),
    ];

    private static IEnumerable<TRow> Soonest<TRow>(IEnumerable<TRow> rows, Func<TRow, (long, Guid)> place, DuePosition? after) =>
        rows.Where(r => after is not { } last || place(r).CompareTo((last.At, last.Id)) > 0).OrderBy(place);

    private static IEnumerable<LedgerRow> InOrder(IEnumerable<LedgerRow> rows) =>
        rows.OrderBy(r => r.Scope).ThenBy(r => r.Step, StringComparer.Ordinal).ThenBy(r => (r.Secret, r.Undo, r.Attempt));

    private static Facts FactsOf(SagaRow row) => new(row.Definition, (int)row.Status, row.BusinessKey, row.StartedAt, row.UpdatedAt, row.Id, row.FailedStep, row.FailureType);

    private static Facts FactsOf(FlowRow row) => new(row.Definition, (int)row.Status, row.Flow, row.StartedAt, row.UpdatedAt, row.Id, null, null);

    /// <summary>What lists are made by.</summary>
    private readonly record struct Facts(string Definition, int Status, string? Key, long StartedAt, long UpdatedAt, Guid Id, string? FailedStep, string? FailureType)
    {
        public bool Fit(InstanceFilter filter) =>
            (filter.Definition is null || filter.Definition == Definition)
            && (filter.Statuses is null || filter.Statuses.Contains(Status))
            && (filter.Key is null || filter.Key == Key)
            && (filter.StartedBefore is not { } before || StartedAt < before)
            && (filter.StartedFrom is not { } from || StartedAt >= from)
            && (filter.UpdatedBefore is not { } updated || UpdatedAt < updated)
            && (filter.FailedStep is null || filter.FailedStep == FailedStep)
            && (filter.FailureType is null || filter.FailureType == FailureType);

        public bool ComeAfter(PagePosition last) => (StartedAt, Id).CompareTo((last.StartedAt, last.Id)) < 0;
    }
}
