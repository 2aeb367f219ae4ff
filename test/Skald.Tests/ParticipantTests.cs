using System.Collections.Concurrent;
using Microsoft.Extensions.DependencyInjection;
using Skald.Decisions;
using Skald.Messaging;
using Skald.Runtime;
using Skald.Storage;
using Skald.Testing;
using Xunit;

namespace Skald.Tests;

/// <summary>Reserves and releases seats, and counts.</summary>
public sealed class SeatDesk
{
    private int _reserved;
    private int _released;

    public int Reserved => _reserved;

    public int Released => _released;

    public ConcurrentQueue<(string Trip, int Attempt)> Calls { get; } = new();

    /// <summary>Trips for which handling throws.</summary>
    public ConcurrentDictionary<string, bool> Failing { get; } = new();

    public Reply<SeatReserved> Handle(ReserveSeat command, MessageContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        Calls.Enqueue((command.Trip, context.Attempt));
        if (Failing.ContainsKey(command.Trip))
        {
            throw new InvalidOperationException("the desk is closed");
        }

        if (command.Trip == "full")
        {
            return new Refusal("Full", "no seats left");
        }

        Interlocked.Increment(ref _reserved);
        return new SeatReserved("seat of " + command.Trip);
    }

    public Reply<Done> Handle(ReleaseSeat command, MessageContext context)
    {
        Interlocked.Increment(ref _released);
        return Done.Instance;
    }
}

public sealed class A_participant
{
    private const string Replies = "t.test.replies";

    private readonly SeatDesk _desk = new();

    [Theory, EveryBackend]
    public async Task Answers_a_duplicate_command_again_without_a_second_effect(Backend backend)
    {
        using var ground = new Ground(backend);
        await using var host = await StartAsync(ground);
        await using var wire = await Wire.StartAsync(host["t.seats"], Replies);
        var command = Command(1);
        await wire.SendAsync(command, new ReserveSeat("T1"));
        var first = await wire.NextAsync();
        await wire.SendAsync(command, new ReserveSeat("T1"));
        var second = await wire.NextAsync();
        Assert.Equal(1, _desk.Reserved);
        Assert.Equal(first.Envelope! with { Time = default, HandledIn = null }, second.Envelope! with { Time = default });
        Assert.Equal("seat of T1", Wire.Read<SeatReserved>(second).Seat);
    }

    [Theory, EveryBackend]
    public async Task Answers_two_copies_in_one_batch_with_one_effect(Backend backend)
    {
        using var ground = new Ground(backend);
        await using var host = await StartAsync(ground);
        await using var wire = await Wire.StartAsync(host["t.seats"], Replies);
        await wire.SendAsync((Command(1), new ReserveSeat("T1")), (Command(1), new ReserveSeat("T1")), (Command(2), new ReserveSeat("T2")));
        for (var i = 0; i < 3; i++)
        {
            await wire.NextAsync();
        }

        Assert.Equal(2, _desk.Reserved);
    }

    [Theory, EveryBackend]
    public async Task Remembers_a_refusal(Backend backend)
    {
        using var ground = new Ground(backend);
        await using var host = await StartAsync(ground);
        await using var wire = await Wire.StartAsync(host["t.seats"], Replies);
        for (var i = 0; i < 2; i++)
        {
            await wire.SendAsync(Command(1), new ReserveSeat("full"));
            var answer = await wire.NextAsync();
            Assert.Equal(MessageKind.Refusal, answer.Envelope!.Kind);
            Assert.Equal("Full", Wire.Read<Refusal>(answer).Type);
        }

        Assert.Single(_desk.Calls);
        await wire.SendAsync(Command(1) with { Attempt = 2, Id = Id(1, 2) }, new ReserveSeat("T1"));
        Assert.Equal(MessageKind.Reply, (await wire.NextAsync()).Envelope!.Kind);
        Assert.Equal(1, _desk.Reserved);
    }

