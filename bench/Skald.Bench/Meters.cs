using System.Text.Json.Serialization;

namespace Skald.Bench;

// The event store's workload: small events, a state that is folded and kept as a snapshot, a row per stream.

[Event("METER_INSTALLED")]
public sealed record MeterInstalled(string Place) : IEvent;

[Event("METER_READ")]
public sealed record MeterRead(int Units, string Reader) : IEvent;

public sealed record Meter(string Place, long Units);

[JsonSerializable(typeof(MeterInstalled))]
[JsonSerializable(typeof(MeterRead))]
[JsonSerializable(typeof(Meter))]
[JsonSourceGenerationOptions(System.Text.Json.JsonSerializerDefaults.Web)]
public sealed partial class MeterJson : JsonSerializerContext;

public sealed class MeterAggregate : Aggregate<Meter>
{
    protected override void Define(AggregateBuilder<Meter> aggregate) => aggregate
        .Begins<MeterInstalled>(e => new Meter(e.Place, 0))
        .On<MeterRead>((meter, e) => meter with { Units = meter.Units + e.Units })
        .SnapshotEvery(100);
}

/// <summary>A row per meter. How a page of them is written is the database's.</summary>
public abstract class MeterList : Projection
{
    public override string Name => "meter_list";

    public override IReadOnlyList<string> Schema =>
        ["CREATE TABLE IF NOT EXISTS meters (id text PRIMARY KEY, units bigint NOT NULL, version bigint NOT NULL)"];

    public override ValueTask ApplyAsync(IReadOnlyList<RecordedEvent> events, ProjectionContext context)
    {
        var rows = new Dictionary<string, MeterRow>();
        foreach (var recorded in events)
        {
            var units = recorded.Event is MeterRead read ? read.Units : 0;
            rows[recorded.Id] = new MeterRow(recorded.Id, rows.GetValueOrDefault(recorded.Id).Units + units, recorded.Version);
        }

        return WriteAsync(rows.Values, context);
    }

    protected abstract ValueTask WriteAsync(IReadOnlyCollection<MeterRow> rows, ProjectionContext context);

    protected readonly record struct MeterRow(string Id, long Units, long Version);
}

public sealed class SqliteMeterList : MeterList
{
    protected override async ValueTask WriteAsync(IReadOnlyCollection<MeterRow> rows, ProjectionContext context)
    {
        await using var command = context.Connection.CreateCommand();
        command.Transaction = context.Transaction;
        command.CommandText = "INSERT INTO meters VALUES ($id, $units, $version) " +
            "ON CONFLICT (id) DO UPDATE SET units = meters.units + excluded.units, version = excluded.version";
        foreach (var name in (string[])["$id", "$units", "$version"])
        {
            var parameter = command.CreateParameter();
            parameter.ParameterName = name;
            command.Parameters.Add(parameter);
        }

        foreach (var row in rows)
        {
            (command.Parameters[0].Value, command.Parameters[1].Value, command.Parameters[2].Value) = (row.Id, row.Units, row.Version);
            command.ExecuteNonQuery();
        }
    }
}
