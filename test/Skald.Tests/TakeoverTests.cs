using Skald.Decisions;
using Skald.Messaging;
using Skald.Storage;
using Xunit;

namespace Skald.Tests;

/// <summary>What a saga has open is sent once, and again only when nobody can know whether it was sent.</summary>
public sealed class What_a_saga_has_open
{
    private const string Trips = "t.trips";
    private const string Queue = "t.seats.commands";

    private static TestSaga Patient { get; } =
        new(saga => saga.Step("reserve seat").Send(t => new ReserveSeat(t.Id)).Undo(t => new ReleaseSeat(t.Id)).Within(TimeSpan.FromHours(1)), "patient");

    [Theory, EveryBackend]
    public async Task Is_sent_once_however_late_its_participant_is(Backend backend)
    {
        using var ground = new Ground(backend);
        await using var host = await Host.StartAsync(ground, (Trips, s => s.AddTestSaga(Patient)));
        await using var seats = await Wire.StartAsync(host[Trips], Queue);
        var start = await host[Trips].StartAsync<TestSaga, Trip>(new Trip("T1"));
        var command = (await seats.NextAsync()).Envelope!;
        await PassAsync(host, TimeSpan.FromMinutes(59));
        Assert.Equal(0, seats.Waiting);
        await seats.SendAsync(Wire.Answer(command), new SeatReserved("12A"));
        Assert.Equal(SagaStatus.Completed, (await host[Trips].WaitAsync(start.Id)).Status);
    }

    [Theory, EveryBackend]
    public async Task Is_sent_again_when_its_transport_did_not_take_it(Backend backend)
    {
        using var ground = new Ground(backend);
        var broker = new MovedTransport.Switch { Refuses = true };
        await using var host = await Host.StartAsync(ground, (Trips, s => s.AddTestSaga(Patient).Over(broker)));
        await using var seats = await Wire.StartAsync(host[Trips], Queue);
        await host[Trips].StartAsync<TestSaga, Trip>(new Trip("T1"));
        // Refused again when it is sent again.
        await Eventually.HoldsAsync("it was tried three times", () => Task.FromResult(broker.Tried > 2), host.Time, TimeSpan.FromMilliseconds(200));
        broker.Refuses = false;
        var next = seats.NextAsync();
        await Eventually.HoldsAsync("it comes", () => Task.FromResult(next.IsCompleted), host.Time, TimeSpan.FromMilliseconds(200));
        await PassAsync(host, TimeSpan.FromMinutes(10));
        Assert.Equal(0, seats.Waiting);
    }

    [Theory, EveryBackend]
    public async Task Is_taken_over_from_a_process_that_died_before_it_had_sent_it(Backend backend)
    {
        using var ground = new Ground(backend) { HostsDie = true };
        SagaId saga;
        await using (var dying = await Host.StartAsync(ground, (Trips, s => s.AddTestSaga(Patient).Over(new MovedTransport.Switch { Swallows = true }))))
        {
            saga = (await dying[Trips].StartAsync<TestSaga, Trip>(new Trip("T1"))).Id;
        }

        await using var host = await Host.StartAsync(ground, (Trips, s => s.AddTestSaga(Patient)));
        await using var seats = await Wire.StartAsync(host[Trips], Queue);
        var command = (await seats.NextAsync()).Envelope!;
        Assert.Equal(MessageIds.Command(saga, "reserve seat", command.Secret, 1, undo: false), command.Id);
        await PassAsync(host, TimeSpan.FromMinutes(10));
        Assert.Equal(0, seats.Waiting);
        Assert.Single((await host[Trips].Operations.TimelineAsync(saga)), entry => entry.Kind == JournalKind.Resent);
    }

    [Theory, EveryBackend]
    public async Task Is_left_alone_when_its_process_has_left(Backend backend)
    {
        using var ground = new Ground(backend);
        await using (var leaving = await Host.StartAsync(ground, (Trips, s => s.AddTestSaga(Patient))))
        {
            await using var before = await Wire.StartAsync(leaving[Trips], Queue);
            await leaving[Trips].StartAsync<TestSaga, Trip>(new Trip("T1"));
            await before.NextAsync();
        }

        await using var host = await Host.StartAsync(ground, (Trips, s => s.AddTestSaga(Patient)));
        await using var seats = await Wire.StartAsync(host[Trips], Queue);
        await PassAsync(host, TimeSpan.FromMinutes(10));
        Assert.Equal(0, seats.Waiting);
    }