    [Theory, EveryBackend]
    public async Task Answers_an_undo_that_comes_before_its_action_and_refuses_the_action_then(Backend backend)
    {
        using var ground = new Ground(backend);
        await using var host = await StartAsync(ground);
        await using var wire = await Wire.StartAsync(host["t.seats"], Replies);
        await wire.SendAsync(Undo(1), new ReleaseSeat("T1"));
        Assert.Equal(MessageKind.Reply, (await wire.NextAsync()).Envelope!.Kind);
        await wire.SendAsync(Command(1), new ReserveSeat("T1"));
        var answer = await wire.NextAsync();
        Assert.Equal(MessageKind.Refusal, answer.Envelope!.Kind);
        Assert.Equal("AlreadyUndone", Wire.Read<Refusal>(answer).Type);
        Assert.Equal((0, 0), (_desk.Reserved, _desk.Released));
    }

    [Theory, EveryBackend]
    public async Task Undoes_once_however_often_and_under_whichever_attempt_it_is_asked(Backend backend)
    {
        using var ground = new Ground(backend);
        await using var host = await StartAsync(ground);
        await using var wire = await Wire.StartAsync(host["t.seats"], Replies);
        await wire.SendAsync(Command(1), new ReserveSeat("T1"));
        await wire.NextAsync();
        foreach (var undo in new[] { Undo(1), Undo(1), Undo(1) with { Attempt = 2, Id = Id(1, 22) } })
        {
            await wire.SendAsync(undo, new ReleaseSeat("T1"));
            Assert.Equal(MessageKind.Reply, (await wire.NextAsync()).Envelope!.Kind);
        }

        await wire.SendAsync(Command(1) with { Attempt = 2, Id = Id(1, 2) }, new ReserveSeat("T1"));
        Assert.Equal(MessageKind.Refusal, (await wire.NextAsync()).Envelope!.Kind);
        Assert.Equal((1, 1), (_desk.Reserved, _desk.Released));
    }

    [Theory, EveryBackend]
    public async Task Still_knows_a_duplicate_after_a_restart(Backend backend)
    {
        using var ground = new Ground(backend);
        await using (var host = await StartAsync(ground))
        {
            await using var wire = await Wire.StartAsync(host["t.seats"], Replies);
            await wire.SendAsync(Command(1), new ReserveSeat("T1"));
            await wire.NextAsync();
        }

        await using (var host = await StartAsync(ground))
        {
            await using var wire = await Wire.StartAsync(host["t.seats"], Replies);
            await wire.SendAsync(Command(1), new ReserveSeat("T1"));
            Assert.Equal("seat of T1", Wire.Read<SeatReserved>(await wire.NextAsync()).Seat);
        }

        Assert.Equal(1, _desk.Reserved);
    }

    [Theory, EveryBackend]
    public async Task Counts_the_attempts_of_a_message_and_of_its_copies_together(Backend backend)
    {
        using var ground = new Ground(backend);
        await using var host = await StartAsync(ground, o => o with { MaxAttempts = 4, FirstRetryDelay = TimeSpan.FromSeconds(1) });
        await using var wire = await Wire.StartAsync(host["t.seats"], Replies);
        var store = host["t.seats"].Operations;
        _desk.Failing["bad"] = true;
        foreach (var attempts in (int[])[1, 2, 3])
        {
            await wire.SendAsync(Command(2), new ReserveSeat("bad"));
            await Eventually.HoldsAsync($"{attempts} are counted", async () => await store.DelayedAsync(10) is [var one] && one.Attempts == attempts);
        }

        await wire.SendAsync(Command(2), new ReserveSeat("bad"));
        await Eventually.HoldsAsync("it is a dead letter", async () => await store.DeadLettersAsync(0, 10) is [{ Attempts: 4 }]);
        Assert.Empty(await store.DelayedAsync(10));
    }

