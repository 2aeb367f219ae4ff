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
                ? StoreRows.Sagas(OfKey(sql.SagasOfKey, filter, after, limit))
                : Newest(Stretches(sql, "skald_sagas", filter).SelectMany(s => StoreRows.Sagas(Stretch(sql.Sagas, s, filter, after, limit))), r => (r.StartedAt, r.Id), limit),
            cancellationToken);

    public ValueTask<long> CountSagasAsync(InstanceFilter filter, long cap, CancellationToken cancellationToken) => filter.Key is null
        ? store.ReadAsync(sql => Count(sql.CountSagas, Stretches(sql, "skald_sagas", filter), filter, cap), cancellationToken)
        : store.ReadAsync(sql => OfKey(sql.CountSagasOfKey, filter, null, cap).Single(), cancellationToken);

    public ValueTask<FlowRow?> FindFlowAsync(Guid id, CancellationToken cancellationToken) =>
        store.ReadAsync(sql => StoreRows.Flows(sql.FindFlow.Bind(id)).FirstOrDefault(), cancellationToken);

    public ValueTask<IReadOnlyList<FlowRow>> FlowsAsync(InstanceFilter filter, PagePosition? after, int limit, CancellationToken cancellationToken) =>
        store.ReadAsync<IReadOnlyList<FlowRow>>(
            sql => filter.Key is not null
                ? FlowsOfKey(sql, filter, after, limit)
                : Newest(Stretches(sql, "skald_flows", filter).SelectMany(s => StoreRows.Flows(Stretch(sql.Flows, s, filter, after, limit))), r => (r.StartedAt, r.Id), limit),
            cancellationToken);

    public ValueTask<long> CountFlowsAsync(InstanceFilter filter, long cap, CancellationToken cancellationToken) => filter.Key is null
        ? store.ReadAsync(sql => Count(sql.CountFlows, Stretches(sql, "skald_flows", filter), filter, cap), cancellationToken)
        : store.ReadAsync(sql => Math.Min(cap, FlowsOfKey(sql, filter, null, int.MaxValue).Count), cancellationToken);

    public ValueTask<IReadOnlyList<JournalRow>> JournalAsync(Guid owner, int skip, int limit, CancellationToken cancellationToken) =>
        store.ReadAsync<IReadOnlyList<JournalRow>>(sql => StoreRows.Journal(sql.Journal.Bind(owner).Bind(skip).Bind(limit)), cancellationToken);

    public ValueTask<IReadOnlyList<SagaRow>> WaitingSagasAsync(int limit, CancellationToken cancellationToken) =>
        store.ReadAsync<IReadOnlyList<SagaRow>>(sql => StoreRows.Sagas(sql.WaitingSagas.Bind(limit)), cancellationToken);

    public ValueTask<IReadOnlyList<DelayedRow>> DelayedAsync(int limit, CancellationToken cancellationToken) =>
        store.ReadAsync<IReadOnlyList<DelayedRow>>(sql => StoreRows.Delayed(sql.Delayed.Bind(limit)), cancellationToken);

    public ValueTask<IReadOnlyList<OutboxRow>> OutboxAsync(int limit, CancellationToken cancellationToken) =>
        store.ReadAsync<IReadOnlyList<OutboxRow>>(sql => StoreRows.Outbox(sql.Outbox.Bind(limit)), cancellationToken);

    public ValueTask<long> CountOutboxAsync(long cap, CancellationToken cancellationToken) => store.ReadAsync(sql => sql.CountOutbox.Bind(cap).Single(), cancellationToken);

    public ValueTask<DeadLetterRow?> FindDeadLetterAsync(long number, CancellationToken cancellationToken) =>
        store.ReadAsync(sql => StoreRows.DeadLetters(sql.FindDeadLetter.Bind(number)).FirstOrDefault(), cancellationToken);

    public ValueTask<IReadOnlyList<DeadLetterRow>> DeadLettersAsync(long after, int limit, CancellationToken cancellationToken) =>
        store.ReadAsync<IReadOnlyList<DeadLetterRow>>(sql => StoreRows.DeadLetters(sql.DeadLetters.Bind(after).Bind(limit)), cancellationToken);

    public ValueTask<RemovedRow?> FindRemovedAsync(Guid id, CancellationToken cancellationToken) =>
        store.ReadAsync(sql => StoreRows.Removed(sql.FindRemoved.Bind(id)).FirstOrDefault(), cancellationToken);

    public ValueTask<RequestRow?> FindRequestAsync(string key, CancellationToken cancellationToken) =>
        store.ReadAsync(sql => StoreRows.Requests(sql.FindRequest.Bind(key)).FirstOrDefault(), cancellationToken);

    /// <summary>The pairs of definition and status that have rows: the index has each pair's in the order of lists. There are few, however many rows.</summary>
    private static IEnumerable<(string Definition, long Status)> Stretches(StoreSql sql, string table, InstanceFilter filter)
    {
        if (filter is { Definition: { } definition, Status: { } status })
        {
            return [(definition, status)];
        }

        IReadOnlyList<string> definitions = filter.Definition is { } only ? [only] : Definitions(sql, table);
        return [.. definitions.SelectMany(d => Statuses(sql, table, d).Where(s => filter.Status is null || s == filter.Status).Select(s => (d, s)))];
    }

    private static List<string> Definitions(StoreSql sql, string table)
    {
        var found = new List<string>();
        for (var last = ""; Next(last) is { } next; last = next)
        {
            found.Add(next);
        }

        return found;

        string? Next(string after)
        {
            string? next = null;
            for (var row = sql.NextDefinition(table).Bind(after); row.Read();)
            {
                next = row.Text(0);
            }

            return next;
        }
    }

    private static List<long> Statuses(StoreSql sql, string table, string definition)
    {
        var found = new List<long>();
        for (var last = long.MinValue; Next(last) is { } next; last = next)
        {
            found.Add(next);
        }

        return found;

        long? Next(long after)
        {
            long? next = null;
            for (var row = sql.NextStatus(table).Bind(definition).Bind(after); row.Read();)
            {
                next = row.Int(0);
            }

            return next;
        }
    }

    private static Statement Stretch(Statement statement, (string Definition, long Status) stretch, InstanceFilter filter, PagePosition? after, long limit)
    {
        var (before, id) = Before(filter, after);
        return statement.Bind(stretch.Definition).Bind(filter.StartedFrom ?? long.MinValue).Bind(before).Bind(id).Bind(stretch.Status).Bind(limit);
    }

    private static Statement OfKey(Statement statement, InstanceFilter filter, PagePosition? after, long limit)
    {
        var (before, id) = Before(filter, after);
        return statement.Bind(filter.Key).Bind(filter.StartedFrom ?? long.MinValue).Bind(before).Bind(id).Bind(filter.Definition).Bind((long?)filter.Status).Bind(limit);
    }

    /// <summary>A flow's row is found by definition and id; nothing has to be searched.</summary>
    private static List<FlowRow> FlowsOfKey(StoreSql sql, InstanceFilter filter, PagePosition? after, int limit)
    {
        IReadOnlyList<string> definitions = filter.Definition is { } only ? [only] : Definitions(sql, "skald_flows");
        // Only called with a key.
        var rows = definitions.SelectMany(definition => StoreRows.Flows(sql.FindFlow.Bind(MessageIds.Flow(definition, filter.Key!))));
        return Newest(rows.Where(r => Matches(filter, r) && (after is not { } last || (r.StartedAt, r.Id).CompareTo((last.StartedAt, last.Id)) < 0)), r => (r.StartedAt, r.Id), limit);
    }

    private static bool Matches(InstanceFilter filter, FlowRow row) =>
        (filter.Status is null || (int)row.Status == filter.Status) && !(row.StartedAt >= filter.StartedBefore) && !(row.StartedAt < filter.StartedFrom);

    /// <summary>The place before which rows are wanted: the earlier of the filter's and the page's.</summary>
    private static (long StartedAt, Guid Id) Before(InstanceFilter filter, PagePosition? after)
    {
        var bound = (filter.StartedBefore ?? long.MaxValue, Guid.Empty);
        return after is { } page && page.StartedAt < bound.Item1 ? (page.StartedAt, page.Id) : bound;
    }

    private static long Count(Statement statement, IEnumerable<(string Definition, long Status)> stretches, InstanceFilter filter, long cap)
    {
        var count = 0L;
        foreach (var stretch in stretches)
        {
            if (count == cap)
            {
                break;
            }

            count += Stretch(statement, stretch, filter, null, cap - count).Single();
        }

        return count;
    }

    private static List<T> Newest<T>(IEnumerable<T> rows, Func<T, (long, Guid)> place, int limit) => [.. rows.OrderByDescending(place).Take(limit)];
}
