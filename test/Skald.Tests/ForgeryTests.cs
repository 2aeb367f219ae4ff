using Microsoft.Extensions.DependencyInjection;
using Skald.Messaging;
using Xunit;

namespace Skald.Tests;

/// <summary>Somebody can send to every queue, and sees the ids that people see.</summary>
public sealed class A_forged_message
{
    private const string Trips = "t.trips";
    private const string Replies = "t.test.replies";
    private const string Commands = "t.seats.commands";

    private static readonly WireKeys Keys = WireKeys.Parse("AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=");
    private static readonly SagaId Saga = new(new Guid(5, 5, 5, new byte[8]));
    private static readonly Guid Secret = new(6, 6, 6, new byte[8]);

    private readonly SeatDesk _desk = new();

    [Theory, EveryBackend]
    public async Task That_answers_a_saga_is_a_dead_letter_and_changes_nothing(Backend backend)
    {
        using var ground = new Ground(backend);
        await using var host = await Host.StartAsync(ground, (Trips, s => s.AddTestSaga(TripSagas.Linear)));
        var trips = host[Trips];
        await using var seats = await Wire.StartAsync(trips, Commands);
        var saga = (await trips.StartAsync<TestSaga, Trip>(new Trip("T1"))).Id;
        var real = (await seats.NextAsync()).Envelope!;
        Assert.NotEqual(Guid.Empty, real.Secret);

        var reply = Wire.Answer(real);
        var forged = new List<(Envelope, object)>();
        foreach (var secret in new[] { Guid.Empty, saga.Value, real.Id, Guid.AllBitsSet })
        {
            forged.AddRange(
            [
                (reply with { Secret = secret }, new SeatReserved("stolen")),
                (Wire.Answer(real, MessageKind.Refusal) with { Secret = secret }, new Refusal("Full", "go away")),
                (reply with { Secret = secret, Kind = MessageKind.Refusal, Type = "skald.gave-up" }, new Refusal("GaveUp", "go away")),
                (reply with { Secret = secret, Undo = true }, Done.Instance),
                (reply with { Secret = secret, Step = "book room" }, new RoomBooked("stolen")),
                (reply with { Secret = secret }, "no JSON"u8.ToArray()),
                (reply with { Secret = secret, Kind = MessageKind.Event, Type = "TRIP_APPROVED", Step = null }, new TripApproved("a thief")),
            ]);
        }

        // What one step's participant knows says nothing about another's.
        forged.Add((reply with { Step = "book room" }, new RoomBooked("stolen")));
        forged.Add((reply with { Step = null }, new SeatReserved("stolen")));
        forged.Add((reply with { Saga = null }, new SeatReserved("stolen")));
        await seats.SendAsync([.. forged]);
        await Eventually.HoldsAsync("all are dead letters", async () => (await trips.Operations.DeadLettersAsync(0, 100)).Count == forged.Count);

        Assert.All(await trips.Operations.DeadLettersAsync(0, 100), letter => Assert.StartsWith("not believed: ", letter.Reason, StringComparison.Ordinal));
        var untouched = (await trips.FindSagaAsync(saga))!;
        Assert.Equal((SagaStatus.Running, "reserve seat"), (untouched.Status, untouched.Step));
        Assert.Equal([Decisions.JournalKind.Started, Decisions.JournalKind.Sent], (await trips.Operations.TimelineAsync(saga)).Select(e => e.Kind));

        await seats.SendAsync(reply, new SeatReserved("12A"));
        await Eventually.HoldsAsync("the real answer counts", async () => (await trips.FindSagaAsync(saga))!.Step == "book room");
    }

