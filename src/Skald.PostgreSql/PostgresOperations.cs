using Npgsql;
using NpgsqlTypes;
using Skald.Decisions;
using Skald.Storage;

namespace Skald.PostgreSql;

/// <summary>What people and tools ask, on the connections for reading.</summary>
/// <param name="store">Has the statements.</param>
/// <param name="database">Has the connections.</param>
/// <param name="lease">For how long after the server was started nobody is taken for gone.</param>
internal sealed class PostgresOperations(PostgresStore store, PostgresDatabase database, TimeSpan lease) : IOperations
{
    public ValueTask<SagaRow?> FindSagaAsync(Guid id, CancellationToken cancellationToken) => FirstAsync(store.Sql.FindSaga, StoreRows.Saga, cancellationToken, id);

    public ValueTask<IReadOnlyList<SagaRow>> SagasAsync(InstanceFilter filter, PagePosition? after, int limit, CancellationToken cancellationToken) =>
        MeetsNothing(filter) ? new([]) : ListAsync(
            filter.Key is not null ? store.Sql.SagasOfKey : filter.IsOfFailures ? store.Sql.FailedSagas : filter.UpdatedBefore is null ? store.Sql.Sagas : store.Sql.UnchangedSagas,
            StoreRows.Saga, cancellationToken, Arguments(filter, after, limit));

    public async ValueTask<long> CountSagasAsync(InstanceFilter filter, long cap, CancellationToken cancellationToken) =>
        MeetsNothing(filter) ? 0 : await NumberAsync(
            filter.Key is not null ? store.Sql.CountSagasOfKey : filter.IsOfFailures ? store.Sql.CountFailedSagas : filter.UpdatedBefore is null ? store.Sql.CountSagas : store.Sql.CountUnchangedSagas,
            cancellationToken, Arguments(filter, null, cap)).ConfigureAwait(false);

    public ValueTask<FlowRow?> FindFlowAsync(Guid id, CancellationToken cancellationToken) => FirstAsync(store.Sql.FindFlow, StoreRows.Flow, cancellationToken, id);

    public async ValueTask<IReadOnlyList<FlowRow>> FlowsAsync(InstanceFilter filter, PagePosition? after, int limit, CancellationToken cancellationToken) =>
        filter.IsOfFailures || MeetsNothing(filter) ? []
        : filter.Key is not null ? await FlowsOfKeyAsync(filter, after, limit, cancellationToken).ConfigureAwait(false)
        : await ListAsync(filter.UpdatedBefore is null ? store.Sql.Flows : store.Sql.UnchangedFlows, StoreRows.Flow, cancellationToken, Arguments(filter, after, limit)).ConfigureAwait(false);

    public async ValueTask<long> CountFlowsAsync(InstanceFilter filter, long cap, CancellationToken cancellationToken) =>
        filter.IsOfFailures || MeetsNothing(filter) ? 0
        : filter.Key is not null ? Math.Min(cap, (await FlowsOfKeyAsync(filter, null, int.MaxValue, cancellationToken).ConfigureAwait(false)).Count)
        : await NumberAsync(filter.UpdatedBefore is null ? store.Sql.CountFlows : store.Sql.CountUnchangedFlows, cancellationToken, Arguments(filter, null, cap)).ConfigureAwait(false);

    public ValueTask<IReadOnlyList<JournalRow>> JournalAsync(Guid owner, int skip, int limit, CancellationToken cancellationToken) =>
        ListAsync(store.Sql.Journal, StoreRows.Journal, cancellationToken, Bucket.Of(owner), owner, (long)skip, (long)limit);

    public ValueTask<IReadOnlyList<FailureGroupRow>> FailureGroupsAsync(InstanceFilter filter, long cap, int limit, CancellationToken cancellationToken) =>
        MeetsNothing(filter) ? new([]) : ListAsync(
            store.Sql.FailureGroups, StoreRows.FailureGroup, cancellationToken,
            [.. Arguments(filter with { Key = null, StartedBefore = null, StartedFrom = null, UpdatedBefore = null }, null, cap, isOfFailures: true), (long)limit]);

    public ValueTask<IReadOnlyList<LedgerRow>> LedgerAsync(Guid scope, int limit, CancellationToken cancellationToken) =>
        ListAsync(store.Sql.LedgerOf, StoreRows.Ledger, cancellationToken, Bucket.Of(scope), scope, (long)limit);

    public ValueTask<IReadOnlyList<LedgerRow>> LedgerPageAsync(Guid from, int limit, CancellationToken cancellationToken) =>
        ListAsync(store.Sql.LedgerPage, StoreRows.Ledger, cancellationToken, from, (long)limit);

    public ValueTask<IReadOnlyList<SagaOutlineRow>> SagaOutlinesAsync(Guid from, int limit, CancellationToken cancellationToken) =>
        ListAsync(store.Sql.SagaOutlines, StoreRows.SagaOutline, cancellationToken, from, (long)limit);

