using Skald.Messaging;
using Skald.Testing;
using Xunit;

namespace Skald.Tests;

/// <summary>An answer that cannot be read, or leads to a state that cannot be stored: the step fails with its own reason, at once.</summary>
public sealed class An_answer_that_a_saga_cannot_use
{
    private static readonly TestSaga Weighing = new(
        saga =>
        {
            saga.Step("reserve seat").Send(t => new ReserveSeat(t.Id)).OnReply((t, r) => t with { Seat = r.Seat }).Undo(t => new ReleaseSeat(t.Id));
            saga.Step("book room").Send(t => new BookRoom(t.Id)).Undo(t => new CancelRoom(t.Id));
        },
        "weighing");

    [Theory, EveryBackend]
    public async Task Fails_the_step_with_the_reason_when_it_cannot_be_read(Backend backend)
    {
        var saga = await AnsweredAsync(backend, Weighing, "{\"seat\":7}"u8.ToArray());
        Assert.Equal((SagaStatus.Compensated, "reserve seat", "UnreadableReply"), (saga.Status, saga.FailedStep, saga.Failure?.Type));
    }

    [Theory, EveryBackend]
    public async Task Fails_the_step_with_the_reason_when_the_state_cannot_be_stored(Backend backend)
    {
        var saga = await AnsweredAsync(backend, new TestSaga(
            s => s.Step("reserve seat").Send(t => new ReserveSeat(t.Id)).OnReply((t, r) => t with { Weight = double.NaN }).Undo(t => new ReleaseSeat(t.Id)), "nan"), new SeatReserved("12A"));
        Assert.Equal((SagaStatus.Compensated, "reserve seat"), (saga.Status, saga.FailedStep));
        Assert.Contains("cannot be stored", saga.Failure?.Message, StringComparison.Ordinal);
    }

    [Theory, EveryBackend]
    public async Task Retries_a_local_step_whose_state_cannot_be_stored(Backend backend)
    {
        var tries = 0;
        using var ground = new Ground(backend);
        var definition = new TestSaga(
            s =>
            {
                s.Step("reserve seat").Send(t => new ReserveSeat(t.Id)).NothingToUndo("a test");
                s.Step("weigh").Do((t, _) => t with { Weight = ++tries < 3 ? double.NaN : 5 }).NothingToUndo("it only looks");
            },
            "local-nan");
        await using var host = await Host.StartAsync(ground, ("t.trips", s => s.AddTestSaga(definition)));
        await using var seats = await Wire.StartAsync(host["t.trips"], "t.seats.commands");
        var start = await host["t.trips"].StartAsync<TestSaga, Trip>(new Trip("T1"));
        await seats.SendAsync(Wire.Answer((await seats.NextAsync()).Envelope!), new SeatReserved("12A"));
        await Eventually.HoldsAsync(
            "it is completed", async () => (await host["t.trips"].FindSagaAsync(start.Id))!.Status == SagaStatus.Completed, host.Time, TimeSpan.FromSeconds(1));
        Assert.Equal(3, tries);
    }

    [Theory, EveryBackend]
    public async Task Still_counts_as_a_refusal_when_the_state_that_takes_it_in_cannot_be_stored(Backend backend)
    {
        var definition = new TestSaga(
            s => s.Step("reserve seat").Send(t => new ReserveSeat(t.Id)).OnRefusal<Refusal>((t, _) => t with { Weight = double.NaN }).Undo(t => new ReleaseSeat(t.Id)), "refused-nan");
        var saga = await AnsweredAsync(backend, definition, new Refusal("Full", "no seats left"), MessageKind.Refusal);
        Assert.Equal((SagaStatus.Compensated, "Full"), (saga.Status, saga.Failure?.Type));
    }

    [Theory, EveryBackend]
    public async Task Parks_a_saga_past_the_point_of_no_return_with_the_reason(Backend backend)
    {
        var definition = new TestSaga(
            s => s.Pivot("reserve seat").Send(t => new ReserveSeat(t.Id)).OnReply((t, r) => t with { Weight = double.NaN }), "pivot-nan");
        var saga = await AnsweredAsync(backend, definition, new SeatReserved("12A"));
        Assert.Equal(SagaStatus.Parked, saga.Status);
        Assert.Contains("cannot be stored", saga.ParkReason, StringComparison.Ordinal);
    }