    [Fact]
    public async Task Is_sent_when_nobody_knows_whether_it_was_committed()
    {
        using var ground = new Ground(Backend.Memory);
        var store = new ForgetfulStore(new InMemoryStore());
        await using var host = await Host.StartAsync(ground, (Trips, s => s.AddTestSaga(Patient).UseStore(_ => store)));
        await using var seats = await Wire.StartAsync(host[Trips], Queue);
        store.LosesAnAnswer = true;
        await Assert.ThrowsAsync<StoreUnavailableException>(() => host[Trips].StartAsync<TestSaga, Trip>(new Trip("T1")));
        var next = seats.NextAsync();
        await Eventually.HoldsAsync("it comes", () => Task.FromResult(next.IsCompleted), host.Time, TimeSpan.FromMilliseconds(200));
        await PassAsync(host, TimeSpan.FromMinutes(10));
        Assert.Equal(0, seats.Waiting);
    }

    [Theory, EveryBackend]
    public async Task Is_not_lost_when_its_service_begins_to_serve_in_the_middle(Backend backend)
    {
        using var ground = new Ground(backend);
        await using var host = await Host.OpenAsync(ground, (Trips, s => s.AddTestSaga(Patient)));
        await using var seats = await Wire.StartAsync(host[Trips], Queue);
        var begins = new TaskCompletionSource();
        var starting = host[Trips].ExecuteAsync(async context =>
        {
            context.Start<TestSaga, Trip>(new Trip("T1"));
            await begins.Task;
            return true;
        });
        var serving = host.ServeAsync();
        begins.SetResult();
        await starting;
        await serving;
        var next = seats.NextAsync();
        await Eventually.HoldsAsync("it comes", () => Task.FromResult(next.IsCompleted), host.Time, TimeSpan.FromMilliseconds(200));
    }

    [Fact]
    public async Task Is_taken_over_although_the_first_attempts_fail()
    {
        using var ground = new Ground(Backend.Memory) { HostsDie = true };
        var rows = new InMemoryStore();
        await using (var dying = await Host.StartAsync(ground, (Trips, s => s.AddTestSaga(Patient).Over(new MovedTransport.Switch { Swallows = true }).UseStore(_ => new KilledStore(new KeptStore(rows))))))
        {
            await dying[Trips].StartAsync<TestSaga, Trip>(new Trip("T1"));
        }

        var store = new ForgetfulStore(rows) { FailsToBegin = 7 };
        await using var host = await Host.StartAsync(ground, (Trips, s => s.AddTestSaga(Patient).UseStore(_ => store)));
        await using var seats = await Wire.StartAsync(host[Trips], Queue);
        var next = seats.NextAsync();
        await Eventually.HoldsAsync("it comes", () => Task.FromResult(next.IsCompleted), host.Time, TimeSpan.FromMilliseconds(200));
        Assert.Equal(0, store.FailsToBegin);
        await PassAsync(host, TimeSpan.FromMinutes(10));
        Assert.Equal(0, seats.Waiting);
    }

    [Fact]
    public async Task Of_two_branches_is_all_sent_by_who_goes_on_for_a_process_that_may_die()
    {
        using var ground = new Ground(Backend.Memory) { HostsDie = true };
        var both = new TestSaga(saga => saga.Parallel(p =>
        {
            p.Step("reserve seat").Send(t => new ReserveSeat(t.Id)).Undo(t => new ReleaseSeat(t.Id)).RetryRefused(3, TimeSpan.FromSeconds(1)).Within(TimeSpan.FromHours(1));
            p.Step("book room").Send(t => new BookRoom(t.Id)).Undo(t => new CancelRoom(t.Id)).Within(TimeSpan.FromHours(1));
        }), "both");
        var broker = new MovedTransport.Switch { Swallows = true };
        await using var first = await Host.StartAsync(ground, (Trips, s => s.AddTestSaga(both).Over(broker)));
        var saga = (await first[Trips].StartAsync<TestSaga, Trip>(new Trip("T1"))).Id;
        await using var second = await Host.StartAsync(ground, (Trips, s => s.AddTestSaga(both)));
        await using var seats = await Wire.StartAsync(second[Trips], Queue);
        await using var rooms = await Wire.StartAsync(second[Trips], "t.rooms.commands");
        await first[Trips].Engine.StopAsync();

        // The seat is refused, and the other process asks once more: from now on the room is its business, too.
        var asked = Wire.ReserveSeat(saga, second[Trips].Engine.Model.ReplyQueue) with { Secret = second[Trips].Engine.Secrets.Of(saga, "reserve seat") };
        await seats.SendAsync(Wire.Answer(asked, MessageKind.Refusal), new Refusal("Full", "not now"));
        var (seat, room) = (seats.NextAsync(), rooms.NextAsync());
        await Eventually.HoldsAsync("both are asked", () => Task.FromResult(seat.IsCompleted && room.IsCompleted), second.Time, TimeSpan.FromMilliseconds(200));
        Assert.Equal(2, (await seat).Envelope!.Attempt);
        Assert.Equal(1, (await room).Envelope!.Attempt);
    }