    public ValueTask<IReadOnlyList<RemovedRow>> RemovedPageAsync(Guid from, int limit, CancellationToken cancellationToken) =>
        ListAsync(store.Sql.RemovedPage, StoreRows.Removed, cancellationToken, from, (long)limit);

    public ValueTask<IReadOnlyList<InstanceRow>> InstancesAsync(int limit, CancellationToken cancellationToken) =>
        ListAsync(store.Sql.Instances, StoreRows.Instance, cancellationToken, (long)limit, lease);

    public ValueTask<IReadOnlyList<SagaRow>> WaitingSagasAsync(DuePosition? after, int limit, CancellationToken cancellationToken) =>
        ListAsync(store.Sql.WaitingSagas, StoreRows.Saga, cancellationToken, After(after, limit));

    public ValueTask<IReadOnlyList<DelayedRow>> DelayedAsync(DuePosition? after, int limit, CancellationToken cancellationToken) =>
        ListAsync(store.Sql.Delayed, StoreRows.Delayed, cancellationToken, After(after, limit));

    public ValueTask<IReadOnlyList<OutboxRow>> OutboxAsync(DuePosition? after, int limit, CancellationToken cancellationToken) =>
        ListAsync(store.Sql.Outbox, StoreRows.Outbox, cancellationToken, After(after, limit));

    public ValueTask<long> CountOutboxAsync(long cap, CancellationToken cancellationToken) => NumberAsync(store.Sql.CountOutbox, cancellationToken, cap);

    public ValueTask<DeadLetterRow?> FindDeadLetterAsync(long number, CancellationToken cancellationToken) =>
        FirstAsync(store.Sql.FindDeadLetter, StoreRows.DeadLetter, cancellationToken, number);

    public ValueTask<IReadOnlyList<DeadLetterRow>> DeadLettersAsync(long after, int limit, CancellationToken cancellationToken) =>
        ListAsync(store.Sql.DeadLetters, StoreRows.DeadLetter, cancellationToken, after, (long)limit);

    public ValueTask<IReadOnlyList<DeadLetterGroupRow>> DeadLetterGroupsAsync(long cap, int limit, CancellationToken cancellationToken) =>
        ListAsync(store.Sql.DeadLetterGroups, StoreRows.DeadLetterGroup, cancellationToken, cap, (long)limit);

    public ValueTask<IReadOnlyList<DeadLetterRow>> DeadLettersOfKindAsync(string kind, long after, int limit, CancellationToken cancellationToken) =>
        ListAsync(store.Sql.DeadLettersOfKind, StoreRows.DeadLetter, cancellationToken, kind, after, (long)limit);

    public ValueTask<IReadOnlyList<AuditRow>> AuditAsync(AuditFilter filter, long? before, int limit, CancellationToken cancellationToken) => ListAsync(
        filter switch
        {
            { Target: not null } => store.Sql.AuditOfTarget,
            { Actor: not null } => store.Sql.AuditOfActor,
            { Act: not null } => store.Sql.AuditOfAct,
            { Kind: not null } => store.Sql.AuditOfKind,
            _ => store.Sql.Audit,
        },
        StoreRows.Audit, cancellationToken, before ?? long.MaxValue, filter.Actor, filter.Act, filter.Kind, filter.Target, (long)limit);

    public ValueTask<JobRow?> FindJobAsync(Guid id, CancellationToken cancellationToken) => FirstAsync(store.Sql.FindJob, StoreRows.Job, cancellationToken, id);

    public ValueTask<IReadOnlyList<JobRow>> JobsAsync(JobState? state, PagePosition? after, int limit, CancellationToken cancellationToken)
    {
        object?[] page = after is { } last ? [last.StartedAt, last.Id, (long)limit] : [long.MaxValue, Guid.Empty, (long)limit];
        return state is { } only ? ListAsync(store.Sql.JobsInState, StoreRows.Job, cancellationToken, [.. page, (int)only]) : ListAsync(store.Sql.Jobs, StoreRows.Job, cancellationToken, page);
    }

    public ValueTask<IReadOnlyList<JobItemRow>> JobItemsAsync(Guid job, JobItemOutcome? outcome, long after, int limit, CancellationToken cancellationToken) => outcome is { } only
        ? ListAsync(store.Sql.JobItemsOfOutcome, StoreRows.JobItem, cancellationToken, job, after, (long)limit, (int)only)
        : ListAsync(store.Sql.JobItems, StoreRows.JobItem, cancellationToken, job, after, (long)limit);

    public ValueTask<RemovedRow?> FindRemovedAsync(Guid id, CancellationToken cancellationToken) => FirstAsync(store.Sql.FindRemoved, StoreRows.Removed, cancellationToken, id);

    public ValueTask<RequestRow?> FindRequestAsync(string key, CancellationToken cancellationToken) => FirstAsync(store.Sql.FindRequest, StoreRows.Request, cancellationToken, key);

