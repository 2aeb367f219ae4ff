using System.Collections.Concurrent;
using Skald.Decisions;
using Skald.Messaging;
using Xunit;

namespace Skald.Tests;

[Event("TANK_BUILT", Topic = "tanks")]
public sealed record TankBuilt : IEvent;

[Event("TANK_FILLED", Topic = "tanks")]
public sealed record TankFilled(int Litres) : IEvent;

[Event("TANK_LOOKED_AT")]
public sealed record TankLookedAt : IEvent;

public sealed record Tank(int Litres);

public sealed class TankAggregate : Aggregate<Tank>
{
    protected override void Define(AggregateBuilder<Tank> aggregate) => aggregate
        .Begins<TankBuilt>(_ => new Tank(0))
        .On<TankFilled>((tank, e) => new Tank(tank.Litres + e.Litres))
        .On<TankLookedAt>((tank, _) => tank);
}

[Event("SILO_BUILT", Topic = "silos")]
public sealed record SiloBuilt : IEvent;

[Event("SILO_FILLED", Topic = "silos")]
public sealed record SiloFilled : IEvent;

public sealed record Silo(int Times);

public sealed class SiloAggregate : Aggregate<Silo>
{
    protected override void Define(AggregateBuilder<Silo> aggregate) => aggregate
        .Begins<SiloBuilt>(_ => new Silo(0))
        .On<SiloFilled>((silo, _) => new Silo(silo.Times + 1))
        .SnapshotEvery(10);
}

public sealed class TankFollower
{
    public static readonly ConcurrentQueue<string> Seen = new();
    public static readonly ConcurrentQueue<string?> Flows = new();
    private static int _failures;

    public static void FailOnce() => _failures = 1;

    public void Handle(TankBuilt @event, MessageContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        Flows.Enqueue(context.Flow);
        Seen.Enqueue("built");
    }

    public void Handle(TankFilled @event, MessageContext context)
    {
        ArgumentNullException.ThrowIfNull(@event);
        if (@event.Litres == 3 && Interlocked.Exchange(ref _failures, 0) == 1)
        {
            throw new InvalidOperationException("the pump is stuck");
        }

        Seen.Enqueue($"{@event.Litres}");
    }
}

public sealed class Events_that_are_appended_and_published : IDisposable
{
    private readonly List<Ground> _grounds = [];

    [Theory]
    [InlineData(Backend.Memory)]
    [InlineData(Backend.Sqlite)]
    public async Task Reach_a_subscriber_in_the_order_of_their_stream(Backend backend)
    {
        TankFollower.Seen.Clear();
        await using var host = await StartAsync(backend, TankService, FollowerService);
        await AppendAsync(host["plant.tanks"], new TankBuilt());
        for (var i = 1; i <= 50; i++)
        {
            // What is not public leaves no gap for those who follow.
            await AppendAsync(host["plant.tanks"], new TankLookedAt(), new TankFilled(i), new TankLookedAt());
        }

        await Eventually.HoldsAsync("all came", () => Task.FromResult(TankFollower.Seen.Count >= 51), host.Time, TimeSpan.FromMilliseconds(50));
        Assert.Equal(["built", .. Enumerable.Range(1, 50).Select(i => $"{i}")], TankFollower.Seen);
    }

    [Fact]
    public async Task Travel_in_a_flow_of_their_aggregates_id_so_that_a_subscriber_knows_whose_they_are()
    {
        TankFollower.Flows.Clear();
        await using var host = await StartAsync(Backend.Sqlite, TankService, FollowerService);
        await AppendAsync(host["plant.tanks"], new TankBuilt());
        await Eventually.HoldsAsync("it came", () => Task.FromResult(!TankFollower.Flows.IsEmpty), host.Time, TimeSpan.FromMilliseconds(50));
        Assert.Equal(["t"], TankFollower.Flows);
    }

    [Theory]
    [InlineData(Backend.Memory)]
    [InlineData(Backend.Sqlite)]
    public async Task Wait_for_the_one_before_them_and_are_handled_once(Backend backend)
    {
        TankFollower.Seen.Clear();
        await using var host = await StartAsync(backend, FollowerService);
        await using var wire = await Wire.StartAsync(host["plant.follower"], "plant.nobody");
        await wire.SendAsync(Fill(5, after: 3));
        await wire.SendAsync(Fill(3, after: 1));
        await Eventually.HoldsAsync("both wait", async () => (await host["plant.follower"].Operations.DelayedAsync(10)).Count == 2);
        Assert.Empty(TankFollower.Seen);
        await wire.SendAsync(Fill(1, after: 0), Fill(1, after: 0));
        await Eventually.HoldsAsync("all came", () => Task.FromResult(TankFollower.Seen.Count >= 3), host.Time, TimeSpan.FromMilliseconds(100));
        await wire.SendAsync(Fill(3, after: 1), Fill(7, after: 5));
        await Eventually.HoldsAsync("the last came", () => Task.FromResult(TankFollower.Seen.Count >= 4), host.Time, TimeSpan.FromMilliseconds(100));
        Assert.Equal(["1", "3", "5", "7"], TankFollower.Seen);
    }

