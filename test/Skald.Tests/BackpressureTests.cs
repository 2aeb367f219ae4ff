using System.Collections.Concurrent;
using Microsoft.Extensions.DependencyInjection;
using Skald.Decisions;
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
        await using var host = await StartAsync(ground, OneStep);
        await using var seats = await Wire.StartAsync(host[Trips], "t.seats.commands");
        await AnsweredAfterAsync(host, seats, Tenth + TimeSpan.FromSeconds(2), handledIn);

        var next = host[Trips].StartAsync<TestSaga, Trip>(new Trip("T2"));
        if (theyWait)
        {
            await host.RequestsHaveTheirTurnAsync(Trips);
            Assert.False(next.IsCompleted);
            host.Time.Advance(Tenth);
        }

        await next.WaitAsync(Eventually.Patience, TestContext.Current.CancellationToken);
    }

    [Fact]
    public async Task Keeps_them_waiting_for_as_long_as_its_answers_are_late()
    {
        using var ground = new Ground(Backend.Sqlite);
        await using var host = await StartAsync(ground, OneStep);
        await using var seats = await Wire.StartAsync(host[Trips], "t.seats.commands");
        var first = await AskedAsync(host, seats);
        var second = await AskedAsync(host, seats);
        host.Time.Advance(Tenth + TimeSpan.FromSeconds(1));
        await AnswerAsync(host, seats, first, 0);
        var next = host[Trips].StartAsync<TestSaga, Trip>(new Trip("T2"));
        host.Time.Advance(TimeSpan.FromSeconds(2));
        await AnswerAsync(host, seats, second, 0);
        host.Time.Advance(TimeSpan.FromSeconds(2));
        await host.RequestsHaveTheirTurnAsync(Trips);
        Assert.False(next.IsCompleted);

        host.Time.Advance(TimeSpan.FromSeconds(1));
        await next.WaitAsync(Eventually.Patience, TestContext.Current.CancellationToken);
    }

    [Fact]
    public async Task Keeps_nobody_waiting_for_a_step_that_has_no_deadline_to_miss()
    {
        using var ground = new Ground(Backend.Sqlite);
        var definite = new TestSaga(saga => saga.Pivot("reserve seat").Send(t => new ReserveSeat(t.Id)), "definite");
        await using var host = await StartAsync(ground, definite);
        await using var seats = await Wire.StartAsync(host[Trips], "t.seats.commands");
        await AnsweredAfterAsync(host, seats, Tenth * 2, 0);

        await host[Trips].StartAsync<TestSaga, Trip>(new Trip("T2")).WaitAsync(Eventually.Patience, TestContext.Current.CancellationToken);
    }

    [Fact]
    public async Task Keeps_them_waiting_too_when_its_answer_came_after_the_deadline()
    {
        using var ground = new Ground(Backend.Sqlite);
        var only = new TestSaga(saga => saga.Step("reserve seat").Send(t => new ReserveSeat(t.Id)).NothingToUndo("a test"), "looks-only");
        await using var host = await StartAsync(ground, only);
        await using var seats = await Wire.StartAsync(host[Trips], "t.seats.commands");
        var asked = await AskedAsync(host, seats);
        await Eventually.HoldsAsync(
            "its deadline has passed", async () => (await host[Trips].FindSagaAsync(asked.Saga))!.Status == SagaStatus.Compensated, host.Time, TimeSpan.FromSeconds(1));
        await AnswerAsync(host, seats, asked, 0);
        await Eventually.HoldsAsync("the answer was seen", async () => (await host[Trips].Operations.TimelineAsync(asked.Saga)).Any(e => e.Kind == JournalKind.Late));

        var next = host[Trips].StartAsync<TestSaga, Trip>(new Trip("T2"));
        await host.RequestsHaveTheirTurnAsync(Trips);
        Assert.False(next.IsCompleted);
        host.Time.Advance(Tenth);
        await next.WaitAsync(Eventually.Patience, TestContext.Current.CancellationToken);
    }

    [Fact]
    public async Task Leaves_requests_their_places_however_many_starts_wait()
    {
        using var ground = new Ground(Backend.Sqlite);
        await using var host = await StartAsync(ground, OneStep, o => o with { RequestsWaiting = 2 });
        await using var seats = await Wire.StartAsync(host[Trips], "t.seats.commands");
        await AnsweredAfterAsync(host, seats, Tenth * 2, 0);
        List<Task> starts = [.. Enumerable.Range(0, 3).Select(_ => host[Trips].StartAsync<TestSaga, Trip>(new Trip("T2")))];

        Assert.Contains("2 starts are waiting", (await Assert.ThrowsAsync<OverloadedException>(() => starts[2])).Message, StringComparison.Ordinal);
        await host.RequestsHaveTheirTurnAsync(Trips);
        host.Time.Advance(Tenth);
        await Task.WhenAll(starts[..2]).WaitAsync(Eventually.Patience, TestContext.Current.CancellationToken);
    }

    [Theory]
    [InlineData(30_000, 3000)]
    [InlineData(2000, 250)]
    [InlineData(500, 166)]
    public void May_let_a_command_lie_for_a_tenth_of_its_time_and_for_a_moment(int within, int unread) =>
        Assert.Equal(unread, (int)new QueueTime("", null, default, TimeSpan.FromMilliseconds(within)).Most.TotalMilliseconds);

    [Fact]
    public async Task Is_not_taken_for_late_by_a_copy_that_comes_when_its_step_is_undone_for_another()
    {
        using var ground = new Ground(Backend.Sqlite);
        var two = new TestSaga(
            saga =>
            {
                saga.Step("reserve seat").Send(t => new ReserveSeat(t.Id)).NothingToUndo("a test");
                saga.Step("book room").Send(t => new BookRoom(t.Id)).NothingToUndo("a test");
            },
            "two-steps");
        await using var host = await StartAsync(ground, two);
        await using var seats = await Wire.StartAsync(host[Trips], "t.seats.commands");
        await using var rooms = await Wire.StartAsync(host[Trips], "t.rooms.commands");
        var asked = await AskedAsync(host, seats);
        var inTime = Wire.Answer(asked.Command) with { HandledIn = TimeSpan.Zero };
        await seats.SendAsync(inTime, new SeatReserved("12A"));
        await rooms.SendAsync(Wire.Answer((await rooms.NextAsync()).Envelope!, MessageKind.Refusal), new Refusal("Full", "no room"));
        await Eventually.HoldsAsync("it has turned back", async () => (await host[Trips].FindSagaAsync(asked.Saga))!.Status == SagaStatus.Compensated);
        await seats.SendAsync(inTime, new SeatReserved("12A"));
        await Eventually.HoldsAsync("the copy was seen", async () => (await host[Trips].Operations.TimelineAsync(asked.Saga)).Any(e => e.Kind == JournalKind.Late));

        await host[Trips].StartAsync<TestSaga, Trip>(new Trip("T2")).WaitAsync(Eventually.Patience, TestContext.Current.CancellationToken);
    }

    [Fact]
    public async Task Is_heard_where_batches_are_of_one_and_starts_never_end()
    {
        using var ground = new Ground(Backend.Sqlite);
        await using var host = await StartAsync(ground, OneStep, o => o with { BatchSize = 1, Window = 1 });
        await using var seats = await Wire.StartAsync(host[Trips], "t.seats.commands");
        var asked = await AskedAsync(host, seats);
        using var answered = new CancellationTokenSource();
        var starters = Enumerable.Range(0, 8).Select(async _ =>
        {
            while (!answered.IsCancellationRequested)
            {
                await host[Trips].StartAsync<TestSaga, Trip>(new Trip("T2"));
            }
        }).ToList();

        await AnswerAsync(host, seats, asked, null);
        await answered.CancelAsync();
        await Task.WhenAll(starters);
    }

    [Fact]
    public async Task Keeps_nobody_waiting_in_a_service_that_stops()
    {
        using var ground = new Ground(Backend.Sqlite);
        var host = await StartAsync(ground, OneStep);
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
        await using var host = await StartAsync(ground, OneStep, o => o with { RequestPatience = TimeSpan.FromMilliseconds(800) });
        await using var seats = await Wire.StartAsync(host[Trips], "t.seats.commands");
        await AnsweredAfterAsync(host, seats, Tenth * 2, 0);
        var next = host[Trips].StartAsync<TestSaga, Trip>(new Trip("T2"));
        host.Time.Advance(TimeSpan.FromSeconds(2));

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

    // With a lease that is long beside the time that these tests let pass at once: a process that stood still judges nobody.
    private static Task<Host> StartAsync(Ground ground, TestSaga saga, Func<SkaldOptions, SkaldOptions>? configure = null) => Host.StartAsync(
        ground, (Trips, s => s.AddTestSaga(saga).Configure(o => (configure?.Invoke(o) ?? o) with { Lease = TimeSpan.FromMinutes(10) })));

    private static async Task AnsweredAfterAsync(Host host, Wire seats, TimeSpan age, int? handledIn)
    {
        var asked = await AskedAsync(host, seats);
        host.Time.Advance(age);
        await AnswerAsync(host, seats, asked, handledIn);
    }

    private static async Task<(SagaId Saga, Envelope Command)> AskedAsync(Host host, Wire seats)
    {
        // What was sent while the service had just come says nothing about others.
        host.Time.Advance(TimeSpan.FromSeconds(3));
        var saga = (await host[Trips].StartAsync<TestSaga, Trip>(new Trip("T1"))).Id;
        return (saga, (await seats.NextAsync()).Envelope!);
    }

    private static async Task AnswerAsync(Host host, Wire seats, (SagaId Saga, Envelope Command) asked, int? handledIn)
    {
        var answer = Wire.Answer(asked.Command) with { HandledIn = handledIn is { } milliseconds ? TimeSpan.FromMilliseconds(milliseconds) : null };
        await seats.SendAsync(answer, new SeatReserved("12A"));
        await Eventually.HoldsAsync("it is answered", async () => (await host[Trips].FindSagaAsync(asked.Saga))!.Status is not (SagaStatus.Running or SagaStatus.Compensating));
    }
}
