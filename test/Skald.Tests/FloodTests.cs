using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Skald.Messaging;
using Xunit;

namespace Skald.Tests;

/// <summary>What strangers send in masses fills no log, and writes no lines of its own into it.</summary>
public sealed class A_flood_of_messages_that_nobody_can_handle
{
    private const int Flood = 500;

    // In an hour.
    private const int Kept = 10_000;

    // A name that no other test has: what is refused is counted for the whole process.
    private const string Flooded = "t.flooded";

    [Fact]
    public async Task Is_stored_and_counted_and_named_in_part()
    {
        using var log = new LogLines();
        using var ground = new Ground(Backend.Memory);
        await using var host = await StartAsync(ground, log, WireKeys.None);
        await using var wire = await Wire.StartAsync(host["t.seats"], "t.test.replies");
        await wire.SendAsync([.. Enumerable.Range(1, Flood).Select(n => (Hostile(n), (object)"{}"u8.ToArray()))]);
        await Eventually.HoldsAsync("all are dead letters", async () => (await host["t.seats"].Operations.DeadLettersAsync(limit: 1000)).Count == Flood);

        Assert.Equal(60, log.Lines.Count(line => line.Contains("is dead-lettered", StringComparison.Ordinal)));
        Assert.All(log.Lines, line => Assert.DoesNotContain(line, char.IsControl));
        Assert.Contains(log.Lines, line => line.Contains("\\u001B[2J", StringComparison.Ordinal));

        ground.Time.Advance(TimeSpan.FromMinutes(1));
        await wire.SendAsync(Hostile(Flood + 1), "{}"u8.ToArray());
        await Eventually.HoldsAsync("the rest is counted", () => Task.FromResult(log.Lines.Any(line => line.Contains($"{Flood - 60} more messages were dead-lettered", StringComparison.Ordinal))));
    }

    [Fact]
    public async Task Is_counted_and_kept_in_part_when_it_is_not_even_believed()
    {
        using var log = new LogLines();
        using var ground = new Ground(Backend.Memory);
        await using var host = await StartAsync(ground, log, WireKeys.Parse(Convert.ToBase64String(new byte[32])), Flooded);
        var seats = host[Flooded];
        using var refused = new MetricCount("skald.messages.refused", Flooded);
        for (var n = 0; n < Kept + Flood; n += Flood)
        {
            await seats.Engine.Transport.SendAsync([.. Enumerable.Range(n, Flood).Select(i => new OutgoingMessage(Hostile(i, Flooded), "{}"u8.ToArray()))], CancellationToken.None);
        }

        await Eventually.HoldsAsync("all are counted", () => Task.FromResult(refused.Value == Kept + Flood));
        Assert.Equal(Kept, (await seats.Operations.DeadLettersAsync(limit: 20_000)).Count);
        Assert.Contains(log.Lines, line => line.Contains("not kept as dead letters", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Is_kept_in_part_when_nobody_has_a_handler_for_it_and_whoever_waits_is_told_all_the_same()
    {
        using var log = new LogLines();
        using var ground = new Ground(Backend.Memory);
        await using var host = await StartAsync(ground, log, WireKeys.None);
        await using var wire = await Wire.StartAsync(host["t.seats"], "t.test.replies");
        for (var n = 0; n < Kept + Flood; n += Flood)
        {
            await wire.SendAsync([.. Enumerable.Range(n, Flood).Select(i => (Hostile(i) with { ReplyTo = "t.test.replies" }, (object)"{}"u8.ToArray()))]);
        }

        for (var n = 0; n < Kept + Flood; n++)
        {
            Assert.Equal(MessageKind.Refusal, (await wire.NextAsync()).Envelope!.Kind);
        }

        Assert.Equal(Kept, (await host["t.seats"].Operations.DeadLettersAsync(limit: 20_000)).Count);
        Assert.Contains(log.Lines, line => line.Contains("not kept as dead letters", StringComparison.Ordinal));
    }

    public sealed class Desk
    {
        public Reply<SeatReserved> Handle(ReserveSeat command, MessageContext context) => new SeatReserved(command.Trip);
    }

    [Command("flooded.open", To = "flooded")]
    public sealed record Open : ICommand<Done>;

    public sealed class Sluice
    {
        public Reply<Done> Handle(Open command, MessageContext context) => Done.Instance;
    }

    private static Task<Host> StartAsync(Ground ground, ILoggerFactory log, WireKeys keys, string service = "t.seats") => Host.StartAsync(ground, (service, b =>
    {
        b.Services.AddSingleton(log);
        (service == Flooded ? b.AddHandlers<Sluice>() : b.AddHandlers<Desk>()).Configure(o => o with { WireKeys = keys });
    }));

    private static Envelope Hostile(int number, string service = "t.seats") => new()
    {
        Id = new Guid(number, 7, 7, new byte[8]),
        Type = "\u001b[2Jgone\r\nfail: all is lost",
        Kind = MessageKind.Command,
        Source = "t.test",
        Destination = $"{service}.commands",
        Saga = new SagaId(new Guid(number, 8, 8, new byte[8])),
        Step = "reserve seat",
        Attempt = 1,
        Time = default,
    };
}
