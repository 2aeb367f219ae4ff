using Skald.Decisions;
using Skald.Definition;
using Skald.Testing;
using Xunit;

namespace Skald.Tests;

public sealed class A_saga_that_goes_forward
{
    private static readonly Trip Trip = new("T1");

    [Fact]
    public void Does_its_steps_in_order_and_completes() =>
        SagaSpec.Given(TripSagas.WithPivot, Trip)
            .StateIs(t => t.Note == "created")
            .Sends(new ReserveSeat("T1")).SendsNothing().Replies(new SeatReserved("12A")).StateIs(t => t.Seat == "12A")
            .Sends(new ChargeCard("T1")).Replies(new CardCharged("R1"))
            .Sends(new PrintTicket("T1")).Acknowledges()
            .StateIs(t => t.Note == "approved").SendsNothing().IsNow(SagaStatus.Completed);

    [Fact]
    public void Undoes_in_reverse_order_after_a_refusal() =>
        SagaSpec.Given(TripSagas.Linear, Trip)
            .Replies(new SeatReserved("12A")).Replies(new RoomBooked("101"))
            .Sends(new ReserveSeat("T1")).Sends(new BookRoom("T1")).Sends(new ChargeCard("T1"))
            .Refuses("CardDeclined").IsNow(SagaStatus.Compensating).FailedAt("charge card", "CardDeclined")
            .Sends(new CancelRoom("T1")).SendsNothing().Acknowledges()
            .Sends(new ReleaseSeat("T1")).SendsNothing().Acknowledges()
            .SendsNothing().IsNow(SagaStatus.Compensated);

    [Fact]
    public void Undoes_nothing_when_its_first_step_is_refused() =>
        SagaSpec.Given(TripSagas.Linear, Trip).Sends(new ReserveSeat("T1")).Refuses().SendsNothing().IsNow(SagaStatus.Compensated);

    [Fact]
    public void Skips_a_step_whose_condition_does_not_hold() =>
        SagaSpec.Given(TripSagas.WithWhen, Trip)
            .Sends(new ReserveSeat("T1")).Replies(new SeatReserved("12A"))
            .StepIs("book room", StepState.Skipped).Sends(new ChargeCard("T1")).Refuses().TimesOut().Refuses()
            .Sends(new ChargeCard("T1")).Sends(new ReleaseSeat("T1")).SendsNothing();

    [Fact]
    public void Takes_a_step_whose_condition_holds() =>
        SagaSpec.Given(TripSagas.WithWhen, Trip with { Insured = true })
            .Replies(new SeatReserved("12A")).StepIs("book room", StepState.Sent);

    [Fact]
    public void Asks_again_after_a_refusal_when_its_step_says_so() =>
        SagaSpec.Given(TripSagas.WithWhen, Trip)
            .Replies(new SeatReserved("12A")).Sends(new ReserveSeat("T1")).Sends(new ChargeCard("T1"))
            .Refuses().IsNow(SagaStatus.Running).StepIs("charge card", StepState.RetryWait).SendsNothing()
            .After(TimeSpan.FromSeconds(1)).SendsNothing()
            .After(TimeSpan.FromSeconds(1)).Sends(new ChargeCard("T1"))
            .Hears("charge card", attempt: 1, refusal: new Refusal("Refused", "a copy")).Notes(JournalKind.Late).IsNow(SagaStatus.Running)
            .Replies(new CardCharged("R1")).IsNow(SagaStatus.Completed);

    [Fact]
    public void Takes_a_typed_refusal_into_its_state() =>
        SagaSpec.Given(
                new TestSaga(saga => saga.Step("charge card").Send(t => new ChargeCard(t.Id)).NothingToUndo("test")
                    .OnRefusal<CardDeclined>((t, no) => t with { Note = no.Bank })),
                Trip)
            .Refuses(new CardDeclined("CardDeclined", "no", "First Bank")).StateIs(t => t.Note == "First Bank").IsNow(SagaStatus.Compensated);

    [Fact]
    public void Compensates_although_taking_the_refusal_in_throws() =>
        SagaSpec.Given(
                new TestSaga(saga => saga.Step("charge card").Send(t => new ChargeCard(t.Id)).NothingToUndo("test")
                    .OnRefusal<CardDeclined>((_, _) => throw new InvalidOperationException("no bank"))),
                Trip)
            .Refuses(new CardDeclined("CardDeclined", "no", "")).IsNow(SagaStatus.Compensated);

    [Fact]
    public void Undoes_a_step_whose_reply_it_cannot_take_in() =>
        SagaSpec.Given(
                new TestSaga(saga => saga.Step("reserve seat").Send(t => new ReserveSeat(t.Id))
                    .OnReply((_, _) => throw new InvalidOperationException("no such seat")).Undo(t => new ReleaseSeat(t.Id))),
                Trip)
            .Sends(new ReserveSeat("T1")).Replies(new SeatReserved("?"))
            .FailedAt("reserve seat", nameof(InvalidOperationException)).Sends(new ReleaseSeat("T1")).Acknowledges().IsNow(SagaStatus.Compensated);

