using Skald.Decisions;
using Skald.Storage;

namespace Skald.Sqlite;

/// <summary>What people and tools ask, on connections of their own: the lane never waits for them.</summary>
/// <param name="store">Opens the connections.</param>
internal sealed class SqliteOperations(SqliteStore store) : IOperations
{
    public ValueTask<SagaRow?> FindSagaAsync(Guid id, CancellationToken cancellationToken) =>
        store.ReadAsync(sql => StoreRows.Sagas(sql.FindSaga.Bind(id)).FirstOrDefault(), cancellationToken);

    public ValueTask<IReadOnlyList<SagaRow>> SagasAsync(InstanceFilter filter, PagePosition? after, int limit, CancellationToken cancellationToken) =>
        store.ReadAsync<IReadOnlyList<SagaRow>>(
            sql => filter.Key is not null
                ? StoreRows.Sagas(Stretches.OfKey(sql.SagasOfKey, filter, after, limit))
                : Newest(Stretches.Of(sql, "skald_sagas", filter).SelectMany(s => StoreRows.Sagas(s.Bind(PageOf(sql, filter), filter, after, limit))), r => (r.StartedAt, r.Id), limit),
            cancellationToken);

    public ValueTask<long> CountSagasAsync(InstanceFilter filter, long cap, CancellationToken cancellationToken) => filter.Key is null
        ? store.ReadAsync(sql => Count(CountOf(sql, filter), Stretches.Of(sql, "skald_sagas", filter), filter, cap), cancellationToken)
        : store.ReadAsync(sql => Stretches.OfKey(sql.CountSagasOfKey, filter, null, cap).Single(), cancellationToken);

    public ValueTask<FlowRow?> FindFlowAsync(Guid id, CancellationToken cancellationToken) =>
        store.ReadAsync(sql => StoreRows.Flows(sql.FindFlow.Bind(id)).FirstOrDefault(), cancellationToken);

    public ValueTask<IReadOnlyList<FlowRow>> FlowsAsync(InstanceFilter filter, PagePosition? after, int limit, CancellationToken cancellationToken) =>
        store.ReadAsync<IReadOnlyList<FlowRow>>(
            sql => filter.IsOfFailures ? []
                : filter.Key is not null ? FlowsOfKey(sql, filter, after, limit)
                : Newest(
                    Stretches.Of(sql, "skald_flows", filter).SelectMany(s => StoreRows.Flows(s.Bind(filter.UpdatedBefore is null ? sql.Flows : sql.UnchangedFlows, filter, after, limit))),
                    r => (r.StartedAt, r.Id), limit),
            cancellationToken);

    public ValueTask<long> CountFlowsAsync(InstanceFilter filter, long cap, CancellationToken cancellationToken) => store.ReadAsync(
        sql => filter.IsOfFailures ? 0
            : filter.Key is not null ? Math.Min(cap, FlowsOfKey(sql, filter, null, int.MaxValue).Count)
            : Count(filter.UpdatedBefore is null ? sql.CountFlows : sql.CountUnchangedFlows, Stretches.Of(sql, "skald_flows", filter), filter, cap),
        cancellationToken);

    public ValueTask<IReadOnlyList<JournalRow>> JournalAsync(Guid owner, int skip, int limit, CancellationToken cancellationToken) =>
        store.ReadAsync<IReadOnlyList<JournalRow>>(sql => StoreRows.Journal(sql.Journal.Bind(owner).Bind(skip).Bind(limit)), cancellationToken);

    public ValueTask<IReadOnlyList<FailureGroupRow>> FailureGroupsAsync(InstanceFilter filter, long cap, int limit, CancellationToken cancellationToken) =>
        store.ReadAsync<IReadOnlyList<FailureGroupRow>>(sql => [.. Stretches.OfFailures(sql, filter).Take(limit).Select(s => Group(sql, s, cap))], cancellationToken);

    public ValueTask<IReadOnlyList<LedgerRow>> LedgerAsync(Guid scope, int limit, CancellationToken cancellationToken) =>
        store.ReadAsync<IReadOnlyList<LedgerRow>>(sql => StoreRows.Ledger(sql.LedgerOf.Bind(scope).Bind(limit)), cancellationToken);

    public ValueTask<IReadOnlyList<LedgerRow>> LedgerPageAsync(Guid from, int limit, CancellationToken cancellationToken) =>
        store.ReadAsync<IReadOnlyList<LedgerRow>>(sql => StoreRows.Ledger(sql.LedgerPage.Bind(from).Bind(limit)), cancellationToken);

