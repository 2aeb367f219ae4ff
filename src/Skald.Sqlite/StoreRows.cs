using Skald.Decisions;
using Skald.Messaging;
using Skald.Storage;

namespace Skald.Sqlite;

/// <summary>Reads rows off statements of <see cref="StoreSql"/>.</summary>
internal static class StoreRows
{
    public static List<SagaRow> Sagas(Statement row) => Read(row, static r => new SagaRow(
        r.Id(0), r.Text(1), r.Int(2), (SagaStatus)r.Int(3), r.Bytes(4), r.Text(5), r.TextOrNull(6), r.TextOrNull(7), r.TextOrNull(8),
        r.TextOrNull(9), r.IntOrNull(10), r.Int(11), r.Int(12)));

    public static List<LedgerRow> Ledger(Statement row) => Read(row, static r => new LedgerRow(
        r.Id(0), r.Text(1), r.Int(2) != 0, (int)r.Int(3), r.Text(4), (LedgerOutcome)r.Int(5), r.TextOrNull(6), r.Bytes(7), r.Int(8)));

    public static List<StartRow> Starts(Statement row) => Read(row, static r => new StartRow(r.Text(0), r.Text(1), r.Id(2), r.Bytes(3)));

    public static List<JournalRow> Journal(Statement row) => Read(row, static r => new JournalRow(
        r.Id(0), r.Int(1), DateTimeOffset.UnixEpoch.AddTicks(r.Int(2)), JournalCodec.Decode(r.Text(3))));

    public static List<DelayedRow> Delayed(Statement row) => Read(row, static r => new DelayedRow(
        EnvelopeCodec.Decode(r.Bytes(0)), r.Bytes(1), (int)r.Int(2), r.Int(3), r.Text(4)));

    public static List<DeadLetterRow> DeadLetters(Statement row) => Read(row, static r => new DeadLetterRow(
        r.Int(0), r.IsNull(1) ? null : EnvelopeCodec.Decode(r.Bytes(1)), r.Bytes(2), r.Text(3), (int)r.Int(4), r.Int(5)));

    public static List<StoredEvent> Events(Statement row) => Read(row, static r => new StoredEvent(
        new EventPosition(0, r.Int(0)),
        new EventRow(r.Text(1), r.Int(2), r.Text(3), r.Bytes(4), r.Int(5), r.IsNull(6) ? null : r.Id(6), r.IsNull(7) ? null : r.Id(7), r.TextOrNull(8))));

    public static List<SnapshotRow> Snapshots(Statement row) => Read(row, static r => new SnapshotRow(r.Text(0), r.Int(1), r.Text(2), r.Bytes(3)));

    private static List<T> Read<T>(Statement row, Func<Statement, T> read)
    {
        var rows = new List<T>();
        while (row.Read())
        {
            rows.Add(read(row));
        }

        return rows;
    }
}
