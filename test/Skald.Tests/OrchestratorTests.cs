using Microsoft.Extensions.DependencyInjection;
using Skald.Decisions;
using Skald.Messaging;
using Skald.Testing;
using Xunit;

namespace Skald.Tests;

public sealed class An_orchestrator
{
    [Theory, EveryBackend]
    public async Task Takes_a_reply_once_and_notes_its_copies(Backend backend)
    {
        using var ground = new Ground(backend);
        await using var host = await StartAsync(ground, TripSagas.Linear);
        var trips = host["t.trips"];
        await using var seats = await Wire.StartAsync(trips, "t.seats.commands");
        await using var rooms = await Wire.StartAsync(trips, "t.rooms.commands");
        var start = await trips.StartAsync<TestSaga, Trip>(new Trip("T1"));
        var command = (await seats.NextAsync()).Envelope!;
        Assert.Equal(MessageIds.Command(start.Id, "reserve seat", command.Secret, 1, undo: false), command.Id);

        var reply = Wire.Answer(command);
        await seats.SendAsync((reply, new SeatReserved("12A")), (reply, new SeatReserved("99Z")));
        await rooms.NextAsync();
        await seats.SendAsync(reply, new SeatReserved("77X"));
        await seats.SendAsync(reply with { Attempt = 5 }, new SeatReserved("66X"));
        await seats.SendAsync(Wire.Answer(command, MessageKind.Refusal), new Refusal("Full", "late"));
        await Eventually.HoldsAsync("four late answers are noted", async () => await CountAsync(trips, start.Id, JournalKind.Late) == 4);
        var saga = (await trips.FindSagaAsync(start.Id))!;
        Assert.Equal(("book room", SagaStatus.Running), (saga.Step, saga.Status));
        Assert.Equal("12A", saga.State.GetProperty("seat").GetString());
        Assert.Equal(0, rooms.Waiting);
    }

    [Theory, EveryBackend]
    public async Task Asks_once_and_undoes_it_after_its_deadline(Backend backend)
    {
        using var ground = new Ground(backend);
        await using var host = await StartAsync(ground, TripSagas.Linear);
        var trips = host["t.trips"];
        await using var seats = await Wire.StartAsync(trips, "t.seats.commands");
        var start = await trips.StartAsync<TestSaga, Trip>(new Trip("T1"));
        var first = (await seats.NextAsync()).Envelope!;
        await Eventually.HoldsAsync(
            "the saga turns back", async () => (await trips.FindSagaAsync(start.Id))!.Status == SagaStatus.Compensating, host.Time, TimeSpan.FromMilliseconds(500));
        var undo = (await seats.NextAsync()).Envelope!;
        Assert.True(undo.Undo);

        // The action was done after all, and says so too late: nothing changes.
        await seats.SendAsync(Wire.Answer(first), new SeatReserved("12A"));
        await Eventually.HoldsAsync("the late answer is noted", async () => await CountAsync(trips, start.Id, JournalKind.Late) == 1);
        await seats.SendAsync(Wire.Answer(undo), Done.Instance);
        await trips.WaitAsync(start.Id).WaitAsync(Eventually.Patience);
        Assert.Equal(SagaStatus.Compensated, (await trips.FindSagaAsync(start.Id))!.Status);
        await seats.SendAsync(Wire.Answer(first), new SeatReserved("12A"));
        await Eventually.HoldsAsync("that is noted too", async () => await CountAsync(trips, start.Id, JournalKind.Late) == 2);
        Assert.Equal(SagaStatus.Compensated, (await trips.FindSagaAsync(start.Id))!.Status);
    }

