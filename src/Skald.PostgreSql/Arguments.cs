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

    /// <summary>PostgreSQL's text cannot hold the character of code 0.</summary>
    public static string? Text(string? value) => value is null || !value.Contains('\0', StringComparison.Ordinal) ? value : value.Replace('\0', '\uFFFD');
}