    [Fact]
    public void Does_not_send_a_command_that_cannot_be_built() =>
        SagaSpec.Given(
                new TestSaga(saga =>
                {
                    saga.Step("reserve seat").Send(t => new ReserveSeat(t.Id)).Undo(t => new ReleaseSeat(t.Id));
                    saga.Step("book room").Send<BookRoom>(_ => throw new InvalidOperationException("which hotel?")).Undo(t => new CancelRoom(t.Id));
                }),
                Trip)
            .Sends(new ReserveSeat("T1")).Replies(new SeatReserved("12A"))
            .FailedAt("book room", nameof(InvalidOperationException)).Sends(new ReleaseSeat("T1")).SendsNothing();

    [Fact]
    public void Treats_a_condition_that_throws_as_a_refusal() =>
        SagaSpec.Given(
                new TestSaga(saga =>
                {
                    saga.Step("reserve seat").Send(t => new ReserveSeat(t.Id)).Undo(t => new ReleaseSeat(t.Id));
                    saga.Step("book room").Send(t => new BookRoom(t.Id)).Undo(t => new CancelRoom(t.Id)).When(_ => throw new InvalidOperationException());
                }),
                Trip)
            .Replies(new SeatReserved("12A")).StepIs("book room", StepState.Refused).IsNow(SagaStatus.Compensating);

    [Fact]
    public void Parks_when_the_pivots_reply_cannot_be_taken_in_and_takes_it_in_when_resumed()
    {
        var isMended = false;
        var spec = SagaSpec.Given(
                new TestSaga(saga =>
                {
                    saga.Pivot("charge card").Send(t => new ChargeCard(t.Id))
                        .OnReply((t, charged) => isMended ? t with { Note = charged.Receipt } : throw new InvalidOperationException("unreadable"));
                    saga.Retriable("send mail").Send(t => new SendMail(t.Id)).ParkIfRefused();
                }),
                Trip)
            .Replies(new CardCharged("R1")).IsParkedBecause("could not be taken in");

        spec.IsResumed().IsParkedBecause("could not be taken in").StepIs("send mail", StepState.Pending);
        isMended = true;
        spec.IsResumed().StateIs(t => t.Note == "R1").IsNow(SagaStatus.Running).StepIs("send mail", StepState.Sent)
            .Acknowledges("send mail").IsNow(SagaStatus.Completed).StateIs(t => t.Note == "R1");
    }
}

public sealed class A_saga_that_holds_a_reply
{
    private static readonly Trip Trip = new("T1");

    [Fact]
    public void Goes_on_when_resumed_by_a_definition_that_has_no_use_for_it_any_more()
    {
        var parked = SagaSpec.Given(Definition(pivot => pivot.OnReply((_, _) => throw new InvalidOperationException("unreadable"))), Trip)
            .Replies(new CardCharged("R1")).IsParkedBecause("could not be taken in").Saga;
        var resumed = SagaDecider.Decide(Definition(pivot => pivot).Plan(), parked, new SagaInput.Resumed(), parked.StartedAt).Next;
        Assert.Equal((SagaStatus.Running, null), (resumed.Status, resumed.Steps[0].Held));
        Assert.Equal(StepState.Sent, resumed.Steps[1].State);
    }

    [Fact]
    public void Is_parked_again_when_it_can_no_longer_be_read()
    {
        var definition = Definition(pivot => pivot.OnReply((_, _) => throw new InvalidOperationException("unreadable")));
        var parked = SagaSpec.Given(definition, Trip).Replies(new CardCharged("R1")).Saga;
        var other = parked with { Steps = [parked.Steps[0] with { Held = "[]" }, .. parked.Steps.Skip(1)] };
        var resumed = SagaDecider.Decide(definition.Plan(), other, new SagaInput.Resumed(), parked.StartedAt).Next;
        Assert.Equal(SagaStatus.Parked, resumed.Status);
        Assert.Contains("can no longer be read", resumed.ParkReason, StringComparison.Ordinal);
        Assert.Equal("[]", resumed.Steps[0].Held);
    }

    private static TestSaga Definition(Func<ICompensatableStep<Trip, ICommand<CardCharged>>, ICompensatableStep<Trip, ICommand<CardCharged>>> pivot) => new(saga =>
    {
        pivot(saga.Pivot("charge card").Send(t => new ChargeCard(t.Id)));
        saga.Retriable("send mail").Send(t => new SendMail(t.Id)).ParkIfRefused();
    });
}

public sealed class A_saga_whose_answers_are_overdue
{
    private static readonly Trip Trip = new("T1");

    [Fact]
    public void Asks_once_and_waits_for_as_long_as_the_step_may_take() =>
        SagaSpec.Given(TripSagas.Linear, Trip)
            .Sends(new ReserveSeat("T1")).After(TimeSpan.FromSeconds(29.9)).SendsNothing()
            .Replies(new SeatReserved("12A")).StepIs("reserve seat", StepState.Done);

