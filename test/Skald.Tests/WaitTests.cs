using Skald.Decisions;
using Skald.Definition;
using Skald.Storage;
using Skald.Testing;
using Xunit;

namespace Skald.Tests;

[Event("TRIP_CANCELLED")]
public sealed record TripCancelled(string Trip, string Why) : IEvent;

[Event("TRIP_PAID")]
public sealed record TripPaid(string Trip, string By) : IEvent;

[Event("TRIP_INSURED")]
public sealed record TripInsured(string Trip) : IEvent;

/// <summary>What people do while a saga waits for something else.</summary>
public sealed class A_wait_that_several_events_end
{
    private static readonly Trip Trip = new("T1");
    private static readonly TripApproved Approved = new("Ann");
    private static readonly TripPaid Paid = new("T1", "Bob");
    private static readonly TripCancelled Cancelled = new("T1", "ill");

    private static TestSaga Saga => new(saga =>
    {
        saga.Step("reserve seat").Send(t => new ReserveSeat(t.Id)).OnReply((t, r) => t with { Seat = r.Seat }).Undo(t => new ReleaseSeat(t.Id));
        saga.WaitFor<TripApproved>("approval").OnEvent((t, e) => t with { Approver = e.By })
            .Or<TripPaid>((t, e) => t with { Note = $"paid by {e.By}" })
            .Or<TripCancelled>(e => new Refusal("Cancelled", e.Why))
            .Within(TimeSpan.FromDays(1));
        saga.Step("book room").Send(t => new BookRoom(t.Id)).Undo(t => new CancelRoom(t.Id));
        saga.WaitFor<TripInsured>("insurance").Or<TripCancelled>(e => new Refusal("Cancelled", e.Why));
    }, "with-alternatives");

    private static TestSaga WithAWaitThatIsSkipped => new(saga =>
    {
        saga.Step("reserve seat").Send(t => new ReserveSeat(t.Id)).Undo(t => new ReleaseSeat(t.Id));
        saga.WaitFor<TripApproved>("approval").Or<TripCancelled>(e => new Refusal("Cancelled", e.Why)).When(t => t.Insured);
        saga.WaitFor<TripPaid>("payment").Or<TripCancelled>(e => new Refusal("Cancelled", e.Why));
    });

    private static SagaSpec<Trip> Waiting => SagaSpec.Given(Saga, Trip).Sends(new ReserveSeat("T1")).Replies(new SeatReserved("1A"));

    [Fact]
    public void Goes_on_with_the_one_that_it_is_for() =>
        Waiting.Raises(Approved).Answered(EventOutcome.Accepted).StateIs(t => t is { Approver: "Ann", Note: null }).Sends(new BookRoom("T1"));

    [Fact]
    public void Goes_on_with_one_that_comes_instead() =>
        Waiting.Raises(Paid).Answered(EventOutcome.Accepted).StateIs(t => t is { Approver: null, Note: "paid by Bob" }).Sends(new BookRoom("T1"));

    [Fact]
    public void Turns_back_with_one_that_says_so() =>
        Waiting.Raises(Cancelled).Answered(EventOutcome.Accepted).IsNow(SagaStatus.Compensating).FailedAt("approval", "Cancelled").Notes(JournalKind.Refused, "approval")
            .Sends(new ReleaseSeat("T1")).Acknowledges().IsNow(SagaStatus.Compensated);

    [Fact]
    public void Takes_the_first_and_comes_too_late_for_the_others() =>
        Waiting.Raises(Paid).Raises(Approved).Answered(EventOutcome.TooLate).Raises(Paid).Answered(EventOutcome.TooLate).StateIs(t => t.Approver is null);

    [Fact]
    public void Still_passes_its_deadline() => Waiting.TimesOut().FailedAt("approval", "Timeout").Sends(new ReleaseSeat("T1"));

    [Fact]
    public void Keeps_the_first_that_comes_early_and_no_other() =>
        SagaSpec.Given(Saga, Trip).Sends(new ReserveSeat("T1"))
            .Raises(Paid).Answered(EventOutcome.Early).Raises(Paid).Answered(EventOutcome.AlreadyThere).Raises(Approved).Answered(EventOutcome.TooLate)
            .Replies(new SeatReserved("1A")).StateIs(t => t is { Approver: null, Note: "paid by Bob" }).Sends(new BookRoom("T1"));

    [Fact]
    public void Turns_back_when_it_is_reached_with_one_that_came_early() =>
        SagaSpec.Given(Saga, Trip).Sends(new ReserveSeat("T1")).Raises(Cancelled).Answered(EventOutcome.Early).IsNow(SagaStatus.Running)
            .Replies(new SeatReserved("1A")).FailedAt("approval", "Cancelled").Sends(new ReleaseSeat("T1")).Acknowledges().IsNow(SagaStatus.Compensated);

