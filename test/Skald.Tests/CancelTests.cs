using Skald.Decisions;
using Skald.Testing;
using Xunit;

namespace Skald.Tests;

/// <summary>Somebody outside asks a saga to turn back.</summary>
public sealed class A_saga_that_is_cancelled
{
    private const string Trips = "t.trips";

    private static SagaSpec<Trip> Given(TestSaga saga) => SagaSpec.Given(saga, new Trip("T1"));

    [Fact]
    public void Waits_for_what_is_open_and_undoes_it_in_reverse_order()
    {
        var spec = Given(TripSagas.Linear).Replies(new SeatReserved("1A")).IsCancelled("changed my mind").Answered(CancelOutcome.TurnsBack);
        Assert.Equal(SagaStatus.Running, spec.Saga.Status);
        spec.Replies(new RoomBooked("101")).Acknowledges("book room").Acknowledges("reserve seat");
        Assert.Equal(SagaStatus.Compensated, spec.Saga.Status);
        Assert.Equal(new SagaFailure("book room", "Cancelled", "changed my mind"), spec.Saga.Failure);
    }

    [Fact]
    public void Does_not_wait_for_people() => Assert.Equal(
        SagaStatus.Compensated, Given(TripSagas.WithWait).Replies(new SeatReserved("1A")).IsCancelled().Answered(CancelOutcome.TurnsBack).Acknowledges("reserve seat").Saga.Status);

    [Fact]
    public void Does_not_turn_back_twice() => Given(TripSagas.Linear).Refuses().IsCancelled().Answered(CancelOutcome.Ended);

    [Fact]
    public void Says_that_it_has_turned_back_before() =>
        Given(TripSagas.Linear).Replies(new SeatReserved("1A")).Refuses().IsCancelled().Answered(CancelOutcome.TurnsBackAlready);

    [Fact]
    public void Goes_on_while_its_point_of_no_return_is_under_way_and_after_it()
    {
        var spec = Given(TripSagas.WithPivot).Replies(new SeatReserved("1A")).IsCancelled().Answered(CancelOutcome.Refused);
        spec.Replies(new CardCharged("R1")).IsCancelled().Answered(CancelOutcome.Refused);
        Assert.Equal(SagaStatus.Running, spec.Saga.Status);
    }

    [Fact]
    public void Goes_on_when_its_point_of_no_return_was_not_needed()
    {
        var saga = new TestSaga(s =>
        {
            s.Pivot("charge card").Send(t => new ChargeCard(t.Id)).NothingToUndo("a test").When(_ => false);
            s.Retriable("print ticket").Send(t => new PrintTicket(t.Id)).ParkIfRefused();
            s.Retriable("send mail").Send(t => new SendMail(t.Id)).ParkIfRefused();
        });
        var spec = Given(saga).Acknowledges("print ticket").IsCancelled().Answered(CancelOutcome.Refused).Refuses("send mail", new Refusal("No", "no"));
        Assert.Equal(SagaStatus.Parked, spec.Saga.Status);
    }

    [Fact]
    public void Turns_back_when_its_definition_has_nothing_against_it() => Given(Forbidding(t => t.Seat is null ? null : "the seat is taken"))
        .IsCancelled().Answered(CancelOutcome.TurnsBack);

