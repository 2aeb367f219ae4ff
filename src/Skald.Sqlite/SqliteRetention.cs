using Skald.Storage;

namespace Skald.Sqlite;

/// <summary>What need not be kept for ever, and the room that it leaves.</summary>
/// <param name="store">The store.</param>
/// <param name="writer">Its writing connection.</param>
internal sealed class SqliteRetention(SqliteStore store, StoreWriter writer) : IRetention
{
    public ValueTask<bool> IsForThisInstanceAsync(CancellationToken cancellationToken) =>
        store.UseAsync(sql => sql.FirstInstance.Single() is > 0 and var first && first == store.Incarnation);

    public ValueTask<Ended> FindEndedAsync(EndedQuery query, CancellationToken cancellationToken) => store.UseAsync(sql =>
    {
        var sagas = query.Limits(LastKept(sql, "skald_sagas", query.Most));
        var flows = query.Limits(LastKept(sql, "skald_flows", query.Most));
        return new Ended(
            StoreRows.Ids(sql.EndedSagas.Bind(sagas.Known).Bind(sagas.Strangers).Bind(query.Limit).Bind(store.Knows)),
            StoreRows.Ids(sql.EndedFlows.Bind(flows.Known).Bind(query.Limit)));
    });

    public ValueTask<int> RemoveAsync(OldRows kind, long before, int limit, CancellationToken cancellationToken) => store.UseAsync(sql => (kind switch
    {
        OldRows.Requests => sql.DeleteOldRequests.Bind(before),
        OldRows.Messages => sql.DeleteOldMessages.Bind(before),
        OldRows.Removed => sql.DeleteOldRemoved.Bind(before),
        // Its lines count finer than milliseconds.
        _ => sql.DeleteOldTimelines.Bind(before * TimeSpan.TicksPerMillisecond),
    }).Bind(limit).Run());

    public ValueTask<bool> ShrinkAsync(CancellationToken cancellationToken) => store.UseAsync(_ => writer.Shrink());

    private static long? LastKept(StoreSql sql, string table, long? most)
    {
        long? last = null;
        if (most is { } number)
        {
            for (var row = sql.LastKept(table).Bind(number - 1); row.Read();)
            {
                last = row.Int(0);
            }
        }

        return last;
    }
}