    [Fact]
    public async Task Name_the_one_before_them_although_their_stream_was_loaded_from_a_snapshot()
    {
        (string, Action<SkaldBuilder>) silos = ("plant.silos", s => s.AddAggregate<SiloAggregate>().Publishes<SiloBuilt>().Publishes<SiloFilled>());
        var places = new List<StreamPlace?>();
        await using (var host = await StartAsync(Backend.Sqlite, silos))
        {
            await host["plant.silos"].Engine.Transport.SubscribeAsync("plant.silos", "plant.listener.events", CancellationToken.None);
            await using var wire = await Wire.StartAsync(host["plant.silos"], "plant.listener.events");
            await AppendAsync<Silo>(host["plant.silos"], [new SiloBuilt(), .. Enumerable.Repeat(new SiloFilled(), 9)]);
            for (var i = 1; i <= 10; i++)
            {
                places.Add((await wire.NextAsync()).Envelope!.Place);
            }
        }

        // A process that remembers nothing of the stream.
        await using (var host = await Host.StartAsync(_grounds[^1], silos))
        {
            await using var wire = await Wire.StartAsync(host["plant.silos"], "plant.listener.events");
            await AppendAsync<Silo>(host["plant.silos"], new SiloFilled());
            places.Add((await wire.NextAsync()).Envelope!.Place);
        }

        Assert.Equal([.. Enumerable.Range(1, 11).Select(i => new StreamPlace("silo/t", i, i - 1))], places.OrderBy(p => p?.Version).ToList());
    }

    [Fact]
    public async Task Lose_no_attempt_by_waiting_for_the_one_before_them()
    {
        TankFollower.Seen.Clear();
        await using var host = await StartAsync(Backend.Sqlite, FollowerService);
        var store = host["plant.follower"].Operations;
        await using var wire = await Wire.StartAsync(host["plant.follower"], "plant.nobody");
        await wire.SendAsync(Fill(3, after: 1));
        await Eventually.HoldsAsync(
            "it has waited often", async () => await store.DelayedAsync(10) is [{ Waits: > 10, Attempts: 0 }], host.Time, TimeSpan.FromMilliseconds(200));
        TankFollower.FailOnce();
        await wire.SendAsync(Fill(1, after: 0));
        await Eventually.HoldsAsync("both came", () => Task.FromResult(TankFollower.Seen.Count >= 2), host.Time, TimeSpan.FromMilliseconds(100));
        Assert.Equal(["1", "3"], TankFollower.Seen);
        Assert.Empty(await store.DeadLettersAsync(0, 10));
    }

    [Fact]
    public async Task Are_set_aside_with_the_reason_when_the_one_before_them_never_comes()
    {
        TankFollower.Seen.Clear();
        await using var host = await StartAsync(Backend.Sqlite, FollowerService);
        await using var wire = await Wire.StartAsync(host["plant.follower"], "plant.nobody");
        await wire.SendAsync(Fill(5, after: 3));
        await Eventually.HoldsAsync(
            "it is a dead letter", async () => (await host["plant.follower"].Operations.DeadLettersAsync(0, 10)).Count == 1, host.Time, TimeSpan.FromSeconds(15));
        var letter = Assert.Single(await host["plant.follower"].Operations.DeadLettersAsync(0, 10));
        Assert.Equal("version 5 of 'tank/t' waits for version 3; the last that came is 0", letter.Reason);
        Assert.Empty(TankFollower.Seen);
    }

    public void Dispose() => _grounds.ForEach(g => g.Dispose());

    private static (string, Action<SkaldBuilder>) TankService => ("plant.tanks", s => s.AddAggregate<TankAggregate>().Publishes<TankBuilt>().Publishes<TankFilled>());

    private static (string, Action<SkaldBuilder>) FollowerService => ("plant.follower", s => s.AddHandlers<TankFollower>());

    private Task<Host> StartAsync(Backend backend, params (string, Action<SkaldBuilder>)[] services)
    {
        _grounds.Add(new Ground(backend));
        return Host.StartAsync(_grounds[^1], services);
    }

    private static Task<long> AppendAsync(SkaldService service, params IEvent[] events) => AppendAsync<Tank>(service, events);

    private static Task<long> AppendAsync<TState>(SkaldService service, params IEvent[] events) where TState : class => service.ExecuteAsync(async context =>
        context.Append(await context.LoadAsync<TState>("t"), events).Version);

    private static (Envelope, object) Fill(int version, int after) => (
        new Envelope
        {
            Id = MessageIds.Published(MessageIds.Stream("plant.tanks", "tank/t"), version),
            Type = "TANK_FILLED",
            Kind = MessageKind.Event,
            Source = "plant.tanks",
            Destination = "plant.tanks",
            Published = true,
            Place = new StreamPlace("tank/t", version, after),
            Time = DateTimeOffset.UnixEpoch,
        },
        new TankFilled(version));
}
