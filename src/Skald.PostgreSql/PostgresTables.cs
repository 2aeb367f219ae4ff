using Npgsql;
using Skald.Storage;

namespace Skald.PostgreSql;

/// <summary>Compares the tables of two schemas, row by row, as text: that works for every type.</summary>
internal static class PostgresTables
{
    public static async Task<List<TableDifference>> CompareAsync(NpgsqlConnection connection, string live, string rebuilt, CancellationToken cancellationToken)
    {
        var names = await ReadAsync(
            connection, $"SELECT tablename FROM pg_tables WHERE schemaname = '{rebuilt}' AND tablename NOT LIKE 'skald\\_%' ORDER BY tablename", r => r.GetString(0), cancellationToken).ConfigureAwait(false);
        var differences = new List<TableDifference>();
        foreach (var name in names)
        {
            var table = $"\"{name.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";
            var (l, r) = ($"{Identifier.Quoted(live)}.{table}", $"{Identifier.Quoted(rebuilt)}.{table}");
            var exists = await SchemaUpdate.ExistsAsync(
                connection, $"SELECT 1 FROM pg_tables WHERE schemaname = '{live}' AND tablename = '{name.Replace("'", "''", StringComparison.Ordinal)}'", cancellationToken).ConfigureAwait(false);
            differences.AddRange(await ReadAsync(
                connection,
                exists
                    ? $"SELECT (SELECT count(*) FROM {l}), (SELECT count(*) FROM {r}), " +
                      $"(SELECT count(*) FROM (SELECT t::text FROM {l} AS t EXCEPT ALL SELECT t::text FROM {r} AS t) AS d), " +
                      $"(SELECT count(*) FROM (SELECT t::text FROM {r} AS t EXCEPT ALL SELECT t::text FROM {l} AS t) AS d)"
                    : $"SELECT 0::bigint, count(*), 0::bigint, count(*) FROM {r}",
                row => new TableDifference(name, row.GetInt64(0), row.GetInt64(1), row.GetInt64(2), row.GetInt64(3)),
                cancellationToken).ConfigureAwait(false));
        }

        return differences;
    }

    private static async Task<List<T>> ReadAsync<T>(NpgsqlConnection connection, string sql, Func<NpgsqlDataReader, T> read, CancellationToken cancellationToken)
    {
        var command = new NpgsqlCommand(sql, connection);
        await using (command.ConfigureAwait(false))
        {
            var reader = await command.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
            await using (reader.ConfigureAwait(false))
            {
                return await StoreRows.ReadAsync(reader, read, cancellationToken).ConfigureAwait(false);
            }
        }
    }
}