    [Fact]
    public void Sends_what_is_open_once_more_when_its_sender_is_gone() =>
        SagaSpec.Given(TripSagas.Linear, Trip)
            .Sends(new ReserveSeat("T1")).IsTakenOver().Sends(new ReserveSeat("T1")).SendsNothing().Notes(JournalKind.Resent)
            .Replies(new SeatReserved("12A")).Sends(new BookRoom("T1")).IsTakenOver().Sends(new BookRoom("T1")).SendsNothing();

    [Fact]
    public void Keeps_its_deadline_when_it_is_taken_over() =>
        SagaSpec.Given(TripSagas.Linear, Trip)
            .After(TimeSpan.FromSeconds(20)).IsTakenOver().After(TimeSpan.FromSeconds(9.9)).IsNow(SagaStatus.Running)
            .After(TimeSpan.FromSeconds(0.1)).IsNow(SagaStatus.Compensating);

    [Fact]
    public void Undoes_the_step_in_doubt_first_then_those_before_it() =>
        SagaSpec.Given(TripSagas.Linear, Trip)
            .Replies(new SeatReserved("12A")).TimesOut().FailedAt("book room", "Timeout").Notes(JournalKind.TimedOut, "book room")
            .Sends(new CancelRoom("T1")).Acknowledges().Sends(new ReleaseSeat("T1")).Acknowledges().IsNow(SagaStatus.Compensated);

    [Fact]
    public void Keeps_each_steps_own_deadline() =>
        SagaSpec.Given(
                new TestSaga(saga => saga.Step("reserve seat").Send(t => new ReserveSeat(t.Id)).Undo(t => new ReleaseSeat(t.Id)).Within(TimeSpan.FromSeconds(5))),
                Trip)
            .After(TimeSpan.FromSeconds(4.9)).IsNow(SagaStatus.Running).After(TimeSpan.FromSeconds(0.1)).IsNow(SagaStatus.Compensating);

    [Fact]
    public void Starts_the_deadline_anew_when_it_was_itself_away() =>
        SagaSpec.Given(TripSagas.Linear, Trip)
            .Sends(new ReserveSeat("T1")).Away(TimeSpan.FromHours(3)).IsNow(SagaStatus.Running).SendsNothing()
            .After(TimeSpan.FromSeconds(29)).IsNow(SagaStatus.Running).TimesOut().IsNow(SagaStatus.Compensating);

    [Fact]
    public void Ignores_a_reply_that_comes_after_the_deadline() =>
        SagaSpec.Given(TripSagas.Linear, Trip)
            .TimesOut().IsNow(SagaStatus.Compensating).Hears("reserve seat", 1, reply: new SeatReserved("12A"))
            .Notes(JournalKind.Late).StateIs(t => t.Seat is null).StepIs("reserve seat", StepState.Undoing)
            .Acknowledges().IsNow(SagaStatus.Compensated).Hears("reserve seat", 1, reply: new SeatReserved("12A")).IsNow(SagaStatus.Compensated);

    [Fact]
    public void Ignores_a_second_copy_of_a_reply() =>
        SagaSpec.Given(TripSagas.Linear, Trip)
            .Replies(new SeatReserved("12A")).Hears("reserve seat", 1, reply: new SeatReserved("99Z")).StateIs(t => t.Seat == "12A")
            .Hears("book room", 7, reply: new RoomBooked("x")).StateIs(t => t.Room is null).Hears("no such step", 1).IsNow(SagaStatus.Running);

    [Fact]
    public void Waits_for_a_pivot_that_may_not_be_given_up_however_long_its_participant_is_away() =>
        SagaSpec.Given(TripSagas.WithPivot, Trip)
            .Sends(new ReserveSeat("T1")).Replies(new SeatReserved("12A")).Sends(new ChargeCard("T1"))
            .After(TimeSpan.FromDays(30)).SendsNothing().IsNow(SagaStatus.Running)
            .Replies(new CardCharged("R1")).Acknowledges("print ticket").IsNow(SagaStatus.Completed);

    [Fact]
    public void Asks_a_person_when_that_is_wanted_and_goes_on_when_it_is_resumed() =>
        SagaSpec.Given(Silent, Trip).Sends(new ReserveSeat("T1")).Replies(new SeatReserved("12A")).Sends(new ChargeCard("T1"))
            .After(TimeSpan.FromMinutes(59)).IsNow(SagaStatus.Running).After(TimeSpan.FromMinutes(1)).IsParkedBecause("'charge card' was not answered within 01:00:00")
            .SendsNothing().IsResumed().Sends(new ChargeCard("T1")).IsNow(SagaStatus.Running).Replies(new CardCharged("R1")).Sends(new PrintTicket("T1"))
            .TimesOut().IsParkedBecause("'print ticket' was not answered").IsResumed().Sends(new PrintTicket("T1")).Acknowledges().IsNow(SagaStatus.Completed);

