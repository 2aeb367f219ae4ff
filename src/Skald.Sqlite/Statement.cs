using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace Skald.Sqlite;

/// <summary>
/// A prepared statement used for row after row. On the hot path the ADO.NET layer would cost more than SQLite itself, so
/// the engine's own statements speak to the library directly, over the same connection and transaction as everyone else.
/// </summary>
internal sealed class Statement : IDisposable
{
    private readonly sqlite3 _database;
    private readonly sqlite3_stmt _statement;
    private int _parameter;

    public Statement(SqliteConnection connection, string sql)
    {
        // The handle of an open connection is never null.
        _database = connection.Handle!;
        Check(raw.sqlite3_prepare_v2(_database, sql, out _statement));
    }

    public Statement Bind(long value)
    {
        Check(raw.sqlite3_bind_int64(_statement, ++_parameter, value));
        return this;
    }

    public Statement Bind(double value)
    {
        Check(raw.sqlite3_bind_double(_statement, ++_parameter, value));
        return this;
    }

    public Statement Bind(long? value) => value is { } known ? Bind(known) : BindNull();

    public Statement Bind(string? value)
    {
        if (value is null)
        {
            return BindNull();
        }

        Check(raw.sqlite3_bind_text(_statement, ++_parameter, value));
        return this;
    }

    public Statement Bind(ReadOnlySpan<byte> value)
    {
        // The library reads an empty span's null pointer as NULL.
        Check(value.IsEmpty
            ? raw.sqlite3_bind_zeroblob(_statement, ++_parameter, 0)
            : raw.sqlite3_bind_blob(_statement, ++_parameter, value));
        return this;
    }

    public Statement Bind(Guid? value) => value is { } known ? Bind(known) : BindNull();

    public Statement Bind(Guid value)
    {
        Span<byte> bytes = stackalloc byte[16];
        value.TryWriteBytes(bytes, bigEndian: true, out _);
        return Bind(bytes);
    }

    public Statement BindNull()
    {
        Check(raw.sqlite3_bind_null(_statement, ++_parameter));
        return this;
    }

    /// <summary>Runs a statement that returns no rows.</summary>
    /// <returns>How many rows it changed.</returns>
    public int Run()
    {
        var result = raw.sqlite3_step(_statement);
        Reset();
        if (result is not (raw.SQLITE_DONE or raw.SQLITE_ROW))
        {
            Check(result);
        }

        return raw.sqlite3_changes(_database);
    }

    /// <summary>Moves to the next row. When it returns false the statement is ready to be bound again.</summary>
    public bool Read()
    {
        var result = raw.sqlite3_step(_statement);
        if (result == raw.SQLITE_ROW)
        {
            return true;
        }

        Reset();
        if (result != raw.SQLITE_DONE)
        {
            Check(result);
        }

        return false;
    }

    /// <summary>The first column of the only row.</summary>
    public long Single()
    {
        var value = 0L;
        while (Read())
        {
            value = Int(0);
        }

        return value;
    }

    public long Int(int column) => raw.sqlite3_column_int64(_statement, column);

    public long? IntOrNull(int column) => IsNull(column) ? null : Int(column);

    public double Real(int column) => raw.sqlite3_column_double(_statement, column);

    public string Text(int column) => raw.sqlite3_column_text(_statement, column).utf8_to_string();

    public string? TextOrNull(int column) => IsNull(column) ? null : Text(column);

    public byte[] Bytes(int column) => raw.sqlite3_column_blob(_statement, column).ToArray();

    public Guid Id(int column) => new(raw.sqlite3_column_blob(_statement, column), bigEndian: true);

    public bool IsNull(int column) => raw.sqlite3_column_type(_statement, column) == raw.SQLITE_NULL;

    /// <summary>Ends before the last row: the statement is ready to be bound again.</summary>
    public void Abandon() => Reset();

    public void Dispose() => _statement.Dispose();

    private void Reset()
    {
        _parameter = 0;
        // It repeats the error of the last step, which is known.
        _ = raw.sqlite3_reset(_statement);
    }

    private void Check(int result)
    {
        if (result != raw.SQLITE_OK)
        {
            var error = new SqliteException(raw.sqlite3_errmsg(_database).utf8_to_string(), result, raw.sqlite3_extended_errcode(_database));
            Reset();
            throw error;
        }
    }
}