    /// <summary>Time passes, with a look at what is due every few seconds.</summary>
    private static async Task PassAsync(Host host, TimeSpan time)
    {
        for (var passed = TimeSpan.Zero; passed < time; passed += TimeSpan.FromSeconds(30))
        {
            host.Time.Advance(TimeSpan.FromSeconds(30));
            // A look that is due comes before what is asked now.
            await host[Trips].ExecuteAsync(_ => new ValueTask<bool>(true));
        }
    }

    private sealed class ForgetfulStore(InMemoryStore store) : KeptStore(store)
    {
        public bool LosesAnAnswer { get; set; }

        public int FailsToBegin { get; set; }

        public override async ValueTask<IUnitOfWork> BeginAsync(LoadRequest request, CancellationToken cancellationToken)
        {
            if (FailsToBegin > 0)
            {
                FailsToBegin--;
                throw FailsToBegin % 2 == 0 ? new StoreUnavailableException("it is away") : new SagaConcurrencyException("another was first");
            }

            return new Unit(this, await base.BeginAsync(request, cancellationToken));
        }

        private sealed class Unit(ForgetfulStore owner, IUnitOfWork inner) : PassingUnit(inner)
        {
            public override async ValueTask CommitAsync(Changes changes, CancellationToken cancellationToken)
            {
                await base.CommitAsync(changes, cancellationToken);
                if (owner.LosesAnAnswer)
                {
                    owner.LosesAnAnswer = false;
                    throw new StoreUnavailableException("the connection broke before the answer came");
                }
            }
        }
    }
}

/// <summary>A participant's answer stands nowhere but in its ledger: the command is acknowledged when the answer is confirmed.</summary>
public sealed class A_command_that_is_answered
{
    private const string Seats = "t.seats";