    [Fact]
    public void Asks_a_person_about_an_undo_when_that_is_wanted_once_the_others_are_done() =>
        SagaSpec.Given(Silent, Trip).TimesOut().Sends(new ReserveSeat("T1")).Sends(new ReleaseSeat("T1"))
            .TimesOut().IsParkedBecause("undoing 'reserve seat' used up its attempts").SendsNothing()
            .IsResumed().Sends(new ReleaseSeat("T1")).Acknowledges().IsNow(SagaStatus.Compensated);

    private static TestSaga Silent { get; } = new(saga =>
    {
        saga.Step("reserve seat").Send(t => new ReserveSeat(t.Id)).Undo(t => new ReleaseSeat(t.Id)).ParkAfter(TimeSpan.FromHours(1));
        saga.Pivot("charge card").Send(t => new ChargeCard(t.Id)).ParkAfter(TimeSpan.FromHours(1));
        saga.Retriable("print ticket").Send(t => new PrintTicket(t.Id)).ParkIfRefused().ParkAfter(TimeSpan.FromHours(1));
    });

    [Fact]
    public void Is_told_when_a_participant_gives_up_and_undoes_waits_for_a_person_or_ends_with_one() =>
        SagaSpec.Given(Silent, Trip).Takes(new SagaInput.GivenUp("reserve seat", 1, false, "it threw")).FailedAt("reserve seat", "GaveUp")
            .Sends(new ReserveSeat("T1")).Sends(new ReleaseSeat("T1"))
            .Takes(new SagaInput.GivenUp("reserve seat", 1, false, "late")).Notes(JournalKind.Late)
            .Takes(new SagaInput.GivenUp("reserve seat", 1, true, "it threw again")).IsParkedBecause("undoing 'reserve seat'")
            .IsResumed().Sends(new ReleaseSeat("T1")).Acknowledges().IsNow(SagaStatus.Compensated);

    [Fact]
    public void Waits_for_a_person_when_a_participant_gives_up_what_may_not_be_given_up() =>
        SagaSpec.Given(Silent, Trip).Replies(new SeatReserved("12A")).Takes(new SagaInput.GivenUp("charge card", 1, false, "it threw"))
            .IsParkedBecause("'charge card' was given up by its participant: it threw").Sends(new ReserveSeat("T1")).Sends(new ChargeCard("T1"))
            .IsResumed().Sends(new ChargeCard("T1")).Replies(new CardCharged("R1")).IsNow(SagaStatus.Running);

    [Fact]
    public void Gives_a_pivot_up_in_doubt_when_it_can_be_undone() =>
        SagaSpec.Given(TripSagas.WithPivotThatCanBeUndone, Trip)
            .Replies(new SeatReserved("12A")).TimesOut().Sends(new RefundCard("T1")).Acknowledges().Sends(new ReleaseSeat("T1")).Acknowledges().IsNow(SagaStatus.Compensated);

    [Fact]
    public void Parks_when_a_pivot_in_doubt_can_no_longer_be_asked()
    {
        var asked = 0;
        SagaSpec.Given(
                new TestSaga(saga =>
                {
                    saga.Step("reserve seat").Send(t => new ReserveSeat(t.Id)).Undo(t => new ReleaseSeat(t.Id));
                    saga.Pivot("charge card").Send(t => asked++ == 0 ? new ChargeCard(t.Id) : throw new InvalidOperationException("the state has no card"));
                }),
                Trip)
            .Sends(new ReserveSeat("T1")).Replies(new SeatReserved("12A")).Sends(new ChargeCard("T1"))
            .IsTakenOver().SendsNothing().IsParkedBecause("the state has no card").StepIs("charge card", StepState.Sent);
    }

    [Fact]
    public void Is_not_moved_by_a_wake_that_is_not_due()
    {
        var spec = SagaSpec.Given(TripSagas.Linear, Trip).Sends(new ReserveSeat("T1"));
        var before = spec.Saga;
        Assert.Same(before, spec.Takes(new SagaInput.Woken()).SendsNothing().Saga);
    }
}

public sealed class A_saga_past_its_pivot
{
    private static readonly Trip Trip = new("T1");

    [Fact]
    public void Retries_a_refused_step_then_parks_and_goes_on_when_resumed() =>
        SagaSpec.Given(TripSagas.WithPivot, Trip)
            .Replies(new SeatReserved("12A")).Replies(new CardCharged("R1"))
            .Sends(new ReserveSeat("T1")).Sends(new ChargeCard("T1")).Sends(new PrintTicket("T1"))
            .Refuses().IsNow(SagaStatus.Running).After(TimeSpan.FromSeconds(1)).Sends(new PrintTicket("T1"))
            .Refuses().IsParkedBecause("failed after the point of no return").SendsNothing()
            .IsResumed().After(TimeSpan.Zero).Sends(new PrintTicket("T1")).Acknowledges().IsNow(SagaStatus.Completed);