    [Fact]
    public void Leaves_what_comes_later_to_the_next_wait_that_has_it() =>
        Waiting.Raises(Approved).Sends(new BookRoom("T1")).Raises(Cancelled).Answered(EventOutcome.Early)
            .Replies(new RoomBooked("101")).FailedAt("insurance", "Cancelled").Sends(new CancelRoom("T1")).Acknowledges().Sends(new ReleaseSeat("T1"))
            .Acknowledges().IsNow(SagaStatus.Compensated).Raises(Cancelled).Answered(EventOutcome.TooLate);

    [Fact]
    public void Turns_back_a_parked_saga_when_a_person_resumes_it() =>
        Waiting.Takes(new SagaInput.Broken("a test")).Raises(Cancelled).Answered(EventOutcome.Early).IsResumed()
            .FailedAt("approval", "Cancelled").Sends(new ReleaseSeat("T1")).SendsNothing().Acknowledges().IsNow(SagaStatus.Compensated);

    [Fact]
    public void Turns_back_although_saying_why_throws() =>
        SagaSpec.Given(new TestSaga(saga => saga.WaitFor<TripApproved>("approval").Or<TripCancelled>(_ => throw new InvalidOperationException("a fault"))), Trip)
            .Raises(Cancelled).FailedAt("approval", "InvalidOperationException").IsNow(SagaStatus.Compensated);

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Is_stored_with_what_came_early(bool isAlternative)
    {
        var plan = Saga.Plan();
        var spec = SagaSpec.Given(Saga, Trip);
        var early = (isAlternative ? spec.Raises(Paid) : spec.Raises(Approved)).Saga.Steps;
        var read = StepCodec.Decode(plan, StepCodec.Encode(plan, early), out var difference);
        Assert.Null(difference);
        Assert.Equal(early[1].Held, read[1].Held);
    }

    [Fact]
    public void Parks_where_what_is_kept_is_not_waited_for_by_the_running_code_and_goes_on_where_it_is()
    {
        var saga = SagaSpec.Given(Saga, Trip).Raises(Paid).Saga;
        var without = new TestSaga(
            s =>
            {
                s.Step("reserve seat").Send(t => new ReserveSeat(t.Id)).Undo(t => new ReleaseSeat(t.Id));
                s.WaitFor<TripApproved>("approval");
            },
            "with-alternatives").Plan();
        var steps = StepCodec.Decode(without, StepCodec.Encode(Saga.Plan(), saga.Steps), out _);
        var replied = new SagaInput.Replied("reserve seat", 1, false, new SeatReserved("1A"), null);
        var parked = SagaDecider.Decide(without, saga with { Steps = steps }, replied, saga.StartedAt).Next;
        Assert.Equal((SagaStatus.Parked, "'approval' has kept an event for which the running definition does not wait there"), (parked.Status, parked.ParkReason));
        var back = StepCodec.Decode(Saga.Plan(), StepCodec.Encode(without, parked.Steps), out _);
        var resumed = SagaDecider.Decide(Saga.Plan(), parked with { Steps = back }, new SagaInput.Resumed(), saga.StartedAt).Next;
        Assert.Equal((SagaStatus.Running, "paid by Bob"), (resumed.Status, ((Trip)resumed.State).Note));
    }

    [Fact]
    public void Hands_what_it_has_kept_to_the_next_that_has_it_when_it_is_skipped() =>
        SagaSpec.Given(WithAWaitThatIsSkipped, Trip)
            .Sends(new ReserveSeat("T1")).Raises(Cancelled).Answered(EventOutcome.Early).Acknowledges()
            .StepIs("approval", StepState.Skipped).FailedAt("payment", "Cancelled").Sends(new ReleaseSeat("T1"));

    [Fact]
    public void Turns_back_rather_than_forgets_it_when_the_next_has_kept_something_else() =>
        SagaSpec.Given(WithAWaitThatIsSkipped, Trip)
            .Raises(Cancelled).Raises(Paid).Answered(EventOutcome.Early).Acknowledges().FailedAt("payment", "Cancelled").Notes(JournalKind.Late, "payment");

    [Fact]
    public void Keeps_the_first_that_comes_while_it_is_to_be_tried_again() =>
        SagaSpec.Given(
            new TestSaga(saga =>
            {
                saga.Pivot("charge card").Send(t => new ChargeCard(t.Id));
                saga.WaitFor<TripApproved>("approval").OnEvent((t, e) => t with { Approver = e.By }).Or<TripPaid>((t, e) => t with { Note = e.By }).Within(TimeSpan.FromDays(1));
            }),
            Trip)
            .Sends(new ChargeCard("T1")).Replies(new CardCharged("R1")).TimesOut().IsNow(SagaStatus.Parked)
            .Raises(Approved).Answered(EventOutcome.Early).Raises(Paid).Answered(EventOutcome.TooLate).Raises(Approved).Answered(EventOutcome.AlreadyThere)
            .IsResumed().After(TimeSpan.FromSeconds(1)).IsNow(SagaStatus.Completed).StateIs(t => t is { Approver: "Ann", Note: null });