    [Fact]
    public async Task Is_acknowledged_when_its_answer_is_confirmed()
    {
        using var ground = new Ground(Backend.Memory);
        var broker = new MovedTransport.Switch { Holds = new TaskCompletionSource() };
        await using var host = await Host.StartAsync(ground, (Seats, s => s.AddDesk(new The_barrier.Desk()).Over(broker)));
        await using var wire = await Wire.StartAsync(host[Seats], "t.test.replies");
        await wire.SendAsync(Command(), new ReserveSeat("T1"));
        await Eventually.HoldsAsync("it is answered", () => Task.FromResult(broker.Tried > 0));
        // Another command's commit lies between.
        await host[Seats].ExecuteAsync(_ => new ValueTask<bool>(true));
        Assert.Equal(0, broker.Acknowledged);
        broker.Holds.SetResult();
        await Eventually.HoldsAsync("it is acknowledged", () => Task.FromResult(broker.Acknowledged == 1));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Is_answered_again_when_its_answer_was_not_taken(bool isDurable)
    {
        using var ground = new Ground(Backend.Memory);
        var broker = new MovedTransport.Switch { Refuses = true, IsDurable = isDurable };
        var desk = new The_barrier.Desk();
        await using var host = await Host.StartAsync(ground, (Seats, s => s.AddDesk(desk).Over(broker)));
        await using var wire = await Wire.StartAsync(host[Seats], "t.test.replies");
        await wire.SendAsync(Command(), new ReserveSeat("T1"));
        await Eventually.HoldsAsync("it was answered in vain", () => Task.FromResult(broker.Tried > 0));
        // What is in this process's memory only comes again by nobody else.
        await host[Seats].ExecuteAsync(_ => new ValueTask<bool>(true));
        Assert.Equal(isDurable ? 0 : 1, broker.Acknowledged);
        broker.Refuses = false;
        var answer = wire.NextAsync();
        await Eventually.HoldsAsync("the answer comes", () => Task.FromResult(answer.IsCompleted), host.Time, TimeSpan.FromMilliseconds(200));
        await Eventually.HoldsAsync("it is acknowledged", () => Task.FromResult(broker.Acknowledged >= 1));
        Assert.Equal("+", desk.Of("T1"));
    }

    [Fact]
    public async Task Leaves_its_answer_in_the_outbox_when_that_is_never_taken_and_does_not_hold_its_neighbours_up()
    {
        using var ground = new Ground(Backend.Memory);
        var broker = new MovedTransport.Switch { Refuses = true };
        await using var host = await Host.StartAsync(ground, (Seats, s => s.AddDesk(new The_barrier.Desk()).Over(broker)));
        await using var wire = await Wire.StartAsync(host[Seats], "t.test.replies");
        await wire.SendAsync(Command(), new ReserveSeat("T1"));
        await Eventually.HoldsAsync(
            "it is kept", async () => (await host[Seats].Operations.CountOutboxAsync()).Value == 1 && broker.Acknowledged == 1, host.Time, TimeSpan.FromMilliseconds(200));
        broker.Refuses = false;
        var answer = wire.NextAsync();
        await Eventually.HoldsAsync("the answer comes", () => Task.FromResult(answer.IsCompleted), host.Time, TimeSpan.FromMilliseconds(200));
        await Eventually.HoldsAsync("its row is gone", async () => (await host[Seats].Operations.CountOutboxAsync()).Value == 0, host.Time, TimeSpan.FromMilliseconds(200));
    }

    private static Envelope Command() => Wire.ReserveSeat(new SagaId(new Guid(9, 9, 9, new byte[8])), "t.test.replies");
}

/// <summary>A broker outside this process, as far as acknowledgements tell: what its services send can be held up, refused or lost.</summary>
internal sealed class MovedTransport(ITransport inner, MovedTransport.Switch broker) : PassingTransport(inner)
{
    public override async Task SendAsync(IReadOnlyList<OutgoingMessage> messages, CancellationToken cancellationToken)
    {
        if (messages.All(m => m.Envelope.Source == "t.test"))
        {
            // What the test sends itself.
            await base.SendAsync(messages, cancellationToken);
            return;
        }

        broker.Tries();

        if (broker.Refuses)
        {
            throw new SendFailedException("no room", [.. messages.Select(m => m.Envelope.Id)]);
        }

        await (broker.Holds?.Task ?? Task.CompletedTask);
        if (!broker.Swallows)
        {
            await base.SendAsync(messages, cancellationToken);
        }
    }

    public override Task<IAsyncDisposable> ConsumeAsync(string queue, int window, Action<Delivery> deliver, CancellationToken cancellationToken) =>
        base.ConsumeAsync(queue, window, delivery => deliver(delivery.Envelope?.Destination == "t.seats.commands" ? new Moved(delivery, broker) : delivery), cancellationToken);

    internal sealed class Switch : IAcknowledgements
    {
        private int _acknowledged;
        private int _tried;

        public volatile bool Refuses;
        public volatile bool Swallows;

        public bool IsDurable { get; init; } = true;

        public TaskCompletionSource? Holds { get; init; }

        public int Tried => _tried;

        public int Acknowledged => _acknowledged;

        public void Tries() => Interlocked.Increment(ref _tried);

        public void Acknowledge(IReadOnlyList<Delivery> deliveries)
        {
            foreach (var delivery in deliveries)
            {
                Interlocked.Increment(ref _acknowledged);
                ((Moved)delivery).Inner.Acknowledge();
            }
        }
    }

    private sealed class Moved(Delivery inner, Switch broker) : Delivery(inner.Envelope!, inner.Body)
    {
        public Delivery Inner => inner;

        public override bool ComesAgain => broker.IsDurable;

        protected override IAcknowledgements Acknowledgements => broker;
    }
}

internal static class MovedTransportRegistration
{
    public static SkaldBuilder Over(this SkaldBuilder builder, MovedTransport.Switch broker)
    {
        var inner = builder.Transport;
        return builder.UseTransport(provider => new MovedTransport(inner(provider), broker));
    }
}