    [Fact]
    public void Parks_at_once_when_its_step_says_so() =>
        SagaSpec.Given(TripSagas.WithPivotThatCanBeUndone, Trip)
            .Replies(new SeatReserved("12A")).Replies(new CardCharged("R1")).Refuses().IsParkedBecause("'print ticket'");

    [Fact]
    public void Decides_a_condition_that_threw_again_when_resumed()
    {
        var broken = true;
        SagaSpec.Given(
                new TestSaga(saga =>
                {
                    saga.Pivot("charge card").Send(t => new ChargeCard(t.Id));
                    saga.Retriable("send mail").Send(t => new SendMail(t.Id)).ParkIfRefused().When(_ => broken ? throw new InvalidOperationException("no address") : false);
                }),
                Trip)
            .Sends(new ChargeCard("T1")).Replies(new CardCharged("R1")).IsParkedBecause("no address")
            .Takes(Repaired()).After(TimeSpan.Zero).SendsNothing().StepIs("send mail", StepState.Skipped).IsNow(SagaStatus.Completed);

        SagaInput Repaired()
        {
            broken = false;
            return new SagaInput.Resumed();
        }
    }
}

public sealed class A_saga_with_parallel_steps
{
    private static readonly Trip Trip = new("T1");

    [Fact]
    public void Sends_all_at_once_and_goes_on_when_all_have_answered() =>
        SagaSpec.Given(TripSagas.WithParallel, Trip)
            .Sends(new ReserveSeat("T1")).Sends(new BookRoom("T1")).SendsNothing()
            .Replies(new RoomBooked("101")).SendsNothing().Replies(new SeatReserved("12A")).Sends(new ChargeCard("T1"))
            .StateIs(t => t is { Seat: "12A", Room: "101" });

    [Fact]
    public void Waits_for_the_others_when_one_is_refused_then_undoes_those_that_are_done() =>
        SagaSpec.Given(TripSagas.WithParallel, Trip)
            .Sends(new ReserveSeat("T1")).Sends(new BookRoom("T1"))
            .Refuses("reserve seat", new Refusal("Full", "no seats")).IsNow(SagaStatus.Running).SendsNothing()
            .Replies(new RoomBooked("101")).IsNow(SagaStatus.Compensating).FailedAt("reserve seat", "Full")
            .Sends(new CancelRoom("T1")).SendsNothing().Acknowledges().IsNow(SagaStatus.Compensated);

    [Fact]
    public void Undoes_the_whole_stage_side_by_side_before_what_came_before_it() =>
        SagaSpec.Given(TripSagas.WithParallel, Trip)
            .Replies(new RoomBooked("101")).Replies(new SeatReserved("12A"))
            .Sends(new ReserveSeat("T1")).Sends(new BookRoom("T1")).Sends(new ChargeCard("T1")).Refuses()
            .Sends(new ReleaseSeat("T1")).Sends(new CancelRoom("T1")).SendsNothing()
            .Acknowledges("book room").IsNow(SagaStatus.Compensating).Acknowledges("reserve seat").IsNow(SagaStatus.Compensated);

    [Fact]
    public void Does_not_forget_an_open_branch_when_it_is_parked_and_resumed() =>
        SagaSpec.Given(TripSagas.WithParallel, Trip)
            .Sends(new ReserveSeat("T1")).Sends(new BookRoom("T1"))
            .Refuses("reserve seat", new Refusal("Full", "no seats"))
            .Takes(new SagaInput.Broken("a test")).IsParkedBecause("a test")
            .IsResumed().Replies(new RoomBooked("101")).Sends(new CancelRoom("T1")).Acknowledges("book room").IsNow(SagaStatus.Compensated)
            .FailedAt("reserve seat", "Full");
}

public sealed class A_saga_that_waits_for_an_event
{
    private static readonly Trip Trip = new("T1");
    private static readonly TripApproved Approved = new("Ann — ✓");

    [Fact]
    public void Goes_on_when_it_comes() =>
        SagaSpec.Given(TripSagas.WithWait, Trip)
            .Replies(new SeatReserved("12A")).StepIs("approval", StepState.Waiting).Raises(Approved)
            .StateIs(t => t.Approver == Approved.By).StepIs("charge card", StepState.Sent);

    [Fact]
    public void Keeps_one_that_comes_early() =>
        SagaSpec.Given(TripSagas.WithWait, Trip)
            .Raises(Approved).Notes(JournalKind.Early, "approval").StepIs("approval", StepState.Pending)
            .Replies(new SeatReserved("12A")).StateIs(t => t.Approver == Approved.By).StepIs("charge card", StepState.Sent);