    [Fact]
    public void Leaves_to_the_next_what_comes_while_it_is_parked_with_another() =>
        Waiting.Takes(new SagaInput.Broken("a test")).Raises(Paid).Answered(EventOutcome.Early).Raises(Cancelled).Answered(EventOutcome.Early)
            .IsResumed().StateIs(t => t.Note == "paid by Bob").Sends(new BookRoom("T1")).Replies(new RoomBooked("101")).FailedAt("insurance", "Cancelled");

    [Fact]
    public void Turns_back_although_it_is_given_no_refusal() =>
        SagaSpec.Given(new TestSaga(saga => saga.WaitFor<TripApproved>("approval").Or<TripCancelled>(_ => null!)), Trip)
            .Raises(Cancelled).FailedAt("approval", "InvalidOperationException").IsNow(SagaStatus.Compensated);
}

/// <summary>Waits that stand side by side.</summary>
public sealed class Waits_in_parallel(ITestOutputHelper output)
{
    private static readonly Trip Trip = new("T1");
    private static readonly TripApproved Approved = new("Ann");
    private static readonly TripPaid Paid = new("T1", "Bob");
    private static readonly TripCancelled Cancelled = new("T1", "ill");

    private static TestSaga Saga => new(saga =>
    {
        saga.Parallel(both =>
        {
            both.Step("reserve seat").Send(t => new ReserveSeat(t.Id)).OnReply((t, r) => t with { Seat = r.Seat }).Undo(t => new ReleaseSeat(t.Id));
            both.WaitFor<TripApproved>("approval").OnEvent((t, e) => t with { Approver = e.By }).Or<TripCancelled>(e => new Refusal("Cancelled", e.Why)).Within(TimeSpan.FromDays(1));
            both.WaitFor<TripPaid>("payment").OnEvent((t, e) => t with { Note = e.By }).Or<TripCancelled>(e => new Refusal("Cancelled", e.Why)).Within(TimeSpan.FromDays(1));
        });
        saga.Step("charge card").Send(t => new ChargeCard(t.Id)).Undo(t => new RefundCard(t.Id));
    }, "with-parallel-waits");

    private static TestSaga Short => new(saga => saga.Parallel(both =>
    {
        both.Step("reserve seat").Send(t => new ReserveSeat(t.Id)).OnReply((t, r) => t with { Seat = r.Seat }).Undo(t => new ReleaseSeat(t.Id));
        both.WaitFor<TripApproved>("approval").OnEvent((t, e) => t with { Approver = e.By }).Or<TripCancelled>(e => new Refusal("Cancelled", e.Why));
        both.WaitFor<TripPaid>("payment").OnEvent((t, e) => t with { Note = e.By }).Within(TimeSpan.FromDays(1));
    }), "with-parallel-waits");

    private static SagaSpec<Trip> Waiting => SagaSpec.Given(Saga, Trip).Sends(new ReserveSeat("T1"));

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    public void All_have_to_end_in_whatever_order(int first)
    {
        Func<SagaSpec<Trip>, SagaSpec<Trip>>[] happens = [s => s.Replies(new SeatReserved("1A")), s => s.Raises(Approved), s => s.Raises(Paid)];
        var spec = happens[first](Waiting).SendsNothing();
        spec = happens[(first + 1) % 3](spec).SendsNothing();
        happens[(first + 2) % 3](spec).StateIs(t => t is { Seat: "1A", Approver: "Ann", Note: "Bob" }).Sends(new ChargeCard("T1"));
    }

    [Fact]
    public void End_together_when_one_turns_back_and_what_is_open_beside_them_is_answered_first() =>
        Waiting.Raises(Cancelled).Answered(EventOutcome.Accepted).SendsNothing().IsNow(SagaStatus.Running)
            .StepIs("payment", StepState.Skipped).Raises(Paid).Answered(EventOutcome.TooLate)
            .Replies(new SeatReserved("1A")).Sends(new ReleaseSeat("T1")).Acknowledges().IsNow(SagaStatus.Compensated);

    [Fact]
    public void End_when_a_step_beside_them_is_refused() =>
        Waiting.Refuses().StepIs("approval", StepState.Skipped).StepIs("payment", StepState.Skipped).IsNow(SagaStatus.Compensated)
            .Raises(Approved).Answered(EventOutcome.TooLate);

