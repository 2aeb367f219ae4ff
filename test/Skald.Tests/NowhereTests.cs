using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Skald.Messaging;
using Xunit;

namespace Skald.Tests;

/// <summary>Anybody can ask for an answer, and name a queue that nobody has.</summary>
public sealed class An_answer_that_has_nowhere_to_go
{
    private const string Nobody = "t.nobody.replies";
    private const string Seats = "t.seats";

    private readonly SeatDesk _desk = new();
    private readonly Places _places = new();

    [Theory, EveryBackend]
    public async Task Is_tried_for_a_while_and_given_up_then(Backend backend)
    {
        using var ground = new Ground(backend);
        using var log = new LogLines();
        await using var host = await StartAsync(ground, log);
        using var counted = new MetricCount("skald.messages.undeliverable", Seats);
        await using var wire = await Wire.StartAsync(host[Seats], "t.test.replies");
        await wire.SendAsync((Command(1), new ReserveSeat("T1")), (Command(2) with { Saga = null, Step = null }, new ReserveSeat("T2")), (Command(3) with { ReplyTo = "t.test.replies" }, new ReserveSeat("T3")));
        await wire.NextAsync();
        await Eventually.HoldsAsync("both are given up", async () => (await host[Seats].Operations.DeadLettersAsync()).Count == 2, host.Time, TimeSpan.FromMilliseconds(200));

        Assert.All(await host[Seats].Operations.DeadLettersAsync(), letter => Assert.Equal($"cannot be sent: there is no queue '{Nobody}'", letter.Reason));
        Assert.Equal(0, (await host[Seats].Operations.CountOutboxAsync()).Value);
        await Eventually.HoldsAsync("both are counted", () => Task.FromResult(counted.Value == 2));
        Assert.Equal(3, _desk.Reserved);
        Assert.True(_places.Tried >= 3, $"{_places.Tried}");
        Assert.DoesNotContain(log.Lines, line => line.Contains("were not confirmed", StringComparison.Ordinal));
    }

    [Theory, EveryBackend]
    public async Task Goes_there_once_there_is_such_a_queue(Backend backend)
    {
        using var ground = new Ground(backend);
        using var log = new LogLines();
        await using var host = await StartAsync(ground, log);
        await using var wire = await Wire.StartAsync(host[Seats], Nobody);
        await wire.SendAsync(Command(1), new ReserveSeat("T1"));
        await Eventually.HoldsAsync("it is tried", () => Task.FromResult(_places.Tried > 2), host.Time, TimeSpan.FromMilliseconds(100));
        _places.IsThere = true;
        await Eventually.HoldsAsync("it comes", () => Task.FromResult(wire.Waiting > 0), host.Time, TimeSpan.FromMilliseconds(100));
        Assert.Empty(await host[Seats].Operations.DeadLettersAsync());
    }

    [Theory, EveryBackend]
    public async Task Is_sent_again_when_a_person_replays_it(Backend backend)
    {
        using var ground = new Ground(backend);
        using var log = new LogLines();
        await using var host = await StartAsync(ground, log);
        await using var wire = await Wire.StartAsync(host[Seats], Nobody);
        await wire.SendAsync(Command(1), new ReserveSeat("T1"));
        await Eventually.HoldsAsync("it is given up", async () => (await host[Seats].Operations.DeadLettersAsync()).Count == 1, host.Time, TimeSpan.FromMilliseconds(200));
        _places.IsThere = true;
        await host[Seats].ReplayAsync((await host[Seats].Operations.DeadLettersAsync())[0].Number);
        Assert.Equal("seat of T1", Wire.Read<SeatReserved>(await wire.NextAsync()).Seat);
        await Eventually.HoldsAsync("nothing is left of it", async () => (await host[Seats].Operations.CountOutboxAsync()).Value == 0, host.Time, TimeSpan.FromMilliseconds(200));
        Assert.Equal(1, _desk.Reserved);
    }

    private Task<Host> StartAsync(Ground ground, LogLines log) => Host.StartAsync(ground, (Seats, builder =>
    {
        builder.Services.AddSingleton(_desk).AddSingleton<ILoggerFactory>(log);
        builder.AddHandlers<SeatDesk>();
        var inner = builder.Transport;
        builder.UseTransport(provider => new PlacelessTransport(inner(provider), _places));
    }));

    private static Envelope Command(int number) => Wire.ReserveSeat(new SagaId(new Guid(number, 4, 4, new byte[8])), Nobody);

    private sealed class Places
    {
        private int _tried;

        public volatile bool IsThere;

        public int Tried => _tried;

        public void Tries() => Interlocked.Increment(ref _tried);
    }

    private sealed class PlacelessTransport(ITransport inner, Places places) : PassingTransport(inner)
    {
        public override async Task SendAsync(IReadOnlyList<OutgoingMessage> messages, CancellationToken cancellationToken)
        {
            var nowhere = messages.Where(m => m.Envelope.Destination == Nobody && !places.IsThere).Select(m => m.Envelope.Id).ToList();
            await base.SendAsync([.. messages.Where(m => !nowhere.Contains(m.Envelope.Id))], cancellationToken);
            if (nowhere.Count > 0)
            {
                places.Tries();
                throw new SendFailedException("no", nowhere) { Undeliverable = nowhere.ToDictionary(id => id, _ => $"there is no queue '{Nobody}'") };
            }
        }
    }
}
