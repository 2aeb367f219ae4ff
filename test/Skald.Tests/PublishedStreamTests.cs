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

public sealed class TankFollower
{
    public static readonly ConcurrentQueue<string> Seen = new();
    public static readonly ConcurrentQueue<string?> Flows = new();

    public void Handle(TankBuilt @event, MessageContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        Flows.Enqueue(context.Flow);
        Seen.Enqueue("built");
    }

    public void Handle(TankFilled @event, MessageContext context)
    {
        ArgumentNullException.ThrowIfNull(@event);
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
        await Eventually.HoldsAsync("both wait", async () => (await host["plant.follower"].Store.DelayedAsync(10, CancellationToken.None)).Count == 2);
        Assert.Empty(TankFollower.Seen);
        await wire.SendAsync(Fill(1, after: 0), Fill(1, after: 0));
        await Eventually.HoldsAsync("all came", () => Task.FromResult(TankFollower.Seen.Count >= 3), host.Time, TimeSpan.FromMilliseconds(100));
        await wire.SendAsync(Fill(3, after: 1), Fill(7, after: 5));
        await Eventually.HoldsAsync("the last came", () => Task.FromResult(TankFollower.Seen.Count >= 4), host.Time, TimeSpan.FromMilliseconds(100));
        Assert.Equal(["1", "3", "5", "7"], TankFollower.Seen);
    }

    [Fact]
    public async Task Are_set_aside_with_the_reason_when_the_one_before_them_never_comes()
    {
        TankFollower.Seen.Clear();
        await using var host = await StartAsync(Backend.Sqlite, FollowerService);
        await using var wire = await Wire.StartAsync(host["plant.follower"], "plant.nobody");
        await wire.SendAsync(Fill(5, after: 3));
        await Eventually.HoldsAsync(
            "it is a dead letter", async () => (await host["plant.follower"].Store.DeadLettersAsync(10, CancellationToken.None)).Count == 1, host.Time, TimeSpan.FromSeconds(15));
        var letter = Assert.Single(await host["plant.follower"].Store.DeadLettersAsync(10, CancellationToken.None));
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

    private static Task<long> AppendAsync(SkaldService service, params IEvent[] events) => service.ExecuteAsync(async context =>
        context.Append(await context.LoadAsync<Tank>("t"), events).Version);

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