    /// <summary>A flow's row is found by definition and id; nothing has to be searched.</summary>
    private async ValueTask<IReadOnlyList<FlowRow>> FlowsOfKeyAsync(InstanceFilter filter, PagePosition? after, int limit, CancellationToken cancellationToken)
    {
        IReadOnlyList<string> definitions = filter.Definition is { } only
            ? [only]
            : await ListAsync(store.Sql.FlowDefinitions, r => r.GetString(0), cancellationToken).ConfigureAwait(false);
        var found = new List<FlowRow>();
        foreach (var definition in definitions)
        {
            // Only called with a key.
            if (await FindFlowAsync(MessageIds.Flow(definition, filter.Key!), cancellationToken).ConfigureAwait(false) is { } row && IsWanted(row, filter, after))
            {
                found.Add(row);
            }
        }

        return [.. found.OrderByDescending(r => (r.StartedAt, r.Id)).Take(limit)];
    }

    private static bool IsWanted(FlowRow row, InstanceFilter filter, PagePosition? after) =>
        (filter.Statuses is null || filter.Statuses.Contains((int)row.Status)) && !(row.StartedAt >= filter.StartedBefore) && !(row.StartedAt < filter.StartedFrom)
        && !(row.UpdatedAt >= filter.UpdatedBefore)
        && (after is not { } last || (row.StartedAt, row.Id).CompareTo((last.StartedAt, last.Id)) < 0);

    /// <summary>An empty array is sent for no filter at all.</summary>
    private static bool MeetsNothing(InstanceFilter filter) => filter.Statuses is { Count: 0 };

    /// <summary>Definition, statuses, from, the place before which rows are wanted, limit; updated before, step and type where they are asked for; the key.</summary>
    private static object?[] Arguments(InstanceFilter filter, PagePosition? after, long limit, bool isOfFailures = false)
    {
        var (before, id) = (filter.StartedBefore ?? long.MaxValue, Guid.Empty);
        if (after is { } page && page.StartedAt < before)
        {
            (before, id) = (page.StartedAt, page.Id);
        }

        List<object?> arguments = [filter.Definition, filter.Statuses?.ToArray() ?? [], filter.StartedFrom ?? long.MinValue, before, id, limit];
        if (filter.UpdatedBefore is not null || filter.IsOfFailures || filter.Key is not null || isOfFailures)
        {
            arguments.Add(filter.UpdatedBefore ?? long.MaxValue);
        }

        if (filter.IsOfFailures || filter.Key is not null || isOfFailures)
        {
            arguments.AddRange([filter.FailedStep, filter.FailureType]);
        }

        return filter.Key is null ? [.. arguments] : [.. arguments, filter.Key];
    }

    private static object?[] After(DuePosition? after, int limit) => after is { } last ? [last.At, last.Id, (long)limit] : [long.MinValue, Guid.Empty, (long)limit];

    private async ValueTask<long> NumberAsync(string sql, CancellationToken cancellationToken, params object?[] arguments) =>
        (await ListAsync(sql, r => r.GetInt64(0), cancellationToken, arguments).ConfigureAwait(false))[0];

    private async ValueTask<T?> FirstAsync<T>(string sql, Func<NpgsqlDataReader, T> read, CancellationToken cancellationToken, params object?[] arguments) where T : class =>
        (await ListAsync(sql, read, cancellationToken, arguments).ConfigureAwait(false)) is [var first, ..] ? first : null;

    private async ValueTask<IReadOnlyList<T>> ListAsync<T>(string sql, Func<NpgsqlDataReader, T> read, CancellationToken cancellationToken, params object?[] arguments) =>
        await store.TwiceAsync(() => database.AskReadingAsync(
            batch =>
            {
                var command = batch.Add(sql);
                foreach (var argument in arguments)
                {
                    command.Parameters.Add(Parameter(argument));
                }
            },
            (reader, token) => StoreRows.ReadAsync(reader, read, token),
            cancellationToken)).ConfigureAwait(false);

    private static NpgsqlParameter Parameter(object? value) => value switch
    {
        null => new NpgsqlParameter { NpgsqlDbType = NpgsqlDbType.Text, Value = DBNull.Value },
        string text => new NpgsqlParameter<string?> { TypedValue = PostgreSql.Arguments.Text(text) },
        int[] numbers => new NpgsqlParameter<int[]> { TypedValue = numbers },
        TimeSpan time => new NpgsqlParameter<TimeSpan> { TypedValue = time },
        int number => new NpgsqlParameter<int> { TypedValue = number },
        long number => new NpgsqlParameter<long> { TypedValue = number },
        Guid id => new NpgsqlParameter<Guid> { TypedValue = id },
        _ => throw new ArgumentException($"{value.GetType().Name} is no parameter of these statements.", nameof(value)),
    };
}
