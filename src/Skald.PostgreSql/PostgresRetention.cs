using Skald.Storage;

namespace Skald.PostgreSql;

/// <summary>What need not be kept for ever.</summary>
/// <param name="store">The store.</param>
/// <param name="database">Its database.</param>
/// <param name="presence">This instance.</param>
/// <param name="dead">What removals leave behind.</param>
internal sealed class PostgresRetention(PostgresStore store, PostgresDatabase database, Presence presence, DeadRows dead) : IRetention
{
    public ValueTask<bool> IsForThisInstanceAsync(CancellationToken cancellationToken) => store.TwiceAsync(
        async () => await NumberAsync(store.Sql.FirstInstance, null, cancellationToken).ConfigureAwait(false) is > 0 and var first && first == presence.Number);

    public ValueTask<Ended> FindEndedAsync(EndedQuery query, CancellationToken cancellationToken) => store.TwiceAsync(() => FindEndedOnceAsync(query, cancellationToken));

    public ValueTask<int> RemoveAsync(OldRows kind, long before, int limit, CancellationToken cancellationToken)
    {
        var (sql, time) = kind switch
        {
            OldRows.Requests => (store.Sql.DeleteOldRequests, before),
            OldRows.Messages => (store.Sql.DeleteOldMessages, before),
            OldRows.Removed => (store.Sql.DeleteOldRemoved, before),
            // Its lines count finer than milliseconds.
            _ => (store.Sql.DeleteOldTimelines, before * TimeSpan.TicksPerMillisecond),
        };
        return store.TwiceAsync(() => database.ExecuteAsync(
            batch =>
            {
                batch.Add(StoreSql.ByIndex);
                batch.Add(sql).With(time).With((long)limit);
            },
            cancellationToken));
    }

    /// <summary>Nothing goes to the system: what is cleared is written to again.</summary>
    public ValueTask<bool> ShrinkAsync(CancellationToken cancellationToken) => store.TwiceAsync(async () =>
    {
        await dead.ClearAsync(store.Sql.ManyDead, cancellationToken).ConfigureAwait(false);
        return false;
    });

    private async ValueTask<Ended> FindEndedOnceAsync(EndedQuery query, CancellationToken cancellationToken)
    {
        var sagas = query.Limits(await LastKeptAsync(store.Sql.LastKeptSaga, query.Most, cancellationToken).ConfigureAwait(false));
        var flows = query.Limits(await LastKeptAsync(store.Sql.LastKeptFlow, query.Most, cancellationToken).ConfigureAwait(false));
        return await database.AskAsync(
            batch =>
            {
                batch.Add(store.Sql.EndedSagas).With(sagas.Known).With(sagas.Strangers).With((long)query.Limit).With(presence.Knows);
                batch.Add(store.Sql.EndedFlows).With(flows.Known).With((long)query.Limit);
            },
            async (reader, token) => new Ended(
                await StoreRows.ReadAsync(reader, r => r.GetGuid(0), token).ConfigureAwait(false), await StoreRows.ReadAsync(reader, r => r.GetGuid(0), token).ConfigureAwait(false)),
            cancellationToken).ConfigureAwait(false);
    }

    private ValueTask<long?> LastKeptAsync(string sql, long? most, CancellationToken cancellationToken) => most is { } number ? NumberAsync(sql, number - 1, cancellationToken) : new((long?)null);

    private async ValueTask<long?> NumberAsync(string sql, long? argument, CancellationToken cancellationToken) => (await database.RowsAsync(
        batch => _ = argument is { } number ? batch.Add(sql).With(number) : batch.Add(sql), r => r.IsDBNull(0) ? (long?)null : r.GetInt64(0), cancellationToken).ConfigureAwait(false))[0];
}