    [Theory, EveryBackend]
    public async Task Dead_letters_answers_that_it_cannot_use_and_goes_on(Backend backend)
    {
        using var ground = new Ground(backend);
        await using var host = await StartAsync(ground, TripSagas.Linear);
        var trips = host["t.trips"];
        await using var seats = await Wire.StartAsync(trips, "t.seats.commands");
        await using var rooms = await Wire.StartAsync(trips, "t.rooms.commands");
        await trips.StartAsync<TestSaga, Trip>(new Trip("T1"));
        var reply = Wire.Answer((await seats.NextAsync()).Envelope!);
        await seats.SendAsync(
            (reply with { Step = "paint" }, Done.Instance), (reply with { Step = null }, Done.Instance),
            (reply with { Saga = new SagaId(new Guid(5, 5, 5, new byte[8])) }, new SeatReserved("12A")), (reply, new SeatReserved("12A")));
        await rooms.NextAsync();
        await Eventually.HoldsAsync("there are three dead letters", async () => (await trips.Operations.DeadLettersAsync(0, 10)).Count == 3);
    }

    [Theory, EveryBackend]
    public async Task Starts_once_under_one_key_however_many_ask(Backend backend)
    {
        using var ground = new Ground(backend);
        await using var host = await StartAsync(ground, TripSagas.Linear);
        var trips = host["t.trips"];
        var options = new StartOptions { IdempotencyKey = "key", Fingerprint = "a" };
        var starts = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => trips.StartAsync<TestSaga, Trip>(new Trip("T1"), options)));
        Assert.Single(starts.Select(s => s.Id).Distinct());
        Assert.Single(starts, s => !s.Repeated);
        Assert.All(starts, s => Assert.Equal(new Trip("T1"), s.State));
        var other = trips.StartAsync<TestSaga, Trip>(new Trip("T2"));
        await Assert.ThrowsAsync<IdempotencyConflictException>(() => trips.StartAsync<TestSaga, Trip>(new Trip("T1"), options with { Fingerprint = "b" }));
        await other;
        Assert.Equal(2L, (await trips.Operations.CountSagasAsync(new SagaQuery())).Value);
    }

    [Theory, EveryBackend]
    public async Task Retries_a_local_step_that_throws_and_keeps_its_neighbours(Backend backend)
    {
        var broken = true;
        var saga = new TestSaga(saga =>
        {
            saga.Step("reserve seat").Send(t => new ReserveSeat(t.Id)).Undo(t => new ReleaseSeat(t.Id));
            saga.Step("note").Do((t, _) => t.Id == "bad" && broken ? throw new InvalidOperationException("no ink") : t with { Note = "noted" }).NothingToUndo("test");
        });
        using var ground = new Ground(backend);
        await using var host = await StartAsync(ground, saga);
        var trips = host["t.trips"];
        await using var seats = await Wire.StartAsync(trips, "t.seats.commands");
        var bad = await trips.StartAsync<TestSaga, Trip>(new Trip("bad"));
        var good = await trips.StartAsync<TestSaga, Trip>(new Trip("good"));
        await seats.SendAsync(
            (Wire.Answer((await seats.NextAsync()).Envelope!), new SeatReserved("1")), (Wire.Answer((await seats.NextAsync()).Envelope!), new SeatReserved("2")));
        await trips.WaitAsync(good.Id).WaitAsync(Eventually.Patience);
        Assert.Equal(SagaStatus.Running, (await trips.FindSagaAsync(bad.Id))!.Status);
        await Eventually.HoldsAsync("it was retried", async () => await CountAsync(trips, bad.Id, JournalKind.Retrying) == 2, host.Time, TimeSpan.FromMilliseconds(250));
        broken = false;
        await Eventually.HoldsAsync(
            "the bad one is completed too", async () => (await trips.FindSagaAsync(bad.Id))!.Status == SagaStatus.Completed, host.Time, TimeSpan.FromMilliseconds(250));
        Assert.Equal("noted", (await trips.FindSagaAsync(bad.Id))!.State.GetProperty("note").GetString());
        Assert.Equal(2, await CountAsync(trips, bad.Id, JournalKind.Retrying));
        Assert.Equal(0, await CountAsync(trips, good.Id, JournalKind.Retrying));
    }

    [Theory, EveryBackend]
    public async Task Starts_nothing_when_its_first_local_step_throws(Backend backend)
    {
        var saga = new TestSaga(saga => saga.Step("note").Do((t, _) => t.Seats > 0 ? throw new InvalidOperationException("no ink") : t).NothingToUndo("test"));
        using var ground = new Ground(backend);
        await using var host = await StartAsync(ground, saga);
        var trips = host["t.trips"];
        var exception = await Assert.ThrowsAsync<InvalidOperationException>(() => trips.StartAsync<TestSaga, Trip>(new Trip("T1")));
        Assert.Equal("no ink", exception.Message);
        Assert.Equal(0L, (await trips.Operations.CountSagasAsync(new SagaQuery())).Value);
    }

    [Theory, EveryBackend]
    public async Task Takes_an_event_early_or_on_time_by_call_or_by_wire(Backend backend)
    {
        using var ground = new Ground(backend);
        await using var host = await Host.StartAsync(ground, ("t.trips", s => s.AddTestSaga(TripSagas.WithWait).Configure(o => o with { WireKeys = Keys })));
        var trips = host["t.trips"];
        await using var seats = await Wire.StartAsync(trips, "t.seats.commands");
        await using var cards = await Wire.StartAsync(trips, "t.cards.commands");
        var early = await trips.StartAsync<TestSaga, Trip>(new Trip("early"));
        var command = (await seats.NextAsync()).Envelope!;
        await trips.RaiseAsync(early.Id, new TripApproved("Ann — ✓"));
        await seats.SendAsync(Wire.Answer(command), new SeatReserved("1"));
        Assert.Equal("early", Wire.Read<ChargeCard>(await cards.NextAsync()).Trip);
        Assert.Equal("Ann — ✓", (await trips.FindSagaAsync(early.Id))!.State.GetProperty("approver").GetString());

        var later = await trips.StartAsync<TestSaga, Trip>(new Trip("later"));
        command = (await seats.NextAsync()).Envelope!;
        await seats.SendAsync(Wire.Answer(command), new SeatReserved("1"));
        await Eventually.HoldsAsync("it waits", async () => (await trips.FindSagaAsync(later.Id))!.Step == "approval");
        await seats.SendAsync(
            Wire.Answer(command) with { Kind = MessageKind.Event, Type = "TRIP_APPROVED", Step = null, Id = new Guid(3, 3, 3, new byte[8]) }, new TripApproved("Bob"));
        Assert.Equal("later", Wire.Read<ChargeCard>(await cards.NextAsync()).Trip);
        Assert.Equal(EventOutcome.Unknown, await trips.RaiseAsync(new SagaId(Guid.Empty), new TripApproved("Ann")));
    }

    [Theory, EveryBackend]
    public async Task Parks_a_saga_that_a_changed_definition_cannot_carry_on_and_loses_nothing_of_it(Backend backend)
    {
        using var ground = new Ground(backend);
        SagaId id;
        Envelope command;
        await using (var host = await StartAsync(ground, TripSagas.Linear))
        {
            await using var seats = await Wire.StartAsync(host["t.trips"], "t.seats.commands");
            await using var rooms = await Wire.StartAsync(host["t.trips"], "t.rooms.commands");
            id = (await host["t.trips"].StartAsync<TestSaga, Trip>(new Trip("T1"))).Id;
            await seats.SendAsync(Wire.Answer((await seats.NextAsync()).Envelope!), new SeatReserved("12A"));
            command = (await rooms.NextAsync()).Envelope!;
        }

        var without = new TestSaga(saga => saga.Step("book room").Send(t => new BookRoom(t.Id)).Undo(t => new CancelRoom(t.Id)), "linear");
        await using (var host = await StartAsync(ground, without))
        {
            await using var rooms = await Wire.StartAsync(host["t.trips"], "t.rooms.commands");
            await rooms.SendAsync(Wire.Answer(command), new RoomBooked("101"));
            await Eventually.HoldsAsync("it is parked", async () => (await host["t.trips"].FindSagaAsync(id))!.Status == SagaStatus.Parked);
            Assert.Contains("has taken step 'reserve seat'", (await host["t.trips"].FindSagaAsync(id))!.ParkReason, StringComparison.Ordinal);
        }

        await using (var host = await StartAsync(ground, TripSagas.Linear))
        {
            await using var seats = await Wire.StartAsync(host["t.trips"], "t.seats.commands");
            await using var rooms = await Wire.StartAsync(host["t.trips"], "t.rooms.commands");
            await using var cards = await Wire.StartAsync(host["t.trips"], "t.cards.commands");
            await host["t.trips"].ResumeAsync(id);
            await Eventually.HoldsAsync("its open command comes again", () => Task.FromResult(rooms.Waiting > 0), host.Time, TimeSpan.FromMilliseconds(50));
            var again = (await rooms.NextAsync()).Envelope!;
            Assert.Equal(command.Id, again.Id);
            await rooms.SendAsync(Wire.Answer(again), new RoomBooked("101"));
            await cards.NextAsync();
            var saga = (await host["t.trips"].FindSagaAsync(id))!;
            Assert.Equal("12A", saga.State.GetProperty("seat").GetString());
            Assert.Equal(0, seats.Waiting);
        }
    }

    [Theory, EveryBackend]
    public async Task Books_with_real_participants_and_undoes_what_a_refusal_leaves(Backend backend)
    {
        var desk = new SeatDesk();
        using var ground = new Ground(backend);
        await using var host = await Host.StartAsync(
            ground,
            ("t.trips", b =>
            {
                b.Services.AddSingleton(TripSagas.Linear);
                b.AddSaga<TestSaga>();
            }),
            ("t.seats", b =>
            {
                b.Services.AddSingleton(desk);
                b.AddHandlers<SeatDesk>();
            }),
            ("t.rooms", b => b.AddHandlers<RoomDesk>()),
            ("t.cards", b => b.AddHandlers<CardDesk>()));
        var trips = host["t.trips"];
        var starts = await Task.WhenAll(Enumerable.Range(0, 100).Select(i => trips.StartAsync<TestSaga, Trip>(new Trip(i % 4 == 0 ? $"poor {i}" : $"rich {i}"))));
        var ends = await Task.WhenAll(starts.Select(s => trips.WaitAsync(s.Id))).WaitAsync(Eventually.Patience);
        Assert.Equal(75, ends.Count(e => e.Status == SagaStatus.Completed));
        Assert.Equal(25, ends.Count(e => e.Status == SagaStatus.Compensated));
        Assert.Equal((100, 25), (desk.Reserved, desk.Released));
    }

    public sealed class RoomDesk
    {
        public Reply<RoomBooked> Handle(BookRoom command, MessageContext context) => new RoomBooked("101");

        public ValueTask<Reply<Done>> Handle(CancelRoom command, MessageContext context) => new(Done.Instance);
    }

    public sealed class CardDesk
    {
        public async Task<Reply<CardCharged>> Handle(ChargeCard command, MessageContext context)
        {
            ArgumentNullException.ThrowIfNull(command);
            await Task.Yield();
            return command.Trip.StartsWith("poor", StringComparison.Ordinal) ? new Refusal("CardDeclined", "no money") : new CardCharged("receipt");
        }

        public Reply<Done> Handle(RefundCard command, MessageContext context) => Done.Instance;
    }

    // Without a key, nobody is believed who only knows the saga's id.
    private static WireKeys Keys => WireKeys.Parse(Convert.ToBase64String(new byte[32]));

    private static Task<Host> StartAsync(Ground ground, TestSaga saga) => Host.StartAsync(ground, ("t.trips", builder =>
    {
        builder.Services.AddSingleton(saga);
        builder.AddSaga<TestSaga>();
    }));

    private static async Task<int> CountAsync(SkaldService service, SagaId saga, JournalKind kind) =>
        (await service.Operations.TimelineAsync(saga)).Count(e => e.Kind == kind);
}
