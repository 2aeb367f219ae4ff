using Npgsql;
using Skald.Storage;

namespace Skald.PostgreSql;

/// <summary>Reads events in their order, below the line under which every transaction has ended.</summary>
internal sealed class PostgresEventLog(PostgresStore store, PostgresDatabase database) : IEventLog
{
    public async ValueTask<EventPage> ReadAsync(EventPosition after, int limit, CancellationToken cancellationToken)
    {
        var events = await RunAsync(store.Sql.Events, StoreRows.Event, cancellationToken, after.Transaction, after.Number, limit).ConfigureAwait(false);
        if (events.Count == limit)
        {
            return new EventPage(events, HeldBack: false);
        }

        // Only a hint: whether it is worth looking again soon.
        var last = events.Count == 0 ? after : events[^1].Position;
        var more = await RunAsync(store.Sql.AnyEvent, _ => true, cancellationToken, last.Transaction, last.Number).ConfigureAwait(false);
        return new EventPage(events, more.Count > 0);
    }

    public async ValueTask<long> CountAsync(EventPosition after, long limit, CancellationToken cancellationToken) =>
        (await RunAsync(store.Sql.CountEvents, r => r.GetInt64(0), cancellationToken, after.Transaction, after.Number, limit).ConfigureAwait(false))[0];

    public async ValueTask<IReadOnlyList<StoredEvent>> ReadStreamAsync(string stream, long afterVersion, int limit, CancellationToken cancellationToken) =>
        await RunAsync(store.Sql.StreamEvents, StoreRows.Event, cancellationToken, stream, afterVersion, limit).ConfigureAwait(false);

    public async ValueTask<SnapshotRow?> FindSnapshotAsync(string stream, string shape, CancellationToken cancellationToken) =>
        (await RunAsync(store.Sql.FindSnapshot, StoreRows.Snapshot, cancellationToken, stream, shape).ConfigureAwait(false)).FirstOrDefault();

    public async ValueTask<string?> WhyHeldBackAsync(CancellationToken cancellationToken)
    {
        var oldest = await RunAsync(StoreSql.OldestTransaction, r => r.IsDBNull(0) ? null : r.GetString(0), cancellationToken).ConfigureAwait(false);
        return oldest.FirstOrDefault() is { } transaction ? $"waits for the server's oldest open transaction: {transaction}" : null;
    }

    private ValueTask<List<T>> RunAsync<T>(string sql, Func<NpgsqlDataReader, T> read, CancellationToken cancellationToken, params object[] arguments) =>
        store.TwiceAsync(() => database.RowsAsync(
            batch =>
            {
                var command = batch.Add(sql);
                foreach (var argument in arguments)
                {
                    command.Parameters.Add(argument switch
                    {
                        string text => new NpgsqlParameter<string> { TypedValue = text },
                        int number => new NpgsqlParameter<long> { TypedValue = number },
                        _ => new NpgsqlParameter<long> { TypedValue = (long)argument },
                    });
                }
            },
            read,
            cancellationToken));
}