    [Fact]
    public async Task Leaves_a_delayed_message_alone_that_somebody_else_has_claimed_since()
    {
        using var ground = new Ground(Backend.Memory);
        var store = new SlowStore(new InMemoryStore());
        await using var host = await Host.StartAsync(ground, ("t.seats", s =>
        {
            s.Services.AddSingleton(_desk);
            s.AddHandlers<SeatDesk>().Configure(o => o with { FirstRetryDelay = TimeSpan.FromSeconds(1) });
            s.UseStore(_ => store);
        }));
        await using var wire = await Wire.StartAsync(host["t.seats"], Replies);
        _desk.Failing["bad"] = true;
        await wire.SendAsync(Command(2), new ReserveSeat("bad"));
        await Eventually.HoldsAsync("it failed", async () => await host["t.seats"].Operations.DelayedAsync(10) is [{ Attempts: 1 }]);
        store.ClaimsAreOld = true;
        await Eventually.HoldsAsync("it was found", () => Task.FromResult(store.Found >= 2), host.Time, TimeSpan.FromMilliseconds(500));
        Assert.Single(_desk.Calls.Select(c => c.Attempt).Distinct());
        store.ClaimsAreOld = false;
        await Eventually.HoldsAsync("it was tried again", async () => await host["t.seats"].Operations.DelayedAsync(10) is [{ Attempts: 2 }], host.Time, TimeSpan.FromMilliseconds(500));
    }

    /// <summary>So slow that somebody else has claimed everything by the time that it hands it out.</summary>
    private sealed class SlowStore(InMemoryStore store) : KeptStore(store)
    {
        private int _found;

        public volatile bool ClaimsAreOld;

        public int Found => Volatile.Read(ref _found);

        public override async ValueTask<DueWork> TakeDueAsync(DateTimeOffset now, TimeSpan claimFor, int limit, bool wakes, CancellationToken cancellationToken)
        {
            var due = await base.TakeDueAsync(now, claimFor, limit, wakes, cancellationToken);
            if (!ClaimsAreOld)
            {
                return due;
            }

            Interlocked.Add(ref _found, due.Delayed.Count);
            return due with { Delayed = [.. due.Delayed.Select(row => row with { Due = row.Due - 1 })] };
        }
    }

    [Theory, EveryBackend]
    public async Task Retries_a_handler_that_throws_with_back_off_then_dead_letters_it_while_its_neighbours_go_on(Backend backend)
    {
        using var ground = new Ground(backend);
        await using var host = await StartAsync(ground, o => o with { MaxAttempts = 3, FirstRetryDelay = TimeSpan.FromSeconds(1) });
        await using var wire = await Wire.StartAsync(host["t.seats"], Replies);
        var store = host["t.seats"].Operations;
        _desk.Failing["bad"] = true;
        await wire.SendAsync((Command(1), new ReserveSeat("good")), (Command(2), new ReserveSeat("bad")), (Command(3), new ReserveSeat("fine")));
        var answers = new[] { await wire.NextAsync(), await wire.NextAsync() };
        Assert.Equal(["seat of fine", "seat of good"], answers.Select(a => Wire.Read<SeatReserved>(a).Seat).Order());

        await Eventually.HoldsAsync("the message waits for its second try", async () => await store.DelayedAsync(10) is [{ Attempts: 1 }]);
        var delayed = (await store.DelayedAsync(10))[0];
        Assert.Equal(host.Time.GetUtcNow().AddSeconds(1), delayed.Due);
        Assert.Contains("the desk is closed", delayed.Reason, StringComparison.Ordinal);

        await Eventually.HoldsAsync("it was tried again", async () => await store.DelayedAsync(10) is [{ Attempts: 2 }], host.Time, TimeSpan.FromMilliseconds(250));
        await Eventually.HoldsAsync("it is a dead letter", async () => await store.DeadLettersAsync(0, 10) is [{ Attempts: 3 }], host.Time, TimeSpan.FromMilliseconds(250));
        Assert.Empty(await store.DelayedAsync(10));
        Assert.Equal([1, 2, 3], _desk.Calls.Where(c => c.Trip == "bad").Select(c => c.Attempt).Distinct());

        // Its saga is told: nothing else might ever tell it.
        var gaveUp = await wire.NextAsync();
        Assert.Equal((MessageKind.Refusal, "skald.gave-up", "reserve seat", 1), (gaveUp.Envelope!.Kind, gaveUp.Envelope.Type, gaveUp.Envelope.Step, gaveUp.Envelope.Attempt));
        Assert.Contains("the desk is closed", Wire.Read<Refusal>(gaveUp).Message, StringComparison.Ordinal);

        _desk.Failing.Clear();
        await host["t.seats"].ReplayAsync((await store.DeadLettersAsync(0, 10))[0].Number);
        await Eventually.HoldsAsync("the replayed message is answered", () => Task.FromResult(wire.Waiting > 0), host.Time, TimeSpan.FromMilliseconds(10));
        Assert.Equal("seat of bad", Wire.Read<SeatReserved>(await wire.NextAsync()).Seat);
        Assert.Empty(await store.DeadLettersAsync(0, 10));
        await Assert.ThrowsAsync<KeyNotFoundException>(() => host["t.seats"].ReplayAsync(77));
    }