    [Fact]
    public void Turns_back_when_it_does_not_come_in_time_and_ignores_it_later() =>
        SagaSpec.Given(TripSagas.WithWait, Trip)
            .Replies(new SeatReserved("12A")).After(TimeSpan.FromHours(23)).IsNow(SagaStatus.Running)
            .After(TimeSpan.FromHours(1)).FailedAt("approval", "Timeout").IsNow(SagaStatus.Compensating)
            .Raises(Approved).Notes(JournalKind.Late).StateIs(t => t.Approver is null)
            .Acknowledges("reserve seat").IsNow(SagaStatus.Compensated);

    [Fact]
    public void Ignores_a_second_copy() =>
        SagaSpec.Given(TripSagas.WithWait, Trip)
            .Replies(new SeatReserved("12A")).Raises(Approved).Raises(new TripApproved("Bob")).StateIs(t => t.Approver == Approved.By).Notes(JournalKind.Late);

    [Fact]
    public void Does_not_lose_one_that_comes_while_it_is_parked() =>
        SagaSpec.Given(TripSagas.WithWait, Trip)
            .Replies(new SeatReserved("12A")).Takes(new SagaInput.Broken("a test")).IsNow(SagaStatus.Parked)
            .Raises(Approved).IsNow(SagaStatus.Parked)
            .IsResumed().StateIs(t => t.Approver == Approved.By).StepIs("charge card", StepState.Sent);

    [Fact]
    public void Does_not_lose_one_that_comes_early_while_it_is_parked() =>
        SagaSpec.Given(TripSagas.WithWait, Trip)
            .Takes(new SagaInput.Broken("a test")).Raises(Approved).IsResumed().Replies(new SeatReserved("12A"))
            .StateIs(t => t.Approver == Approved.By);

    [Fact]
    public void Waits_for_ever_when_no_deadline_is_set() =>
        SagaSpec.Given(new TestSaga(saga => saga.WaitFor<TripApproved>("approval")), Trip)
            .After(TimeSpan.FromDays(3000)).IsNow(SagaStatus.Running).Raises(Approved).IsNow(SagaStatus.Completed);
}

public sealed class A_saga_that_turns_back
{
    private static readonly Trip Trip = new("T1");

    [Fact]
    public void Asks_again_with_a_new_attempt_when_an_undo_is_refused() =>
        SagaSpec.Given(TripSagas.Linear, Trip)
            .TimesOut().Sends(new ReserveSeat("T1"))
            .Sends(new ReleaseSeat("T1")).Refuses().StepIs("reserve seat", StepState.UndoWait).SendsNothing()
            .After(TimeSpan.FromSeconds(1)).Sends(new ReleaseSeat("T1"))
            .Hears("reserve seat", 1, undo: true).IsNow(SagaStatus.Compensating).Notes(JournalKind.Late)
            .Acknowledges().IsNow(SagaStatus.Compensated);

    [Fact]
    public void Waits_for_an_undo_however_long_and_sends_it_again_only_when_its_sender_is_gone() =>
        SagaSpec.Given(TripSagas.Linear, Trip)
            .Sends(new ReserveSeat("T1")).Replies(new SeatReserved("1A")).Sends(new BookRoom("T1")).Refuses().Sends(new ReleaseSeat("T1"))
            .After(TimeSpan.FromDays(30)).SendsNothing().IsTakenOver().Sends(new ReleaseSeat("T1")).SendsNothing()
            .Hears("reserve seat", 1, undo: true).IsNow(SagaStatus.Compensated);

    [Fact]
    public void Parks_with_the_reason_when_an_undo_uses_up_its_attempts_after_the_other_undos_are_done()
    {
        SagaSpec.Given(TripSagas.Linear, Trip)
            .Replies(new SeatReserved("12A")).Replies(new RoomBooked("101")).Refuses()
            .Refuses("book room", new Refusal("Closed", "hotel is closed")).After(TimeSpan.FromSeconds(1)).Refuses("book room", new Refusal("Closed", "hotel is closed"))
            .StepIs("book room", StepState.UndoFailed).Notes(JournalKind.UndoFailed, "book room")
            .IsNow(SagaStatus.Compensating).StepIs("reserve seat", StepState.Undoing).Acknowledges("reserve seat")
            .IsParkedBecause("undoing 'book room' used up its attempts")
            .IsResumed().StepIs("book room", StepState.Undoing).Acknowledges("book room").IsNow(SagaStatus.Compensated);
    }

    [Fact]
    public void Keeps_undoing_the_other_branch_when_one_undo_fails()
    {
        var spec = SagaSpec.Given(TripSagas.WithParallel, Trip)
            .Replies(new SeatReserved("12A")).Replies(new RoomBooked("101")).Refuses();
        for (var refusals = 1; refusals <= 12; refusals++)
        {
            spec.StepIs("reserve seat", StepState.Undoing).Refuses("reserve seat", new Refusal("Busy", "later"));
            if (refusals == 6)
            {
                spec.Acknowledges("book room");
            }

            spec.After(refusals < 12 ? RetryPolicy.Persistent.DelayBefore(refusals) : TimeSpan.Zero);
            if (refusals < 6 && spec.Saga.Steps[1].State == StepState.UndoWait)
            {
                spec.After(TimeSpan.FromSeconds(1));
            }
        }

        spec.StepIs("book room", StepState.Undone).StepIs("reserve seat", StepState.UndoFailed).IsParkedBecause("'reserve seat'");
    }

