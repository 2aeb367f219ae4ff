using Npgsql;
using NpgsqlTypes;
using Skald.Decisions;
using Skald.Storage;

namespace Skald.PostgreSql;

/// <summary>What people and tools ask, on the connections for reading.</summary>
internal sealed class PostgresOperations(PostgresStore store, PostgresDatabase database) : IOperations
{
    public ValueTask<SagaRow?> FindSagaAsync(Guid id, CancellationToken cancellationToken) => FirstAsync(store.Sql.FindSaga, StoreRows.Saga, cancellationToken, id);

    public ValueTask<IReadOnlyList<SagaRow>> SagasAsync(InstanceFilter filter, PagePosition? after, int limit, CancellationToken cancellationToken) => filter.Key is null
        ? ListAsync(store.Sql.Sagas, StoreRows.Saga, cancellationToken, Arguments(filter, after, limit))
        : ListAsync(store.Sql.SagasOfKey, StoreRows.Saga, cancellationToken, [.. Arguments(filter, after, limit), filter.Key]);

    public async ValueTask<long> CountSagasAsync(InstanceFilter filter, long cap, CancellationToken cancellationToken) => filter.Key is null
        ? await NumberAsync(store.Sql.CountSagas, cancellationToken, Arguments(filter, null, cap)).ConfigureAwait(false)
        : await NumberAsync(store.Sql.CountSagasOfKey, cancellationToken, [.. Arguments(filter, null, cap), filter.Key]).ConfigureAwait(false);

    public ValueTask<FlowRow?> FindFlowAsync(Guid id, CancellationToken cancellationToken) => FirstAsync(store.Sql.FindFlow, StoreRows.Flow, cancellationToken, id);

    public async ValueTask<IReadOnlyList<FlowRow>> FlowsAsync(InstanceFilter filter, PagePosition? after, int limit, CancellationToken cancellationToken) => filter.Key is null
        ? await ListAsync(store.Sql.Flows, StoreRows.Flow, cancellationToken, Arguments(filter, after, limit)).ConfigureAwait(false)
        : await FlowsOfKeyAsync(filter, after, limit, cancellationToken).ConfigureAwait(false);

    public async ValueTask<long> CountFlowsAsync(InstanceFilter filter, long cap, CancellationToken cancellationToken) => filter.Key is null
        ? await NumberAsync(store.Sql.CountFlows, cancellationToken, Arguments(filter, null, cap)).ConfigureAwait(false)
        : Math.Min(cap, (await FlowsOfKeyAsync(filter, null, int.MaxValue, cancellationToken).ConfigureAwait(false)).Count);

    public ValueTask<IReadOnlyList<JournalRow>> JournalAsync(Guid owner, int skip, int limit, CancellationToken cancellationToken) =>
        ListAsync(store.Sql.Journal, StoreRows.Journal, cancellationToken, Bucket.Of(owner), owner, (long)skip, (long)limit);

    public ValueTask<IReadOnlyList<SagaRow>> WaitingSagasAsync(int limit, CancellationToken cancellationToken) =>
        ListAsync(store.Sql.WaitingSagas, StoreRows.Saga, cancellationToken, (long)limit);

    public ValueTask<IReadOnlyList<DelayedRow>> DelayedAsync(int limit, CancellationToken cancellationToken) =>
        ListAsync(store.Sql.Delayed, StoreRows.Delayed, cancellationToken, (long)limit);

    public ValueTask<IReadOnlyList<OutboxRow>> OutboxAsync(int limit, CancellationToken cancellationToken) =>
        ListAsync(store.Sql.Outbox, StoreRows.Outbox, cancellationToken, (long)limit);

    public ValueTask<long> CountOutboxAsync(long cap, CancellationToken cancellationToken) => NumberAsync(store.Sql.CountOutbox, cancellationToken, cap);

    public ValueTask<DeadLetterRow?> FindDeadLetterAsync(long number, CancellationToken cancellationToken) =>
        FirstAsync(store.Sql.FindDeadLetter, StoreRows.DeadLetter, cancellationToken, number);

    public ValueTask<IReadOnlyList<DeadLetterRow>> DeadLettersAsync(long after, int limit, CancellationToken cancellationToken) =>
        ListAsync(store.Sql.DeadLetters, StoreRows.DeadLetter, cancellationToken, after, (long)limit);

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
        (filter.Status is null || (int)row.Status == filter.Status) && !(row.StartedAt >= filter.StartedBefore) && !(row.StartedAt < filter.StartedFrom)
        && (after is not { } last || (row.StartedAt, row.Id).CompareTo((last.StartedAt, last.Id)) < 0);

    /// <summary>Definition, status, from, the place before which rows are wanted, limit.</summary>
    private static object?[] Arguments(InstanceFilter filter, PagePosition? after, long limit)
    {
        var (before, id) = (filter.StartedBefore ?? long.MaxValue, Guid.Empty);
        if (after is { } page && page.StartedAt < before)
        {
            (before, id) = (page.StartedAt, page.Id);
        }

        return [filter.Definition, filter.Status ?? -1, filter.StartedFrom ?? long.MinValue, before, id, limit];
    }

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
        int number => new NpgsqlParameter<int> { TypedValue = number },
        long number => new NpgsqlParameter<long> { TypedValue = number },
        Guid id => new NpgsqlParameter<Guid> { TypedValue = id },
        _ => throw new ArgumentException($"{value.GetType().Name} is no parameter of these statements.", nameof(value)),
    };
}
