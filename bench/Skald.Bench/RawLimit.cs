using System.Diagnostics;
using Microsoft.Data.Sqlite;

namespace Skald.Bench;

/// <summary>
/// What SQLite itself takes on this machine: one thread, one file, <c>synchronous=FULL</c>, a hundred of a kind per
/// commit, rows of the size that the workload writes. A transition reads a saga's row, updates it and appends a journal
/// row; a participant's handling looks its ledger row up and inserts it. A saga is five of the one and four of the other.
/// </summary>
/// <param name="TransitionsPerSecond">Transitions alone.</param>
/// <param name="SagasPerSecond">All rows of a saga.</param>
public sealed record SqliteLimit(double TransitionsPerSecond, double SagasPerSecond);

/// <summary>Measures <see cref="SqliteLimit"/> through prepared ADO.NET commands.</summary>
public static class RawLimit
{
    private const int Rows = 20000;
    private const int Batch = 100;

    public static SqliteLimit Measure(int transitions)
    {
        var folder = Directory.CreateTempSubdirectory("skald-limit-").FullName;
        try
        {
            using var connection = new SqliteConnection($"Data Source={Path.Combine(folder, "limit.db")};Pooling=False");
            connection.Open();
            Execute(connection, "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA cache_size = -32768");
            Execute(connection, "CREATE TABLE sagas (id BLOB PRIMARY KEY, version INTEGER, status INTEGER, state BLOB, steps TEXT, updated_at INTEGER) WITHOUT ROWID");
            Execute(connection, "CREATE TABLE journal (saga BLOB, at INTEGER, entries TEXT, PRIMARY KEY (saga, at)) WITHOUT ROWID");
            Execute(connection, "CREATE TABLE ledger (scope BLOB, step TEXT, message TEXT, reply_type TEXT, reply BLOB, PRIMARY KEY (scope, step)) WITHOUT ROWID");
            var ids = Fill(connection);
            Run(connection, ids, 2000, 1);
            var watch = Stopwatch.StartNew();
            Run(connection, ids, transitions, 2);
            var transition = watch.Elapsed.TotalSeconds / transitions;
            var handlings = transitions * 4 / 5;
            watch.Restart();
            RunLedger(connection, ids, handlings);
            var handling = watch.Elapsed.TotalSeconds / handlings;
            return new SqliteLimit(1 / transition, 1 / ((5 * transition) + (4 * handling)));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static byte[][] Fill(SqliteConnection connection)
    {
        var ids = new byte[Rows][];
        using var transaction = connection.BeginTransaction();
        using var insert = Command(connection, "INSERT INTO sagas VALUES ($id, 1, 0, $state, $steps, 0)", "$id", "$state", "$steps");
        insert.Transaction = transaction;
        for (var i = 0; i < Rows; i++)
        {
            ids[i] = Guid.CreateVersion7().ToByteArray(bigEndian: true);
            Set(insert, ids[i], new byte[110], new string('s', 60));
            insert.ExecuteNonQuery();
        }

        transaction.Commit();
        return ids;
    }

    private static void Run(SqliteConnection connection, byte[][] ids, int transitions, int round)
    {
        using var select = Command(connection, "SELECT version, status, state, steps FROM sagas WHERE id = $id", "$id");
        using var update = Command(
            connection, "UPDATE sagas SET version = version + 1, state = $state, steps = $steps, updated_at = $at WHERE id = $id", "$id", "$state", "$steps", "$at");
        using var journal = Command(connection, "INSERT INTO journal VALUES ($id, $at, $entries)", "$id", "$at", "$entries");
        var state = new byte[110];
        var steps = new string('s', 90);
        var entries = new string('e', 40);
        for (var done = 0; done < transitions; done += Batch)
        {
            using var transaction = connection.BeginTransaction(deferred: false);
            select.Transaction = update.Transaction = journal.Transaction = transaction;
            for (var i = done; i < done + Batch; i++)
            {
                var id = ids[i % Rows];
                Set(select, id);
                using (var reader = select.ExecuteReader())
                {
                    reader.Read();
                    _ = (reader.GetInt64(0), reader.GetInt64(1), (byte[])reader.GetValue(2), reader.GetString(3));
                }

                Set(update, id, state, steps, (long)i);
                update.ExecuteNonQuery();
                Set(journal, id, ((long)round << 40) | (long)i, entries);
                journal.ExecuteNonQuery();
            }

            transaction.Commit();
        }
    }

    private static void RunLedger(SqliteConnection connection, byte[][] ids, int handlings)
    {
        using var select = Command(connection, "SELECT message, reply_type, reply FROM ledger WHERE scope = $id AND step = $step", "$id", "$step");
        using var insert = Command(
            connection, "INSERT INTO ledger VALUES ($id, $step, $message, $type, $reply)", "$id", "$step", "$message", "$type", "$reply");
        var reply = new byte[20];
        for (var done = 0; done < handlings; done += Batch)
        {
            using var transaction = connection.BeginTransaction(deferred: false);
            select.Transaction = insert.Transaction = transaction;
            for (var i = done; i < done + Batch; i++)
            {
                var id = ids[i % Rows];
                var step = $"step {i / Rows}";
                Set(select, id, step);
                using (var reader = select.ExecuteReader())
                {
                    reader.Read();
                }

                Set(insert, id, step, "restaurant.create_ticket", "restaurant.create_ticket.response.success", reply);
                insert.ExecuteNonQuery();
            }

            transaction.Commit();
        }
    }

    private static SqliteCommand Command(SqliteConnection connection, string sql, params string[] parameters)
    {
        var command = connection.CreateCommand();
        command.CommandText = sql;
        foreach (var name in parameters)
        {
            command.Parameters.Add(new SqliteParameter(name, DBNull.Value));
        }

        return command;
    }

    private static void Set(SqliteCommand command, params object[] values)
    {
        for (var i = 0; i < values.Length; i++)
        {
            command.Parameters[i].Value = values[i];
        }
    }

    private static void Execute(SqliteConnection connection, string sql)
    {
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        command.ExecuteNonQuery();
    }
}