    public ValueTask<IReadOnlyList<SagaOutlineRow>> SagaOutlinesAsync(Guid from, int limit, CancellationToken cancellationToken) =>
        store.ReadAsync<IReadOnlyList<SagaOutlineRow>>(sql => StoreRows.SagaOutlines(sql.SagaOutlines.Bind(from).Bind(limit)), cancellationToken);

    public ValueTask<IReadOnlyList<RemovedRow>> RemovedPageAsync(Guid from, int limit, CancellationToken cancellationToken) =>
        store.ReadAsync<IReadOnlyList<RemovedRow>>(sql => StoreRows.Removed(sql.RemovedPage.Bind(from).Bind(limit)), cancellationToken);

    public ValueTask<IReadOnlyList<InstanceRow>> InstancesAsync(int limit, CancellationToken cancellationToken) =>
        store.ReadAsync<IReadOnlyList<InstanceRow>>(
            sql => StoreRows.Instances(sql.Instances.Bind(limit)).ConvertAll(row => row.IsGone ? row : row with { IsGone = store.IsGone(row.Number) }), cancellationToken);

    public ValueTask<IReadOnlyList<SagaRow>> WaitingSagasAsync(DuePosition? after, int limit, CancellationToken cancellationToken) =>
        store.ReadAsync<IReadOnlyList<SagaRow>>(sql => StoreRows.Sagas(After(sql.WaitingSagas, after).Bind(limit)), cancellationToken);

    public ValueTask<IReadOnlyList<DelayedRow>> DelayedAsync(DuePosition? after, int limit, CancellationToken cancellationToken) =>
        store.ReadAsync<IReadOnlyList<DelayedRow>>(sql => StoreRows.Delayed(After(sql.Delayed, after).Bind(limit)), cancellationToken);

    public ValueTask<IReadOnlyList<OutboxRow>> OutboxAsync(DuePosition? after, int limit, CancellationToken cancellationToken) =>
        store.ReadAsync<IReadOnlyList<OutboxRow>>(sql => StoreRows.Outbox(After(sql.Outbox, after).Bind(limit)), cancellationToken);

    public ValueTask<long> CountOutboxAsync(long cap, CancellationToken cancellationToken) => store.ReadAsync(sql => sql.CountOutbox.Bind(cap).Single(), cancellationToken);

    public ValueTask<DeadLetterRow?> FindDeadLetterAsync(long number, CancellationToken cancellationToken) =>
        store.ReadAsync(sql => StoreRows.DeadLetters(sql.FindDeadLetter.Bind(number)).FirstOrDefault(), cancellationToken);

    public ValueTask<IReadOnlyList<DeadLetterRow>> DeadLettersAsync(long after, int limit, CancellationToken cancellationToken) =>
        store.ReadAsync<IReadOnlyList<DeadLetterRow>>(sql => StoreRows.DeadLetters(sql.DeadLetters.Bind(after).Bind(limit)), cancellationToken);

    public ValueTask<IReadOnlyList<DeadLetterGroupRow>> DeadLetterGroupsAsync(long cap, int limit, CancellationToken cancellationToken) =>
        store.ReadAsync<IReadOnlyList<DeadLetterGroupRow>>(
            sql =>
            [
                .. Stretches.Jump("", last => StoreRows.Texts(sql.NextKind.Bind(last)).FirstOrDefault()).Take(limit).Select(kind => new DeadLetterGroupRow(
                    kind, sql.CountKind.Bind(kind).Bind(cap).Single(), sql.OldestOfKind.Bind(kind).Single(), sql.NewestOfKind.Bind(kind).Single())),
            ],
            cancellationToken);

    public ValueTask<IReadOnlyList<DeadLetterRow>> DeadLettersOfKindAsync(string kind, long after, int limit, CancellationToken cancellationToken) =>
        store.ReadAsync<IReadOnlyList<DeadLetterRow>>(sql => StoreRows.DeadLetters(sql.DeadLettersOfKind.Bind(kind).Bind(after).Bind(limit)), cancellationToken);

    public ValueTask<IReadOnlyList<AuditRow>> AuditAsync(AuditFilter filter, long? before, int limit, CancellationToken cancellationToken) =>
        store.ReadAsync<IReadOnlyList<AuditRow>>(
            sql => StoreRows.Audit(
                (filter switch
                {
                    { Target: not null } => sql.AuditOfTarget,
                    { Actor: not null } => sql.AuditOfActor,
                    { Act: not null } => sql.AuditOfAct,
                    { Kind: not null } => sql.AuditOfKind,
                    _ => sql.Audit,
                }).Bind(before ?? long.MaxValue).Bind(filter.Actor).Bind(filter.Act).Bind(filter.Kind).Bind(filter.Target).Bind(limit)),
            cancellationToken);

