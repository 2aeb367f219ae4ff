using System.Diagnostics;
using Npgsql;
using NpgsqlTypes;

namespace Skald.Bench.Servers;

/// <summary>Events on PostgreSQL, and plain INSERT of whole arrays, which is the fastest way short of COPY.</summary>
internal static class PostgresEvents
{
    private static readonly byte[] Body = """{"units":17,"reader":"reader 17"}"""u8.ToArray();

    /// <param name="events">The database of the events, and of the plain table.</param>
    /// <param name="rows">That of the projection.</param>
    public static EventGround Ground(string events, string rows) => new(
        "PostgreSQL, fsync on, the projection in a database of its own",
        s => s.UsePostgreSql(events),
        s => s.AddProjection<PostgresMeterList>(p => p.UsePostgreSql(rows)),
        (writers, batch, duration) => PlainAsync(events, writers, batch, duration));

    private static async Task<double> PlainAsync(string connection, int writers, int rows, TimeSpan duration)
    {
        await using var source = NpgsqlDataSource.Create(new NpgsqlConnectionStringBuilder(connection) { MaxAutoPrepare = 5, AutoPrepareMinUsages = 2 });
        await using (var create = source.CreateCommand(
            "CREATE TABLE IF NOT EXISTS plain (position bigint GENERATED ALWAYS AS IDENTITY, tx bigint NOT NULL, stream text COLLATE \"C\" NOT NULL, version bigint NOT NULL, " +
            "type text NOT NULL, body bytea NOT NULL, at bigint NOT NULL, correlation uuid, causation uuid, actor text, PRIMARY KEY (stream, version)); " +
            "CREATE UNIQUE INDEX IF NOT EXISTS plain_order ON plain (tx, position)"))
        {
            await create.ExecuteNonQueryAsync();
        }

        var run = Guid.CreateVersion7().ToString("N")[^8..];
        var watch = Stopwatch.StartNew();
        var inserted = await Task.WhenAll(Enumerable.Range(0, writers).Select(writer => Task.Run(async () =>
        {
            await using var open = await source.OpenConnectionAsync();
            long version = 0;
            while (watch.Elapsed < duration)
            {
                await InsertAsync(open, $"meter/{run}{writer}", version, rows);
                version += rows;
            }

            return version;
        })));
        return inserted.Sum() / watch.Elapsed.TotalSeconds;
    }

    private static async Task InsertAsync(NpgsqlConnection connection, string stream, long version, int rows)
    {
        await using var insert = new NpgsqlCommand(
            "INSERT INTO plain (tx, stream, version, type, body, at, correlation, causation) SELECT pg_current_xact_id()::text::bigint, * " +
            "FROM unnest($1::text[], $2::bigint[], $3::text[], $4::bytea[], $5::bigint[], $6::uuid[], $7::uuid[])", connection);
        var id = Guid.CreateVersion7();
        Add(NpgsqlDbType.Text, Enumerable.Repeat(stream, rows).ToArray());
        Add(NpgsqlDbType.Bigint, Enumerable.Range(1, rows).Select(i => version + i).ToArray());
        Add(NpgsqlDbType.Text, Enumerable.Repeat("METER_READ", rows).ToArray());
        Add(NpgsqlDbType.Bytea, Enumerable.Repeat(Body, rows).ToArray());
        Add(NpgsqlDbType.Bigint, Enumerable.Repeat(1_800_000_000_000L, rows).ToArray());
        Add(NpgsqlDbType.Uuid, Enumerable.Repeat(id, rows).ToArray());
        Add(NpgsqlDbType.Uuid, Enumerable.Repeat(id, rows).ToArray());
        await insert.ExecuteNonQueryAsync();

        void Add(NpgsqlDbType type, object value) => insert.Parameters.AddWithValue(NpgsqlDbType.Array | type, value);
    }
}

/// <summary>A page of rows in one statement.</summary>
internal sealed class PostgresMeterList : MeterList
{
    protected override async ValueTask WriteAsync(IReadOnlyCollection<MeterRow> rows, ProjectionContext context)
    {
        await using var command = new NpgsqlCommand(
            "INSERT INTO meters SELECT * FROM unnest($1, $2, $3) ON CONFLICT (id) DO UPDATE SET units = meters.units + excluded.units, version = excluded.version",
            (NpgsqlConnection)context.Connection, (NpgsqlTransaction)context.Transaction);
        command.Parameters.AddWithValue(NpgsqlDbType.Array | NpgsqlDbType.Text, rows.Select(r => r.Id).ToArray());
        command.Parameters.AddWithValue(NpgsqlDbType.Array | NpgsqlDbType.Bigint, rows.Select(r => r.Units).ToArray());
        command.Parameters.AddWithValue(NpgsqlDbType.Array | NpgsqlDbType.Bigint, rows.Select(r => r.Version).ToArray());
        await command.ExecuteNonQueryAsync(context.CancellationToken);
    }
}
