using System.Text.Json;
using Skald.Decisions;
using Skald.Storage;

namespace Skald.Sqlite;

/// <summary>Reads rows off statements of <see cref="StoreSql"/>.</summary>
internal static class StoreRows
{
    public static List<SagaRow> Sagas(Statement row) => Read(row, Saga);

    public static List<FlowRow> Flows(Statement row) => Read(row, Flow);

    public static byte[] Secret(Statement row) => Read(row, r => r.Bytes(0).ToArray()).Single();

    public static List<LedgerRow> Ledger(Statement row) => Read(row, LedgerRow);

    public static List<RequestRow> Requests(Statement row) => Read(row, Request);

    public static SagaRow Saga(Statement r) => new()
    {
        Id = r.Id(0),
        Definition = r.Text(1),
        PlanVersion = (int)r.Int(2),
        Version = r.Int(3),
        Status = (SagaStatus)r.Int(4),
        State = r.Bytes(5),
        Steps = r.Text(6),
        FailedStep = r.TextOrNull(7),
        FailureType = r.TextOrNull(8),
        FailureMessage = r.TextOrNull(9),
        ParkReason = r.TextOrNull(10),
        WakeAt = r.IntOrNull(11),
        StartedAt = r.Int(12),
        UpdatedAt = r.Int(13),
        EndedAt = r.IntOrNull(14),
        BusinessKey = r.TextOrNull(15),
        TraceParent = r.TextOrNull(16),
        Incarnation = r.IntOrNull(17),
        Hold = r.TextOrNull(18),
    };

    public static FlowRow Flow(Statement r) => new()
    {
        Id = r.Id(0),
        Definition = r.Text(1),
        Flow = r.Text(2),
        Version = r.Int(3),
        Status = (FlowStatus)r.Int(4),
        Seen = r.Bytes(5),
        Reason = r.TextOrNull(6),
        WakeAt = r.IntOrNull(7),
        StartedAt = r.Int(8),
        UpdatedAt = r.Int(9),
        EndedAt = r.IntOrNull(10),
    };

    public static LedgerRow LedgerRow(Statement r) => new(
        r.Id(0), r.Text(1), r.Id(2), r.Int(3) != 0, (int)r.Int(4), r.Text(5), (LedgerOutcome)r.Int(6), r.TextOrNull(7), r.Bytes(8), r.Int(9));

    public static RequestRow Request(Statement r) => new(r.Text(0), r.Text(1), r.Bytes(2), r.Int(3));

    public static List<JournalRow> Journal(Statement row) => Read(row, static r => new JournalRow(
        r.Id(0), r.Int(1), DateTimeOffset.UnixEpoch.AddTicks(r.Int(2)), r.Text(3), r.Text(4) is { Length: > 0 } actor ? actor : null, r.TextOrNull(5)));

    public static List<OutboxRow> Outbox(Statement row) => Read(row, static r => new OutboxRow(r.Id(0), r.Bytes(1), r.Bytes(2), r.Int(3)));

    public static List<DelayedRow> Delayed(Statement row) => Read(row, static r => new DelayedRow(
        r.Id(0), r.Bytes(1), r.Bytes(2), (int)r.Int(3), (int)r.Int(4), r.Int(5), r.Text(6), r.TextOrNull(7), r.Int(8)) { Plan = r.TextOrNull(9), Saga = r.IsNull(10) ? null : r.Id(10) });

    public static List<DeadLetterRow> DeadLetters(Statement row) => Read(row, static r => new DeadLetterRow(
        r.Int(0), r.Bytes(1), r.Bytes(2), r.Text(3), (int)r.Int(4), r.Int(5)) { Saga = r.IsNull(6) ? null : r.Id(6) });

    public static List<RemovedRow> Removed(Statement row) => Read(row, static r => new RemovedRow(r.Id(0), r.Text(1), r.TextOrNull(2), (int)r.Int(3), r.Int(4), r.Int(5), r.Int(6)));

    public static List<SagaOutlineRow> SagaOutlines(Statement row) => Read(row, static r => new SagaOutlineRow(r.Id(0), r.Text(1), (int)r.Int(2), r.Int(3), (SagaStatus)r.Int(4), r.Text(5)));

    public static JobRow Job(Statement r) => new()
    {
        Id = r.Id(0), Version = r.Int(1), Act = r.Text(2), Query = r.Text(3), Actor = r.TextOrNull(4), Reason = r.TextOrNull(5), Rate = r.Real(6), State = (JobState)r.Int(7),
        Cursor = r.TextOrNull(8), Matched = r.Int(9), Done = r.Int(10), Refused = r.Int(11), Failed = r.Int(12), CreatedAt = r.Int(13), EndedAt = r.IntOrNull(14),
    };

    public static List<JobRow> Jobs(Statement row) => Read(row, Job);

    public static List<JobItemRow> JobItems(Statement row) => Read(row, static r => new JobItemRow(r.Id(0), r.Int(1), r.Id(2), (JobItemOutcome)r.Int(3), r.TextOrNull(4), r.Int(5)));

    public static List<AuditRow> Audit(Statement row) => Read(row, static r => new AuditRow(
        r.Int(0), r.Int(1), r.TextOrNull(2), r.Text(3), r.Text(4), r.Text(5), r.TextOrNull(6), r.TextOrNull(7), r.TextOrNull(8), r.Text(9)));

    public static List<InstanceRow> Instances(Statement row) => Read(row, static r => new InstanceRow(r.Int(0), !r.IsNull(3))
    {
        Name = r.TextOrNull(1), Since = r.IntOrNull(2) * 1000, GoneAt = r.IntOrNull(3) * 1000,
        Plans = r.TextOrNull(4) is { } plans ? JsonSerializer.Deserialize(plans, PlansJson.Default.StringArray) : null,
    });

    public static List<string> Texts(Statement row) => Read(row, static r => r.Text(0));

    public static List<(string Failure, string? Step, string? Type)> Failures(Statement row) => Read(row, static r => (r.Text(0), r.TextOrNull(1), r.TextOrNull(2)));

    public static List<StoredEvent> Events(Statement row) => Read(row, static r => new StoredEvent(
        new EventPosition(0, r.Int(0)),
        new EventRow(r.Text(1), r.Int(2), r.Text(3), r.Bytes(4), r.Int(5), r.IsNull(6) ? null : r.Id(6), r.IsNull(7) ? null : r.Id(7), r.TextOrNull(8))));

    public static List<SnapshotRow> Snapshots(Statement row) => Read(row, static r => new SnapshotRow(r.Text(0), r.Int(1), r.Text(2), r.Bytes(3)));

    public static List<Orphan> Orphans(Statement row) => Read(row, r => new Orphan(r.Id(0), r.Int(1)));

    public static List<Stranger> Strangers(Statement row) => Read(row, static r => new Stranger(r.Id(0), r.Text(1)));

    public static List<long> Numbers(Statement row) => Read(row, r => r.Int(0));

    public static List<Guid> Ids(Statement row) => Read(row, static r => r.Id(0));

    private static List<T> Read<T>(Statement row, Func<Statement, T> read)
    {
        var rows = new List<T>();
        Into(row, read, rows, static (list, item) => list.Add(item));
        return rows;
    }

    /// <summary>Reads rows straight to where they belong.</summary>
    public static void Into<TRow, TTarget>(Statement row, Func<Statement, TRow> read, TTarget target, Action<TTarget, TRow> keep)
    {
        try
        {
            while (row.Read())
            {
                keep(target, read(row));
            }
        }
        catch
        {
            row.Abandon();
            throw;
        }
    }
}