    public ValueTask<JobRow?> FindJobAsync(Guid id, CancellationToken cancellationToken) => store.ReadAsync(sql => StoreRows.Jobs(sql.FindJob.Bind(id)).FirstOrDefault(), cancellationToken);

    public ValueTask<IReadOnlyList<JobRow>> JobsAsync(JobState? state, PagePosition? after, int limit, CancellationToken cancellationToken)
    {
        var (before, id) = after is { } last ? (last.StartedAt, last.Id) : (long.MaxValue, Guid.Empty);
        return store.ReadAsync<IReadOnlyList<JobRow>>(
            sql => StoreRows.Jobs(state is { } only ? sql.JobsInState.Bind(before).Bind(id).Bind(limit).Bind((long)only) : sql.Jobs.Bind(before).Bind(id).Bind(limit)), cancellationToken);
    }

    public ValueTask<IReadOnlyList<JobItemRow>> JobItemsAsync(Guid job, JobItemOutcome? outcome, long after, int limit, CancellationToken cancellationToken) =>
        store.ReadAsync<IReadOnlyList<JobItemRow>>(
            sql => StoreRows.JobItems(outcome is { } only ? sql.JobItemsOfOutcome.Bind(job).Bind(after).Bind(limit).Bind((long)only) : sql.JobItems.Bind(job).Bind(after).Bind(limit)), cancellationToken);

    public ValueTask<RemovedRow?> FindRemovedAsync(Guid id, CancellationToken cancellationToken) =>
        store.ReadAsync(sql => StoreRows.Removed(sql.FindRemoved.Bind(id)).FirstOrDefault(), cancellationToken);

    public ValueTask<RequestRow?> FindRequestAsync(string key, CancellationToken cancellationToken) =>
        store.ReadAsync(sql => StoreRows.Requests(sql.FindRequest.Bind(key)).FirstOrDefault(), cancellationToken);

    private static Statement PageOf(StoreSql sql, InstanceFilter filter) => filter.IsOfFailures ? sql.FailedSagas : filter.UpdatedBefore is null ? sql.Sagas : sql.UnchangedSagas;

    private static Statement CountOf(StoreSql sql, InstanceFilter filter) => filter.IsOfFailures ? sql.CountFailedSagas : filter.UpdatedBefore is null ? sql.CountSagas : sql.CountUnchangedSagas;

    private static FailureGroupRow Group(StoreSql sql, Stretch kind, long cap) => new(
        kind.Definition, (int)kind.Status, kind.Step, kind.Type, kind.Bind(sql.CountFailure).Bind(cap).Single(), kind.Bind(sql.OldestOfFailure).Single(),
        StoreRows.Ids(kind.Bind(sql.NewestOfFailure))[0]); // It was found by a row.

    private static Statement After(Statement statement, DuePosition? after) =>
        after is { } last ? statement.Bind(last.At).Bind(last.Id) : statement.Bind(long.MinValue).Bind(ReadOnlySpan<byte>.Empty);

    /// <summary>A flow's row is found by definition and id; nothing has to be searched.</summary>
    private static List<FlowRow> FlowsOfKey(StoreSql sql, InstanceFilter filter, PagePosition? after, int limit)
    {
        IEnumerable<string> definitions = filter.Definition is { } only ? [only] : Stretches.Definitions(sql, "skald_flows");
        // Only called with a key.
        var rows = definitions.SelectMany(definition => StoreRows.Flows(sql.FindFlow.Bind(MessageIds.Flow(definition, filter.Key!))));
        return Newest(rows.Where(r => Matches(filter, r) && (after is not { } last || (r.StartedAt, r.Id).CompareTo((last.StartedAt, last.Id)) < 0)), r => (r.StartedAt, r.Id), limit);
    }

    private static bool Matches(InstanceFilter filter, FlowRow row) =>
        (filter.Statuses is null || filter.Statuses.Contains((int)row.Status)) && !(row.StartedAt >= filter.StartedBefore) && !(row.StartedAt < filter.StartedFrom) && !(row.UpdatedAt >= filter.UpdatedBefore);

    private static long Count(Statement statement, IEnumerable<Stretch> stretches, InstanceFilter filter, long cap)
    {
        var count = 0L;
        foreach (var stretch in stretches)
        {
            if (count == cap)
            {
                break;
            }

            count += stretch.Bind(statement, filter, null, cap - count).Single();
        }

        return count;
    }

    private static List<T> Newest<T>(IEnumerable<T> rows, Func<T, (long, Guid)> place, int limit) => [.. rows.OrderByDescending(place).Take(limit)];
}
