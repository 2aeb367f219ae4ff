using System.Collections.Concurrent;
using Microsoft.Extensions.DependencyInjection;
using Skald.Messaging;
using Skald.Testing;
using Xunit;

namespace Skald.Tests;

/// <summary>Sells seats; before each sale the test may let time pass.</summary>
public sealed class TimedSeats(FakeTime time, ConcurrentQueue<TimeSpan> takes)
{
    public Reply<SeatReserved> Handle(ReserveSeat command, MessageContext context)
    {
        if (takes.TryDequeue(out var span))
        {
            time.Advance(span);
        }

        return new SeatReserved("12A");
    }
}

/// <summary>A participant that is behind says so with its answers; new sagas wait until it keeps up.</summary>
public sealed class A_participant_that_is_behind
{
    private const string Trips = "t.trips";

    // Of the thirty seconds that a step has unless it says otherwise, a tenth.
    private static readonly TimeSpan Tenth = TimeSpan.FromSeconds(3);

    private static readonly TestSaga OneStep = new(saga => saga.Step("reserve seat").Send(t => new ReserveSeat(t.Id)).Undo(t => new ReleaseSeat(t.Id)), "one-step");

    [Theory]
    [InlineData(0, true)]
    [InlineData(1000, true)]
    [InlineData(3000, false)]
    [InlineData(null, false)]
    public async Task Keeps_new_sagas_waiting_only_by_what_it_had_not_begun(int? handledIn, bool theyWait)
    {
        using var ground = new Ground(Backend.Sqlite);
        await using var host = await Host.StartAsync(ground, (Trips, s => s.AddTestSaga(OneStep)));
        await using var seats = await Wire.StartAsync(host[Trips], "t.seats.commands");
        await AnsweredAfterAsync(host, seats, Tenth + TimeSpan.FromSeconds(2), handledIn);

        var next = host[Trips].StartAsync<TestSaga, Trip>(new Trip("T2"));
        // A request has its turn all the same, and those that waited longer had it before.
        await host[Trips].ExecuteAsync(_ => new ValueTask<int>(1));
        Assert.Equal(theyWait, !next.IsCompleted);

        host.Time.Advance(TimeSpan.FromSeconds(1));
        await next.WaitAsync(Eventually.Patience, TestContext.Current.CancellationToken);
    }

    [Fact]
    public async Task Keeps_them_waiting_for_as_long_as_its_answers_are_late()
    {
        using var ground = new Ground(Backend.Sqlite);
        await using var host = await Host.StartAsync(ground, (Trips, s => s.AddTestSaga(OneStep)));
        await using var seats = await Wire.StartAsync(host[Trips], "t.seats.commands");
        var asked = new List<(SagaId Saga, Envelope Command)>();
        for (var i = 0; i < 2; i++)
        {
            var saga = (await host[Trips].StartAsync<TestSaga, Trip>(new Trip("T1"))).Id;
            asked.Add((saga, (await seats.NextAsync()).Envelope!));
        }

        host.Time.Advance(Tenth + TimeSpan.FromSeconds(1));
        await AnswerAsync(host, seats, asked[0], 0);
        var next = host[Trips].StartAsync<TestSaga, Trip>(new Trip("T2"));
        host.Time.Advance(TimeSpan.FromMilliseconds(900));
        await AnswerAsync(host, seats, asked[1], 0);
        host.Time.Advance(TimeSpan.FromMilliseconds(900));
        await host[Trips].ExecuteAsync(_ => new ValueTask<int>(1));
        Assert.False(next.IsCompleted);

        host.Time.Advance(TimeSpan.FromMilliseconds(100));
        await next.WaitAsync(Eventually.Patience, TestContext.Current.CancellationToken);
    }

    [Fact]
    public async Task Keeps_nobody_waiting_in_a_service_that_stops()
    {
        using var ground = new Ground(Backend.Sqlite);
        var host = await Host.StartAsync(ground, (Trips, s => s.AddTestSaga(OneStep)));
        await using var seats = await Wire.StartAsync(host[Trips], "t.seats.commands");
        await AnsweredAfterAsync(host, seats, Tenth * 2, 0);
        var next = host[Trips].StartAsync<TestSaga, Trip>(new Trip("T2"));
        await host.DisposeAsync();

        var refused = await Assert.ThrowsAsync<InvalidOperationException>(() => next.WaitAsync(Eventually.Patience, TestContext.Current.CancellationToken));
        Assert.Contains("has stopped", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Keeps_them_waiting_no_longer_than_requests_have_patience()
    {
        using var ground = new Ground(Backend.Sqlite);
        await using var host = await Host.StartAsync(
            ground, (Trips, s => s.AddTestSaga(OneStep).Configure(o => o with { RequestPatience = TimeSpan.FromMilliseconds(800) })));
        await using var seats = await Wire.StartAsync(host[Trips], "t.seats.commands");
        await AnsweredAfterAsync(host, seats, Tenth * 2, 0);
        var next = host[Trips].StartAsync<TestSaga, Trip>(new Trip("T2"));
        host.Time.Advance(TimeSpan.FromMilliseconds(950));

        await Assert.ThrowsAsync<OverloadedException>(() => next.WaitAsync(Eventually.Patience, TestContext.Current.CancellationToken));
        Assert.Equal(1, (await host[Trips].Operations.CountSagasAsync(new SagaQuery())).Value);
    }

    [Fact]
    public async Task Says_how_long_it_was_at_a_command_and_nothing_when_it_does_not_know()
    {
        using var ground = new Ground(Backend.Sqlite);
        var takes = new ConcurrentQueue<TimeSpan>([TimeSpan.FromSeconds(2)]);
        await using var host = await Host.StartAsync(ground, ("t.seats", s =>
        {
            s.Services.AddSingleton(new TimedSeats(ground.Time, takes));
            s.AddHandlers<TimedSeats>();
        }));
        await using var wire = await Wire.StartAsync(host["t.seats"], "t.test.replies");
        var command = Wire.ReserveSeat(new SagaId(new Guid(1, 1, 1, new byte[8])), "t.test.replies");

        await wire.SendAsync(command, new ReserveSeat("T1"));
        Assert.Equal(TimeSpan.FromSeconds(2), (await wire.NextAsync()).Envelope!.HandledIn);

        // A copy: the ledger knows the answer, and not how long it took.
        await wire.SendAsync(command, new ReserveSeat("T1"));
        Assert.Null((await wire.NextAsync()).Envelope!.HandledIn);
    }

    private static async Task AnsweredAfterAsync(Host host, Wire seats, TimeSpan age, int? handledIn)
    {
        var saga = (await host[Trips].StartAsync<TestSaga, Trip>(new Trip("T1"))).Id;
        var command = (await seats.NextAsync()).Envelope!;
        host.Time.Advance(age);
        await AnswerAsync(host, seats, (saga, command), handledIn);
    }

    private static async Task AnswerAsync(Host host, Wire seats, (SagaId Saga, Envelope Command) asked, int? handledIn)
    {
        var answer = Wire.Answer(asked.Command) with { HandledIn = handledIn is { } milliseconds ? TimeSpan.FromMilliseconds(milliseconds) : null };
        await seats.SendAsync(answer, new SeatReserved("12A"));
        await Eventually.HoldsAsync("it is answered", async () => (await host[Trips].FindSagaAsync(asked.Saga))!.Status == SagaStatus.Completed);
    }
}
