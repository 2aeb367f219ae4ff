using System.Text;
using Npgsql;
using NpgsqlTypes;

namespace Skald.PostgreSql;

/// <summary>Adds statements to a batch: positional parameters, or one array per column made from rows.</summary>
internal static class Arguments
{
    public static NpgsqlBatchCommand Add(this NpgsqlBatch batch, string sql)
    {
        var command = new NpgsqlBatchCommand(sql);
        batch.BatchCommands.Add(command);
        return command;
    }

    public static NpgsqlBatchCommand With<T>(this NpgsqlBatchCommand command, T value)
    {
        command.Parameters.Add(new NpgsqlParameter<T> { TypedValue = value });
        return command;
    }

    public static NpgsqlBatchCommand Column<TRow, T>(this NpgsqlBatchCommand command, List<TRow> rows, Func<TRow, T> value)
    {
        var column = new T[rows.Count];
        for (var i = 0; i < column.Length; i++)
        {
            column[i] = value(rows[i]);
        }

        return command.With(column);
    }

    public static NpgsqlBatchCommand Texts<TRow>(this NpgsqlBatchCommand command, List<TRow> rows, Func<TRow, string?> value)
    {
        var column = new string?[rows.Count];
        for (var i = 0; i < column.Length; i++)
        {
            column[i] = Text(value(rows[i]));
        }

        return command.With(column);
    }

    public static NpgsqlBatchCommand Bytes<TRow>(this NpgsqlBatchCommand command, List<TRow> rows, Func<TRow, ReadOnlyMemory<byte>> value)
    {
        var column = new ReadOnlyMemory<byte>[rows.Count];
        for (var i = 0; i < column.Length; i++)
        {
            column[i] = value(rows[i]);
        }

        command.Parameters.Add(new NpgsqlParameter<ReadOnlyMemory<byte>[]> { TypedValue = column, NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Bytea });
        return command;
    }

    /// <summary>PostgreSQL's text holds neither the character of code 0 nor half a surrogate pair: each becomes U+FFFD, as on SQLite.</summary>
    public static string? Text(string? value) => value is null || IsStorable(value) ? value : Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(value.Replace('\0', '\uFFFD')));

    private static bool IsStorable(string value)
    {
        var rest = value.AsSpan();
        while (rest.IndexOfAnyInRange('\uD800', '\uDFFF') is var at and >= 0)
        {
            if (at + 1 == rest.Length || !char.IsSurrogatePair(rest[at], rest[at + 1]))
            {
                return false;
            }

            rest = rest[(at + 2)..];
        }

        return !value.Contains('\0', StringComparison.Ordinal);
    }
}