    [Fact]
    public void Pass_their_deadlines_together() =>
        Waiting.Replies(new SeatReserved("1A")).TimesOut().FailedAt("approval", "Timeout").StepIs("payment", StepState.Skipped)
            .Sends(new ReleaseSeat("T1")).Acknowledges().IsNow(SagaStatus.Compensated);

    [Fact]
    public void Begin_anew_when_a_person_resumes_a_saga_that_one_of_them_has_parked_after_the_pivot() =>
        SagaSpec.Given(
            new TestSaga(saga =>
            {
                saga.Pivot("charge card").Send(t => new ChargeCard(t.Id));
                saga.Parallel(both =>
                {
                    both.WaitFor<TripApproved>("approval").Within(TimeSpan.FromDays(1));
                    both.WaitFor<TripPaid>("payment").Within(TimeSpan.FromDays(2));
                });
            }),
            Trip)
            .Sends(new ChargeCard("T1")).Replies(new CardCharged("R1")).TimesOut().IsNow(SagaStatus.Parked).After(TimeSpan.FromDays(5))
            .IsResumed().After(TimeSpan.FromSeconds(1)).IsNow(SagaStatus.Running)
            .Raises(Paid).Answered(EventOutcome.Accepted).Raises(Approved).Answered(EventOutcome.Accepted).IsNow(SagaStatus.Completed);

    [Fact]
    public void End_when_the_saga_is_cancelled() =>
        Waiting.Replies(new SeatReserved("1A")).Raises(Approved).IsCancelled().Sends(new ReleaseSeat("T1")).Acknowledges().IsNow(SagaStatus.Compensated);

    [Fact]
    public void Hold_whatever_fails()
    {
        var report = SagaVerifier.For(Short.Plan()).StartedWith(Trip).WithSample(new SeatReserved("1A")).WithSample(Approved).WithSample(Paid).WithSample(Cancelled)
            .Faults(_ => Faults.None with { Cancels = 1, Duplicates = 1, Losses = 1, Timeouts = 1, Refusals = 1 }).Verify();
        output.WriteLine(report.ToString());
        report.ShouldHold();
        Assert.Contains(SagaStatus.Completed, report.Ends.Keys);
    }

    [Fact]
    public void Would_be_found_to_wait_for_ever_if_turning_back_did_not_end_them()
    {
        var report = SagaVerifier.For(Short.Plan()).StartedWith(Trip).Faults(_ => Faults.None with { Refusals = 1 }).WithDecider((p, saga, input, now) =>
        {
            var decision = SagaDecider.Decide(p, saga, input, now);
            var stopped = p.Steps.FirstOrDefault(s => saga.Steps[s.Index].State == StepState.Waiting && decision.Next.Steps[s.Index].State == StepState.Skipped);
            return stopped is null ? decision : decision with { Next = decision.Next with { Steps = decision.Next.Steps.SetItem(stopped.Index, saga.Steps[stopped.Index]) } };
        }).Verify();
        output.WriteLine(report.ToString());
        Assert.NotEmpty(report.Violations);
    }
}

/// <summary>Mistakes in waits that only the definition shows.</summary>
public sealed class A_wait_is_refused
{
    [Fact]
    public void When_a_copy_of_an_event_with_which_it_goes_on_would_end_another() => Finds("SKALD111", saga =>
    {
        saga.WaitFor<TripApproved>("first");
        saga.WaitFor<TripPaid>("second").Or<TripApproved>((t, _) => t);
    });

    [Fact]
    public void When_an_event_means_two_things_to_it() => Finds("SKALD111", saga => saga.WaitFor<TripApproved>("first").Or<TripApproved>(_ => new Refusal("No", "no")));

    [Fact]
    public void When_it_is_to_turn_back_after_the_pivot() => Finds("SKALD194", saga =>
    {
        saga.Pivot("charge card").Send(t => new ChargeCard(t.Id));
        saga.WaitFor<TripApproved>("approval").Or<TripCancelled>(_ => new Refusal("No", "no"));
    });

    [Fact]
    public void When_it_finds_its_saga_by_a_key_that_there_is_none_of() => Finds("SKALD195", saga => saga.WaitFor<TripPaid>("payment").ByKey(e => e.Trip));

    [Fact]
    public void Not_when_several_turn_back_with_one_event() => new TestSaga(saga =>
    {
        saga.WaitFor<TripApproved>("first").Or<TripCancelled>(_ => new Refusal("No", "no"));
        saga.WaitFor<TripPaid>("second").Or<TripCancelled>(_ => new Refusal("No", "no"));
    }).Plan();

    private static void Finds(string code, Action<SagaBuilder<Trip>> define) =>
        Assert.Equal(code, Assert.Single(Assert.Throws<SagaDefinitionException>(() => new TestSaga(define).Plan()).Problems)[..8]);
}