    [Theory, EveryBackend]
    public async Task That_undoes_a_step_undoes_nothing_and_keeps_nothing_from_being_undone(Backend backend)
    {
        using var ground = new Ground(backend);
        await using var host = await StartDeskAsync(ground);
        await using var wire = await Wire.StartAsync(host["t.seats"], Replies);
        await wire.SendAsync(Command(undo: false), new ReserveSeat("T1"));
        Assert.Equal(MessageKind.Reply, (await wire.NextAsync()).Envelope!.Kind);
        foreach (var guess in new[] { Guid.Empty, Saga.Value, Guid.AllBitsSet })
        {
            await wire.SendAsync(Command(undo: true) with { Secret = guess }, new ReleaseSeat("T1"));
            // It is told that there is nothing to undo, and the saga's service believes no such answer.
            Assert.Equal(guess, (await wire.NextAsync()).Envelope!.Secret);
        }

        Assert.Equal((1, 0), (_desk.Reserved, _desk.Released));
        await wire.SendAsync(Command(undo: true), new ReleaseSeat("T1"));
        Assert.Equal(Secret, (await wire.NextAsync()).Envelope!.Secret);
        Assert.Equal((1, 1), (_desk.Reserved, _desk.Released));
    }

    [Theory, EveryBackend]
    public async Task That_undoes_a_step_in_advance_does_not_keep_it_from_being_done(Backend backend)
    {
        using var ground = new Ground(backend);
        await using var host = await StartDeskAsync(ground);
        await using var wire = await Wire.StartAsync(host["t.seats"], Replies);
        await wire.SendAsync(Command(undo: true) with { Secret = default }, new ReleaseSeat("T1"));
        await wire.NextAsync();
        await wire.SendAsync(Command(undo: false), new ReserveSeat("T1"));
        Assert.Equal(MessageKind.Reply, (await wire.NextAsync()).Envelope!.Kind);
        Assert.Equal(1, _desk.Reserved);
    }

    [Theory, EveryBackend]
    public async Task Takes_the_place_of_no_real_one(Backend backend)
    {
        using var ground = new Ground(backend);
        await using var host = await StartDeskAsync(ground);
        await using var wire = await Wire.StartAsync(host["t.seats"], Replies);
        var real = Command(undo: false);
        _desk.Failing["T1"] = true;
        await wire.SendAsync(real, new ReserveSeat("T1"));
        await Eventually.HoldsAsync("it is put off", async () => (await host["t.seats"].Operations.DelayedAsync(10)).Count == 1);

        // Its id, with another secret, with none, and as a command of no saga.
        await wire.SendAsItIsAsync((real with { Secret = Guid.AllBitsSet }, new ReserveSeat("T1")), (real with { Secret = default }, new ReserveSeat("T1")),
            (real with { Saga = null, Step = null, Secret = default }, new ReserveSeat("T1")));
        await Eventually.HoldsAsync("all are dead letters", async () => (await host["t.seats"].Operations.DeadLettersAsync()).Count == 3);
        Assert.Equal(Secret, (await host["t.seats"].Operations.DelayedAsync(10)).Single().Envelope!.Secret);

        _desk.Failing.Clear();
        await Eventually.HoldsAsync("the real one is done", () => Task.FromResult(wire.Waiting > 0), host.Time, TimeSpan.FromMilliseconds(100));
        Assert.Equal(Secret, (await wire.NextAsync()).Envelope!.Secret);
        Assert.Equal(1, _desk.Reserved);
    }

    [Theory, EveryBackend]
    public async Task Is_not_signed_by_whoever_replays_it(Backend backend)
    {
        using var ground = new Ground(backend);
        await using var host = await StartDeskAsync(ground, Keys);
        var seats = host["t.seats"];
        await using var wire = await Wire.StartAsync(seats, "t.payments");
        await seats.Engine.Transport.SubscribeAsync("t.paid", "t.payments", CancellationToken.None);
        var forged = Command(undo: false) with { Source = "t.seats", Destination = "t.seats.commands", Saga = null, Step = null };
        seats.Engine.Lanes.Add(new Runtime.MessageWork(new Delivery(forged with { Published = true, Kind = MessageKind.Event, Destination = "t.paid", Type = "PAID" }, "{}"u8.ToArray())));
        await Eventually.HoldsAsync("it is a dead letter", async () => (await seats.Operations.DeadLettersAsync()).Count == 1);
        await seats.ReplayAsync((await seats.Operations.DeadLettersAsync())[0].Number);
        await Eventually.HoldsAsync("it is a dead letter again", async () => (await seats.Operations.DeadLettersAsync()) is [{ Number: 2 }], host.Time, TimeSpan.FromMilliseconds(10));
        Assert.Equal(0, wire.Waiting);
    }