    [Fact]
    public void Says_so_when_an_undo_cannot_be_built() =>
        SagaSpec.Given(
                new TestSaga(saga => saga.Step("reserve seat").Send(t => new ReserveSeat(t.Id)).Undo<ReleaseSeat>(_ => throw new InvalidOperationException("which seat?"))),
                Trip)
            .TimesOut().IsParkedBecause("'reserve seat'").Notes(JournalKind.UndoFailed, "reserve seat");

    [Fact]
    public void Needs_no_undo_where_there_is_nothing_to_undo() =>
        SagaSpec.Given(
                new TestSaga(saga =>
                {
                    saga.Step("reserve seat").Send(t => new ReserveSeat(t.Id)).NothingToUndo("it only looks");
                    saga.Step("book room").Send(t => new BookRoom(t.Id)).NothingToUndo("it only looks");
                }),
                Trip)
            .Replies(new SeatReserved("12A")).Sends(new ReserveSeat("T1")).Sends(new BookRoom("T1")).Refuses().SendsNothing().IsNow(SagaStatus.Compensated);
}

public sealed class A_saga_with_local_steps
{
    private static readonly Trip Trip = new("T1");

    [Fact]
    public void Undoes_them_in_its_own_transaction() =>
        SagaSpec.Given(TripSagas.WithPivot, Trip).Refuses().StateIs(t => t.Note == "rejected").IsNow(SagaStatus.Compensated);

    [Fact]
    public void Retries_a_step_that_throws() =>
        SagaSpec.Given(TripSagas.WithPivot, Trip)
            .LocalFaults("create trip", times: 2).StepIs("create trip", StepState.RetryWait).SendsNothing()
            .After(TimeSpan.FromSeconds(1)).StepIs("create trip", StepState.RetryWait)
            .After(TimeSpan.FromSeconds(2)).StepIs("create trip", StepState.Done).Sends(new ReserveSeat("T1"));

    [Fact]
    public void Gives_up_a_step_that_keeps_throwing_and_has_nothing_to_undo() =>
        SagaSpec.Given(TripSagas.WithPivot, Trip)
            .LocalFaults("create trip", times: 12).After(TimeSpan.FromHours(1)).IsNow(SagaStatus.Compensated).StateIs(t => t.Note is null);

    [Fact]
    public void Parks_past_the_pivot_when_a_step_keeps_throwing_and_goes_on_when_resumed() =>
        SagaSpec.Given(TripSagas.WithPivot, Trip)
            .Replies(new SeatReserved("12A")).Replies(new CardCharged("R1")).LocalFaults("approve trip", times: 12).Acknowledges()
            .After(TimeSpan.FromHours(1)).IsParkedBecause("'approve trip'").IsResumed().After(TimeSpan.Zero).IsNow(SagaStatus.Completed);

    [Fact]
    public void Retries_an_undo_that_throws() =>
        SagaSpec.Given(TripSagas.WithPivot, Trip)
            .StepIs("create trip", StepState.Done).LocalFaults("create trip").Refuses()
            .StepIs("create trip", StepState.UndoWait).After(TimeSpan.FromSeconds(1)).IsNow(SagaStatus.Compensated).StateIs(t => t.Note == "rejected");

    [Fact]
    public void Count_a_refusal_as_an_attempt_for_what_it_published_is_committed_and_a_fault_not()
    {
        var isReady = false;
        var spec = SagaSpec.Given(
                new TestSaga(saga =>
                {
                    saga.Pivot("charge card").Send(t => new ChargeCard(t.Id)).NothingToUndo("test");
                    saga.Retriable("tell").Do((t, _) => isReady ? t with { Note = "told" } : new Refusal("NotYet", "we open at six"));
                }),
                Trip)
            .Replies(new CardCharged("R1")).StepIs("tell", StepState.RetryWait);
        Assert.Equal(1, spec.Saga.Steps[1].Attempt);
        spec.LocalFaults("tell").After(TimeSpan.FromSeconds(1));
        Assert.Equal(1, spec.Saga.Steps[1].Attempt);
        isReady = true;
        spec.After(TimeSpan.FromSeconds(10)).StateIs(t => t.Note == "told").IsNow(SagaStatus.Completed);
    }

    [Fact]
    public void Turns_back_when_one_refuses() =>
        SagaSpec.Given(
                new TestSaga(saga =>
                {
                    saga.Step("reserve seat").Send(t => new ReserveSeat(t.Id)).Undo(t => new ReleaseSeat(t.Id));
                    saga.Step("check").Do((_, _) => new Refusal("TooLate", "the gate is closed")).NothingToUndo("it only looks");
                }),
                Trip)
            .Replies(new SeatReserved("12A")).FailedAt("check", "TooLate").Sends(new ReserveSeat("T1")).Sends(new ReleaseSeat("T1"));
}

