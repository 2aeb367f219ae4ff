using Npgsql;
using Skald.Decisions;
using Skald.Storage;

namespace Skald.PostgreSql;

/// <summary>Reads rows of the statements of <see cref="StoreSql"/>.</summary>
internal static class StoreRows
{
    public static SagaRow Saga(NpgsqlDataReader row) => new()
    {
        Id = row.GetGuid(0),
        Definition = row.GetString(1),
        PlanVersion = row.GetInt32(2),
        Version = row.GetInt64(3),
        Status = (SagaStatus)row.GetInt16(4),
        State = Bytes(row, 5),
        Steps = row.GetString(6),
        FailedStep = TextOrNull(row, 7),
        FailureType = TextOrNull(row, 8),
        FailureMessage = TextOrNull(row, 9),
        ParkReason = TextOrNull(row, 10),
        WakeAt = NumberOrNull(row, 11),
        StartedAt = row.GetInt64(12),
        UpdatedAt = row.GetInt64(13),
        EndedAt = NumberOrNull(row, 14),
        BusinessKey = TextOrNull(row, 15),
        TraceParent = TextOrNull(row, 16),
        Incarnation = NumberOrNull(row, 17),
        Hold = TextOrNull(row, 18),
    };

    public static FlowRow Flow(NpgsqlDataReader row) => new()
    {
        Id = row.GetGuid(0),
        Definition = row.GetString(1),
        Flow = row.GetString(2),
        Version = row.GetInt64(3),
        Status = (FlowStatus)row.GetInt16(4),
        Seen = Bytes(row, 5),
        Reason = TextOrNull(row, 6),
        WakeAt = NumberOrNull(row, 7),
        StartedAt = row.GetInt64(8),
        UpdatedAt = row.GetInt64(9),
        EndedAt = NumberOrNull(row, 10),
    };

    public static LedgerRow Ledger(NpgsqlDataReader row) => new(
        row.GetGuid(0), row.GetString(1), row.GetGuid(2), row.GetBoolean(3), row.GetInt32(4), row.GetString(5), (LedgerOutcome)row.GetInt16(6), TextOrNull(row, 7), Bytes(row, 8), row.GetInt64(9));

    public static RequestRow Request(NpgsqlDataReader row) => new(row.GetString(0), row.GetString(1), Bytes(row, 2), row.GetInt64(3));

    public static PositionRow Position(NpgsqlDataReader row) => new(new PositionKey(row.GetString(0), row.GetString(1), row.GetString(2)), row.GetInt64(3));

    public static JournalRow Journal(NpgsqlDataReader row) => new(
        row.GetGuid(0), row.GetInt64(1), DateTimeOffset.UnixEpoch.AddTicks(row.GetInt64(2)), row.GetString(3), TextOrNull(row, 4), TextOrNull(row, 5));

    public static OutboxRow Outbox(NpgsqlDataReader row) => new(row.GetGuid(0), Bytes(row, 1), Bytes(row, 2), row.GetInt64(3));

    public static DelayedRow Delayed(NpgsqlDataReader row) => new(
        row.GetGuid(0), Bytes(row, 1), Bytes(row, 2), row.GetInt32(3), row.GetInt32(4), row.GetInt64(5), row.GetString(6), TextOrNull(row, 7), row.GetInt64(8)) { Plan = TextOrNull(row, 9), Saga = IdOrNull(row, 10) };

    public static DeadLetterRow DeadLetter(NpgsqlDataReader row) => new(
        row.GetInt64(0), Bytes(row, 1), Bytes(row, 2), row.GetString(3), row.GetInt32(4), row.GetInt64(5)) { Saga = IdOrNull(row, 6) };

    public static RemovedRow Removed(NpgsqlDataReader row) => new(
        row.GetGuid(0), row.GetString(1), TextOrNull(row, 2), row.GetInt16(3), row.GetInt64(4), row.GetInt64(5), row.GetInt64(6));

    public static SagaOutlineRow SagaOutline(NpgsqlDataReader row) => new(
        row.GetGuid(0), row.GetString(1), row.GetInt32(2), row.GetInt64(3), (SagaStatus)row.GetInt16(4), row.GetString(5));

    public static JobRow Job(NpgsqlDataReader row) => new()
    {
        Id = row.GetGuid(0), Version = row.GetInt64(1), Act = row.GetString(2), Query = row.GetString(3), Actor = TextOrNull(row, 4), Reason = TextOrNull(row, 5), Rate = row.GetDouble(6),
        State = (JobState)row.GetInt16(7), Cursor = TextOrNull(row, 8), Matched = row.GetInt64(9), Done = row.GetInt64(10), Refused = row.GetInt64(11), Failed = row.GetInt64(12),
        CreatedAt = row.GetInt64(13), EndedAt = NumberOrNull(row, 14),
    };

    public static JobItemRow JobItem(NpgsqlDataReader row) => new(
        row.GetGuid(0), row.GetInt64(1), row.GetGuid(2), (JobItemOutcome)row.GetInt16(3), TextOrNull(row, 4), row.GetInt64(5));

    public static AuditRow Audit(NpgsqlDataReader row) => new(
        row.GetInt64(0), row.GetInt64(1), TextOrNull(row, 2), row.GetString(3), row.GetString(4), row.GetString(5), TextOrNull(row, 6), TextOrNull(row, 7), TextOrNull(row, 8), row.GetString(9));

    public static FailureGroupRow FailureGroup(NpgsqlDataReader row) => new(
        row.GetString(0), row.GetInt16(1), TextOrNull(row, 2), TextOrNull(row, 3), row.GetInt64(4), row.GetInt64(5), row.GetGuid(6));

    public static DeadLetterGroupRow DeadLetterGroup(NpgsqlDataReader row) => new(row.GetString(0), row.GetInt64(1), row.GetInt64(2), row.GetInt64(3));

    public static InstanceRow Instance(NpgsqlDataReader row) => new(row.GetInt64(0), row.GetBoolean(5))
    {
        Name = TextOrNull(row, 1), Since = NumberOrNull(row, 2), GoneAt = NumberOrNull(row, 3), Plans = row.IsDBNull(4) ? null : row.GetFieldValue<string[]>(4),
    };

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

    private static long? NumberOrNull(NpgsqlDataReader row, int column) => row.IsDBNull(column) ? null : row.GetInt64(column);

    private static Guid? IdOrNull(NpgsqlDataReader row, int column) => row.IsDBNull(column) ? null : row.GetGuid(column);

    private static string? TextOrNull(NpgsqlDataReader row, int column) => row.IsDBNull(column) ? null : row.GetString(column);
}
