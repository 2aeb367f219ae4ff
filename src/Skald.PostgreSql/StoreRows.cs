using Npgsql;
using Skald.Decisions;
using Skald.Messaging;
using Skald.Storage;

namespace Skald.PostgreSql;

/// <summary>Reads rows of the statements of <see cref="StoreSql"/>.</summary>
internal static class StoreRows
{
    public static SagaRow Saga(NpgsqlDataReader row) => new(
        row.GetGuid(0), row.GetString(1), row.GetInt64(2), (SagaStatus)row.GetInt16(3), Bytes(row, 4), row.GetString(5), TextOrNull(row, 6), TextOrNull(row, 7),
        TextOrNull(row, 8), TextOrNull(row, 9), row.IsDBNull(10) ? null : row.GetInt64(10), row.GetInt64(11), row.GetInt64(12));

    public static LedgerRow Ledger(NpgsqlDataReader row) => new(
        row.GetGuid(0), row.GetString(1), row.GetBoolean(2), row.GetInt32(3), row.GetString(4), (LedgerOutcome)row.GetInt16(5), TextOrNull(row, 6), Bytes(row, 7), row.GetInt64(8));

    public static StartRow Start(NpgsqlDataReader row) => new(row.GetString(0), row.GetString(1), row.GetGuid(2), Bytes(row, 3));

    public static JournalRow Journal(NpgsqlDataReader row) => new(
        row.GetGuid(0), row.GetInt64(1), DateTimeOffset.UnixEpoch.AddTicks(row.GetInt64(2)), JournalCodec.Decode(row.GetString(3)));

    public static DelayedRow Delayed(NpgsqlDataReader row) => new(
        EnvelopeCodec.Decode(Bytes(row, 0)), Bytes(row, 1), row.GetInt32(2), row.GetInt64(3), row.GetString(4));

    public static OutgoingMessage Outgoing(NpgsqlDataReader row) => new(EnvelopeCodec.Decode(Bytes(row, 0)), Bytes(row, 1));

    public static DeadLetterRow DeadLetter(NpgsqlDataReader row) => new(
        row.GetInt64(0), row.IsDBNull(1) ? null : EnvelopeCodec.Decode(Bytes(row, 1)), Bytes(row, 2), row.GetString(3), row.GetInt32(4), row.GetInt64(5));

    public static StoredEvent Event(NpgsqlDataReader row) => new(
        new EventPosition(row.GetInt64(0), row.GetInt64(1)),
        new EventRow(
            row.GetString(2), row.GetInt64(3), row.GetString(4), Bytes(row, 5), row.GetInt64(6),
            row.IsDBNull(7) ? null : row.GetGuid(7), row.IsDBNull(8) ? null : row.GetGuid(8), TextOrNull(row, 9)));

    public static SnapshotRow Snapshot(NpgsqlDataReader row) => new(row.GetString(0), row.GetInt64(1), row.GetString(2), Bytes(row, 3));

    /// <summary>Reads the current result and goes on to the next.</summary>
    public static async ValueTask<List<T>> ReadAsync<T>(NpgsqlDataReader reader, Func<NpgsqlDataReader, T> read, CancellationToken cancellationToken)
    {
        var rows = new List<T>();
        while (await reader.ReadAsync(cancellationToken).ConfigureAwait(false))
        {
            rows.Add(read(reader));
        }

        await reader.NextResultAsync(cancellationToken).ConfigureAwait(false);
        return rows;
    }

    private static byte[] Bytes(NpgsqlDataReader row, int column) => row.GetFieldValue<byte[]>(column);

    private static string? TextOrNull(NpgsqlDataReader row, int column) => row.IsDBNull(column) ? null : row.GetString(column);
}