public sealed class Every_status_and_input
{
    public static TheoryData<SagaStatus, string> Pairs
    {
        get
        {
            var pairs = new TheoryData<SagaStatus, string>();
            foreach (var status in Enum.GetValues<SagaStatus>())
            {
                foreach (var input in Inputs.Keys)
                {
                    pairs.Add(status, input);
                }
            }

            return pairs;
        }
    }

    private static Dictionary<string, SagaInput> Inputs => new()
    {
        ["reply"] = new SagaInput.Replied("reserve seat", 1, false, new SeatReserved("x"), null),
        ["refusal"] = new SagaInput.Replied("reserve seat", 1, false, null, new Refusal("No", "no")),
        ["undo reply"] = new SagaInput.Replied("reserve seat", 1, true, Done.Instance, null),
        ["undo refusal"] = new SagaInput.Replied("reserve seat", 1, true, null, new Refusal("No", "no")),
        ["reply to nothing"] = new SagaInput.Replied("no such step", 3, false, null, null),
        ["unusable reply"] = new SagaInput.Unusable("reserve seat", 1, "JsonException", "no JSON", "{"),
        ["unusable refusal"] = new SagaInput.Unusable("reserve seat", 1, "JsonException", "no JSON", "{", new Refusal("No", "no")),
        ["event"] = new SagaInput.EventArrived(new TripApproved("Ann"), "{}"),
        ["wake"] = new SagaInput.Woken(),
        ["takeover"] = new SagaInput.TakenOver(),
        ["given up"] = new SagaInput.GivenUp("reserve seat", 1, false, "it threw"),
        ["undo given up"] = new SagaInput.GivenUp("reserve seat", 1, true, "it threw"),
        ["resume"] = new SagaInput.Resumed(),
        ["cancel"] = new SagaInput.Cancelled("a test"),
        ["broken"] = new SagaInput.Broken("changed"),
        ["retry"] = new SagaInput.Retried(),
        ["skip"] = new SagaInput.StepSkipped("reserve seat"),
        ["skip what is not reached"] = new SagaInput.StepSkipped("charge card", "by hand"),
        ["turn back"] = new SagaInput.ForcedBack(),
        ["go on from"] = new SagaInput.GoneBackTo("reserve seat"),
        ["pause"] = new SagaInput.Paused("a test"),
        ["edit"] = new SagaInput.StateEdited(new Trip("T2"), "id"),
        ["fire timer"] = new SagaInput.TimerFired("reserve seat"),
        ["move timer"] = new SagaInput.TimerMoved("reserve seat", DateTimeOffset.UnixEpoch),
    };

    /// <summary>These are never on their way: the driver makes them within the decision that asked for them.</summary>
    private static readonly Type[] OfTheDriver = [typeof(SagaInput.Started), typeof(SagaInput.LocalDone), typeof(SagaInput.LocalFaulted)];

    [Fact]
    public void Is_in_this_table() =>
        Assert.Equal(
            typeof(SagaInput).GetNestedTypes().Except(OfTheDriver).OrderBy(t => t.Name, StringComparer.Ordinal),
            Inputs.Values.Select(input => input.GetType()).Distinct().OrderBy(t => t.Name, StringComparer.Ordinal));

    [Theory]
    [MemberData(nameof(Pairs))]
    public void Is_decided_within_the_table_of_statuses(SagaStatus status, string input)
    {
        var plan = TripSagas.Linear.Plan();
        var spec = In(status);
        var before = spec.Saga;
        var now = before.WakeAt ?? before.StartedAt;
        var decision = SagaDecider.Decide(plan, before, Inputs[input], now);
        Assert.True(decision.Next.Status == status || status.Next().Contains(decision.Next.Status));
        Assert.Equal(before.Version + (decision.Changed ? 1 : 0), decision.Next.Version);
        if (status.IsFinal())
        {
            Assert.False(decision.Changed);
            Assert.Empty(decision.Effects);
        }

        // The same inputs, the same decision.
        var again = SagaDecider.Decide(plan, before, Inputs[input], now);
        Assert.Equal(decision.Next.Steps, again.Next.Steps);
        Assert.Equal(decision.Effects, again.Effects);
        Assert.Equal(decision.Journal, again.Journal);
    }

    private static SagaSpec<Trip> In(SagaStatus status)
    {
        var spec = SagaSpec.Given(TripSagas.Linear, new Trip("T1"));
        return status switch
        {
            SagaStatus.Running => spec,
            SagaStatus.Compensating => spec.TimesOut(),
            SagaStatus.Completed => spec.Replies(new SeatReserved("1")).Replies(new RoomBooked("1")).Replies(new CardCharged("1")),
            SagaStatus.Compensated => spec.Refuses(),
            _ => spec.Takes(new SagaInput.Broken("a test")),
        };
    }
}