    [Theory, EveryBackend]
    public async Task Is_refused_where_the_services_have_a_key(Backend backend)
    {
        using var ground = new Ground(backend);
        await using var host = await StartDeskAsync(ground, Keys);
        await using var wire = await Wire.StartAsync(host["t.seats"], Replies);
        await using var another = await Wire.StartAsync(host["t.seats"], Replies + ".of-a-thief");
        var real = Keys.Sign(new OutgoingMessage(Command(undo: false), host["t.seats"].Engine.Serializer.Write(new ReserveSeat("T1"))));
        var transport = host["t.seats"].Engine.Transport;
        await transport.SendAsync(
        [
            real with { Envelope = real.Envelope with { Mac = default } },
            real with { Envelope = real.Envelope with { ReplyTo = Replies + ".of-a-thief" } },
            real with { Envelope = real.Envelope with { Undo = true, Type = "seats.release" } },
            real with { Envelope = real.Envelope with { Saga = null, Step = null, Id = Guid.AllBitsSet } },
            real with { Body = host["t.seats"].Engine.Serializer.Write(new ReserveSeat("T2")) },
        ], CancellationToken.None);
        await Eventually.HoldsAsync("all are dead letters", async () => (await host["t.seats"].Operations.DeadLettersAsync(0, 100)).Count == 5);
        Assert.Empty(_desk.Calls);
        Assert.Equal((0, 0), (wire.Waiting, another.Waiting));

        await transport.SendAsync([real, real], CancellationToken.None);
        var answer = (await wire.NextAsync()).Envelope!;
        Assert.True(Keys.Accepts(answer, host["t.seats"].Engine.Serializer.Write(new SeatReserved("seat of T1"))));
        await wire.NextAsync();
        Assert.Equal(1, _desk.Reserved);
    }

    [Theory, EveryBackend]
    public async Task Stays_one_when_a_person_has_it_tried_again(Backend backend)
    {
        using var ground = new Ground(backend);
        await using var host = await StartDeskAsync(ground, Keys);
        var seats = host["t.seats"];
        await seats.Engine.Transport.SendAsync([new OutgoingMessage(Command(undo: false), seats.Engine.Serializer.Write(new ReserveSeat("T1")))], CancellationToken.None);
        await Eventually.HoldsAsync("it is a dead letter", async () => (await seats.Operations.DeadLettersAsync()).Count == 1);
        await seats.ReplayAsync((await seats.Operations.DeadLettersAsync())[0].Number);
        await Eventually.HoldsAsync("it is a dead letter again", async () => (await seats.Operations.DeadLettersAsync()) is [{ Number: 2 }], host.Time, TimeSpan.FromMilliseconds(10));
        Assert.Empty(_desk.Calls);
    }

    [Theory, EveryBackend]
    public async Task Is_what_a_service_with_another_key_sends(Backend backend)
    {
        using var ground = new Ground(backend);
        await using var host = await Host.StartAsync(
            ground, (Trips, s => s.AddTestSaga(TripSagas.Linear).Configure(o => o with { WireKeys = Keys })), ("t.seats", s => AddDesk(s, WireKeys.None)));
        await host[Trips].StartAsync<TestSaga, Trip>(new Trip("T1"));
        await Eventually.HoldsAsync("the answer is not believed", async () => (await host[Trips].Operations.DeadLettersAsync()) is [{ Reason: var why }] && why.Contains("SKALD_WIRE_KEY", StringComparison.Ordinal));
        Assert.Equal(1, _desk.Reserved);
    }

    private Task<Host> StartDeskAsync(Ground ground, WireKeys? keys = null) => Host.StartAsync(ground, ("t.seats", s => AddDesk(s, keys ?? WireKeys.None)));

    private void AddDesk(SkaldBuilder builder, WireKeys keys)
    {
        builder.Services.AddSingleton(_desk);
        builder.AddHandlers<SeatDesk>().Configure(o => o with { WireKeys = keys });
    }

    private static Envelope Command(bool undo) => Wire.ReserveSeat(Saga, Replies) with
    {
        Id = Decisions.MessageIds.Command(Saga, "reserve seat", Secret, 1, undo), Type = undo ? "seats.release" : "seats.reserve", Undo = undo, Secret = Secret,
    };
}