    [Theory, EveryBackend]
    public async Task Dead_letters_what_it_cannot_read_with_the_reason_and_goes_on(Backend backend)
    {
        using var ground = new Ground(backend);
        await using var host = await StartAsync(ground);
        await using var wire = await Wire.StartAsync(host["t.seats"], Replies);
        var service = host["t.seats"];
        await wire.SendAsync(
            (Command(1), "{\"trip\":"u8.ToArray()), (Command(2) with { Type = "seats.paint" }, new ReserveSeat("T1")),
            (Command(3) with { Kind = MessageKind.Event, Saga = null }, new TripApproved("Ann")),
            (Command(4) with { Kind = MessageKind.Reply }, Done.Instance),
            (Command(5), new ReserveSeat("T5")));
        service.Engine.Lanes.Add(new MessageWork(new Delivery("it is not JSON", new byte[] { 1, 2 })));
        Delivery[] answers = [await wire.NextAsync(), await wire.NextAsync(), await wire.NextAsync()];
        Assert.Equal("seat of T5", Wire.Read<SeatReserved>(Assert.Single(answers, a => a.Envelope!.Kind == MessageKind.Reply)).Seat);
        Assert.Equal(2, answers.Count(a => a.Envelope!.Type == "skald.gave-up"));
        await Eventually.HoldsAsync("there are five dead letters", async () => (await service.Operations.DeadLettersAsync(0, 10)).Count == 5);
        var reasons = (await service.Operations.DeadLettersAsync(0, 10)).Select(d => d.Reason).ToList();
        Assert.Contains(reasons, r => r.Contains("no handler for 'seats.paint'", StringComparison.Ordinal));
        Assert.Contains(reasons, r => r.Contains("not believed: an event for a saga", StringComparison.Ordinal));
        Assert.Contains(reasons, r => r.Contains("does not bring back the secret", StringComparison.Ordinal));
        Assert.Contains(reasons, r => r.Contains("it is not JSON", StringComparison.Ordinal));
        Assert.Equal(1, _desk.Reserved);
        Assert.Null(service.Problem);
    }

    private async Task<Host> StartAsync(Ground ground, Func<SkaldOptions, SkaldOptions>? options = null) =>
        await Host.StartAsync(ground, ("t.seats", builder =>
        {
            builder.Services.AddSingleton(_desk);
            builder.AddHandlers<SeatDesk>().Configure(options ?? (o => o));
        }));

    private static Guid Id(int saga, int number) => new(saga, (short)number, 9, new byte[8]);

    private static Envelope Command(int saga) => new()
    {
        Id = Id(saga, 1),
        Type = "seats.reserve",
        Kind = MessageKind.Command,
        Source = "t.test",
        Destination = "t.seats.commands",
        ReplyTo = Replies,
        Saga = new SagaId(new Guid(saga, 0, 0, new byte[8])),
        Step = "reserve seat",
        Attempt = 1,
        Time = new DateTimeOffset(2030, 1, 1, 0, 0, 0, TimeSpan.Zero),
    };

    private static Envelope Undo(int saga) => Command(saga) with { Id = Id(saga, 21), Type = "seats.release", Undo = true };
}

/// <summary>Runs a theory on every pair of store and transport.</summary>
public sealed class EveryBackendAttribute : Xunit.v3.DataAttribute
{
    public override ValueTask<IReadOnlyCollection<ITheoryDataRow>> GetData(System.Reflection.MethodInfo testMethod, Xunit.Sdk.DisposalTracker disposalTracker) =>
        new([.. Enum.GetValues<Backend>().Select(backend => new TheoryDataRow<Backend>(backend))]);

    public override bool SupportsDiscoveryEnumeration() => true;
}
