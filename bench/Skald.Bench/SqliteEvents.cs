using System.Diagnostics;
using Microsoft.Data.Sqlite;

namespace Skald.Bench;

/// <summary>Events on SQLite, and plain INSERT through a prepared command.</summary>
internal static class SqliteEvents
{
    private static readonly byte[] Body = """{"units":17,"reader":"reader 17"}"""u8.ToArray();

    public static EventGround Ground(string folder) => new(
        "SQLite, synchronous=FULL",
        s => s.UseSqlite(Path.Combine(folder, "meters.db")),
        s => s.AddProjection<SqliteMeterList>(p => p.UseSqlite(Path.Combine(folder, "rows.db"))),
        (writers, rows, duration) => Task.FromResult(Plain(Path.Combine(folder, "plain.db"), writers, rows, duration)));

    /// <summary>SQLite has one writer at a time: several take turns, each with a commit of its own.</summary>
    private static double Plain(string file, int writers, int rows, TimeSpan duration)
    {
        using var connection = new SqliteConnection($"Data Source={file};Pooling=False");
        connection.Open();
        Execute(connection, "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA cache_size = -32768");
        Execute(connection, "CREATE TABLE IF NOT EXISTS events (position INTEGER PRIMARY KEY, stream TEXT NOT NULL, version INTEGER NOT NULL, type TEXT NOT NULL, " +
            "body BLOB NOT NULL, at INTEGER NOT NULL, correlation BLOB, causation BLOB, actor TEXT, UNIQUE (stream, version))");
        using var insert = connection.CreateCommand();
        insert.CommandText = "INSERT INTO events (stream, version, type, body, at, correlation, causation) VALUES ($0, $1, $2, $3, $4, $5, $6)";
        object[] values = ["", 0L, "METER_READ", Body, 1_800_000_000_000L, Guid.CreateVersion7().ToByteArray(), Guid.CreateVersion7().ToByteArray()];
        for (var i = 0; i < values.Length; i++)
        {
            insert.Parameters.AddWithValue($"${i}", values[i]);
        }

        var run = Guid.CreateVersion7().ToString("N")[^8..];
        var versions = new long[writers];
        var watch = Stopwatch.StartNew();
        for (var turn = 0; watch.Elapsed < duration; turn++)
        {
            var writer = turn % writers;
            using var transaction = connection.BeginTransaction(deferred: false);
            insert.Transaction = transaction;
            insert.Parameters[0].Value = $"meter/{run}{writer}";
            for (var i = 0; i < rows; i++)
            {
                insert.Parameters[1].Value = ++versions[writer];
                insert.ExecuteNonQuery();
            }

            transaction.Commit();
        }

        return versions.Sum() / watch.Elapsed.TotalSeconds;
    }

    private static void Execute(SqliteConnection connection, string sql)
    {
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        command.ExecuteNonQuery();
    }
}