    [Theory, EveryBackend]
    public async Task Is_taken_in_when_the_saga_is_resumed_by_a_program_that_can(Backend backend)
    {
        var weight = double.NaN;
        var definition = new TestSaga(
            s => s.Pivot("reserve seat").Send(t => new ReserveSeat(t.Id)).OnReply((t, r) => t with { Seat = r.Seat, Weight = weight }), "pivot-nan");
        using var ground = new Ground(backend);
        await using var host = await Host.StartAsync(ground, ("t.trips", s => s.AddTestSaga(definition)));
        await using var seats = await Wire.StartAsync(host["t.trips"], "t.seats.commands");
        var start = await host["t.trips"].StartAsync<TestSaga, Trip>(new Trip("T1"));
        await seats.SendAsync(Wire.Answer((await seats.NextAsync()).Envelope!), new SeatReserved("12A"));
        Assert.Equal(SagaStatus.Parked, (await host["t.trips"].WaitAsync(start.Id)).Status);

        weight = 5;
        await host["t.trips"].ResumeAsync(start.Id);
        var saga = (await host["t.trips"].FindSagaAsync(start.Id))!;
        Assert.Equal((SagaStatus.Completed, "12A"), (saga.Status, saga.State.GetProperty("seat").GetString()));
        Assert.Equal(0, seats.Waiting);
    }

    [Fact]
    public void Is_asked_for_again_when_it_was_not_kept()
    {
        var spec = SagaSpec.Given(
                new TestSaga(s =>
                {
                    s.Step("book room").Send(t => new BookRoom(t.Id)).Undo(t => new CancelRoom(t.Id));
                    s.Pivot("reserve seat").Send(t => new ReserveSeat(t.Id)).OnReply((t, r) => t with { Seat = r.Seat });
                }),
                new Trip("T1"))
            .Replies(new RoomBooked("1")).Sends(new BookRoom("T1")).Sends(new ReserveSeat("T1"))
            .Takes(new Decisions.SagaInput.Unusable("reserve seat", 1, "TooLarge", "it is too large", Json: null)).IsNow(SagaStatus.Parked);
        spec.IsResumed().Sends(new ReserveSeat("T1")).IsNow(SagaStatus.Running);
        Assert.Equal(1, spec.Saga.Steps[1].Attempt);
        spec.Replies(new SeatReserved("12A")).IsNow(SagaStatus.Completed).StateIs(t => t.Seat == "12A");
    }

    [Fact]
    public void Is_asked_for_as_long_as_it_takes_when_it_is_known_to_be_done()
    {
        var spec = SagaSpec.Given(
                new TestSaga(s =>
                {
                    s.Step("book room").Send(t => new BookRoom(t.Id)).Undo(t => new CancelRoom(t.Id));
                    s.Pivot("reserve seat").Send(t => new ReserveSeat(t.Id)).OnReply((t, r) => t with { Seat = r.Seat }).Undo(t => new ReleaseSeat(t.Id)).Within(TimeSpan.FromSeconds(10));
                }),
                new Trip("T1"))
            .Replies(new RoomBooked("1"))
            .Takes(new Decisions.SagaInput.Unusable("reserve seat", 1, "TooLarge", "it is too large", Json: null)).IsNow(SagaStatus.Parked).IsResumed();
        spec.After(TimeSpan.FromDays(30)).IsNow(SagaStatus.Running).Replies(new SeatReserved("12A")).IsNow(SagaStatus.Completed);
    }

    [Fact]
    public async Task Refuses_to_start_with_a_state_that_cannot_be_stored()
    {
        using var ground = new Ground(Backend.Memory);
        await using var host = await Host.StartAsync(ground, ("t.trips", s => s.AddTestSaga(Weighing)));
        var refused = await Assert.ThrowsAnyAsync<Exception>(() => host["t.trips"].StartAsync<TestSaga, Trip>(new Trip("T1") with { Weight = double.NaN }));
        Assert.Contains("cannot be written as valid JSON", refused.Message, StringComparison.Ordinal);
    }

    private static async Task<SagaSnapshot> AnsweredAsync(Backend backend, TestSaga definition, object answer, MessageKind kind = MessageKind.Reply)
    {
        using var ground = new Ground(backend);
        await using var host = await Host.StartAsync(ground, ("t.trips", s => s.AddTestSaga(definition)));
        await using var seats = await Wire.StartAsync(host["t.trips"], "t.seats.commands");
        var start = await host["t.trips"].StartAsync<TestSaga, Trip>(new Trip("T1"));
        await seats.SendAsync(Wire.Answer((await seats.NextAsync()).Envelope!, kind), answer);
        var ended = host["t.trips"].WaitAsync(start.Id);
        while (!ended.IsCompleted)
        {
            // Whatever is asked now is an undo.
            var next = seats.NextAsync();
            if (await Task.WhenAny(next, ended) == next)
            {
                Assert.True((await next).Envelope!.Undo);
                await seats.SendAsync(Wire.Answer((await next).Envelope!), Done.Instance);
            }
        }

        return await ended;
    }
}

internal static class TestSagaRegistration
{
    public static SkaldBuilder AddTestSaga(this SkaldBuilder builder, TestSaga definition)
    {
        Microsoft.Extensions.DependencyInjection.ServiceCollectionServiceExtensions.AddSingleton(builder.Services, definition);
        return builder.AddSaga<TestSaga>();
    }
}
