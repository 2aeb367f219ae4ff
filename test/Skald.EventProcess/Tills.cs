using System.Data.Common;

namespace Skald.EventProcess;

// Each event carries its till and its number, so that a follower can tell a lost, repeated or early one by itself.

[Event("TILL_OPENED", Topic = "tills")]
public sealed record TillOpened(string Till, long Number) : IEvent;

[Event("TILL_TOOK", Topic = "tills")]
public sealed record TillTook(string Till, long Number, int Amount) : IEvent;

public sealed record Till(long Sum);

public sealed class TillAggregate : Aggregate<Till>
{
    protected override void Define(AggregateBuilder<Till> aggregate) => aggregate
        .Begins<TillOpened>(_ => new Till(0))
        .On<TillTook>((till, e) => new Till(till.Sum + e.Amount))
        .SnapshotEvery(50);
}

/// <summary>A row per till, which cannot hold less than nothing. Adding, not setting: an event that is applied twice shows.</summary>
public sealed class TillList : Projection
{
    public override string Name => "till_list";

    public override IReadOnlyList<string> Schema => ["CREATE TABLE IF NOT EXISTS tills (id text PRIMARY KEY, sum bigint NOT NULL CHECK (sum >= 0), events bigint NOT NULL)"];

    public override async ValueTask ApplyAsync(IReadOnlyList<RecordedEvent> events, ProjectionContext context)
    {
        ArgumentNullException.ThrowIfNull(events);
        ArgumentNullException.ThrowIfNull(context);
        foreach (var recorded in events)
        {
            await Sql.RunAsync(
                context.Transaction, "INSERT INTO tills VALUES (@a, @b, 1) ON CONFLICT (id) DO UPDATE SET sum = tills.sum + excluded.sum, events = tills.events + 1",
                recorded.Id, recorded.Event is TillTook took ? (long)took.Amount : 0);
        }
    }
}

/// <summary>Notes each event it is given, with the ledger's row, in one transaction.</summary>
public sealed class TillFollower
{
    public static IReadOnlyList<string> Schema => ["CREATE TABLE IF NOT EXISTS seen (place bigint PRIMARY KEY, till text NOT NULL, number bigint NOT NULL)"];

    public Task Handle(TillOpened @event, MessageContext context)
    {
        ArgumentNullException.ThrowIfNull(@event);
        return NoteAsync(@event.Till, @event.Number, context);
    }

    public Task Handle(TillTook @event, MessageContext context)
    {
        ArgumentNullException.ThrowIfNull(@event);
        return NoteAsync(@event.Till, @event.Number, context);
    }

    private static async Task NoteAsync(string till, long number, MessageContext context)
    {
        await Sql.RunAsync(context.Transaction, "INSERT INTO seen SELECT coalesce(max(place), 0) + 1, @a, @b FROM seen", till, number);
        Console.WriteLine("followed");
    }
}

internal static class Sql
{
    public static async Task RunAsync(DbTransaction transaction, string sql, string a, long b)
    {
        await using var command = transaction.Connection!.CreateCommand();
        command.Transaction = transaction;
        command.CommandText = sql;
        foreach (var (name, value) in new (string, object)[] { ("a", a), ("b", b) })
        {
            var parameter = command.CreateParameter();
            (parameter.ParameterName, parameter.Value) = (name, value);
            command.Parameters.Add(parameter);
        }

        await command.ExecuteNonQueryAsync();
    }
}