    [Fact]
    public void Does_not_ask_again_after_a_refusal()
    {
        var saga = new TestSaga(s => s.Step("reserve seat").Send(t => new ReserveSeat(t.Id)).Undo(t => new ReleaseSeat(t.Id)).RetryRefused(5, TimeSpan.FromMinutes(1)));
        Assert.Equal(SagaStatus.Compensated, Given(saga).IsCancelled().Refuses().Saga.Status);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Is_refused_when_its_definition_forbids_it_or_cannot_say(bool throws)
    {
        var spec = Given(Forbidding(_ => throws ? throw new InvalidOperationException("a bug") : "the seat is taken")).IsCancelled().Answered(CancelOutcome.Refused);
        Assert.Equal(SagaStatus.Running, spec.Saga.Status);
    }

    [Fact]
    public void Turns_back_from_where_it_is_parked()
    {
        var spec = Given(TripSagas.Linear).Replies(new SeatReserved("1A")).Takes(new SagaInput.Broken("a test")).IsCancelled().Answered(CancelOutcome.TurnsBack);
        spec.Replies(new RoomBooked("101")).Acknowledges("book room").Acknowledges("reserve seat");
        Assert.Equal(SagaStatus.Compensated, spec.Saga.Status);
    }

    [Theory]
    [InlineData(nameof(TripSagas.Linear))]
    [InlineData(nameof(TripSagas.WithPivot))]
    [InlineData(nameof(TripSagas.WithPivotThatCanBeUndone))]
    [InlineData(nameof(TripSagas.WithParallel))]
    [InlineData(nameof(TripSagas.WithWait))]
    public void Ends_well_whenever_it_is_cancelled(string definition)
    {
        // Each is one of the reference definitions.
        var saga = (TestSaga)typeof(TripSagas).GetProperty(definition)!.GetValue(null)!;
        SagaVerifier.For(saga.Plan()).StartedWith(new Trip("T1")).WithSample(new SeatReserved("1A")).WithSample(new RoomBooked("101")).WithSample(new TripApproved("Ann"))
            .Faults(f => f with { Cancels = 2, Resumes = 1, LocalFaults = 0, UndoFailures = 0 }).Verify().ShouldHold();
    }

    [Theory, EveryBackend]
    public async Task Says_who_wanted_it_and_why(Backend backend)
    {
        using var ground = new Ground(backend);
        await using var host = await Host.StartAsync(ground, (Trips, s => s.AddTestSaga(TripSagas.WithWait)));
        await using var seats = await Wire.StartAsync(host[Trips], "t.seats.commands");
        var saga = (await host[Trips].StartAsync<TestSaga, Trip>(new Trip("T1"))).Id;
        await seats.SendAsync(Wire.Answer((await seats.NextAsync()).Envelope!), new SeatReserved("1A"));
        await Eventually.HoldsAsync("it waits for approval", async () => (await host[Trips].Operations.TimelineAsync(saga)).Any(e => e.Kind == JournalKind.Waiting), host.Time);
        Assert.Equal(new CancelAnswer(CancelOutcome.TurnsBack), await host[Trips].CancelAsync(saga, "ann", "the trip is off"));
        await seats.SendAsync(Wire.Answer((await seats.NextAsync()).Envelope!), Done.Instance);
        Assert.Equal(SagaStatus.Compensated, (await host[Trips].WaitAsync(saga)).Status);
        Assert.Contains(
            await host[Trips].Operations.TimelineAsync(saga), e => e is { Kind: JournalKind.Cancelled, Detail: "the trip is off", Actor: "ann", Reason: "the trip is off" });
        Assert.Equal(new CancelAnswer(CancelOutcome.Ended, "it is compensated"), await host[Trips].CancelAsync(saga));
        await Assert.ThrowsAsync<KeyNotFoundException>(() => host[Trips].CancelAsync(default));
    }

    private static TestSaga Forbidding(Func<Trip, string?> forbids) => new(saga =>
    {
        saga.OnCancel(forbids);
        saga.Step("reserve seat").Send(t => new ReserveSeat(t.Id)).Undo(t => new ReleaseSeat(t.Id));
    });
}

/// <summary>An event that is raised says what became of it.</summary>
public sealed class An_event_that_is_raised
{
    private static SagaSpec<Trip> Given() => SagaSpec.Given(TripSagas.WithWait, new Trip("T1"));

    [Fact]
    public void Is_accepted_when_it_is_waited_for() => Given().Replies(new SeatReserved("1A")).Raises(new TripApproved("Ann")).Answered(EventOutcome.Accepted);

    [Fact]
    public void Is_early_before_that_and_there_already_afterwards()
    {
        var spec = Given().Raises(new TripApproved("Ann")).Answered(EventOutcome.Early).Raises(new TripApproved("Bob")).Answered(EventOutcome.AlreadyThere);
        spec.Replies(new SeatReserved("1A")).Raises(new TripApproved("Bob")).Answered(EventOutcome.AlreadyThere);
        Assert.Equal("Ann", ((Trip)spec.Saga.State).Approver);
    }

    [Fact]
    public void Is_too_late_when_the_saga_has_turned_back() =>
        Given().Replies(new SeatReserved("1A")).TimesOut().Raises(new TripApproved("Ann")).Answered(EventOutcome.TooLate);

    [Fact]
    public void Is_too_late_when_the_saga_has_ended() => Given().Refuses().Raises(new TripApproved("Ann")).Answered(EventOutcome.TooLate);

    [Fact]
    public void Is_unknown_when_nobody_waits_for_such_a_thing() =>
        SagaSpec.Given(TripSagas.Linear, new Trip("T1")).Raises(new TripApproved("Ann")).Answered(EventOutcome.Unknown);
}
