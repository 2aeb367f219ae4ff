using System.Text.Json;
using Skald.Decisions;
using Skald.Definition;
using Skald.Testing;
using Xunit;

namespace Skald.Tests;

/// <summary>What people do to sagas from outside, decided without a host.</summary>
public sealed class An_act_on_a_saga
{
    private static readonly SagaAct Retry = new SagaAct.Retry();
    private static readonly SagaAct Pause = new SagaAct.Pause();
    private static readonly SagaAct Back = new SagaAct.Compensate();

    private static SagaSpec<Trip> Linear() => SagaSpec.Given(TripSagas.Linear, new Trip("T1"));

    private static SagaSpec<Trip> AtTheCard(SagaSpec<Trip> saga) =>
        saga.Sends(new ReserveSeat("T1")).Replies(new SeatReserved("12A")).Sends(new BookRoom("T1")).Replies(new RoomBooked("7")).Sends(new ChargeCard("T1"));

    [Fact]
    public void Retry_asks_once_more_under_the_same_id()
    {
        var saga = Linear().Sends(new ReserveSeat("T1"));
        var preview = saga.Foresees(Retry);
        Assert.Equal(new PlannedAction(PlannedActionKind.Sends, "reserve seat", false, "seats.reserve", "seats", 1, Repeats: true), Assert.Single(preview.Now));
        saga.IsActedOn(Retry).Sends(new ReserveSeat("T1")).Notes(JournalKind.Retried).Replies(new SeatReserved("12A")).Sends(new BookRoom("T1"));
    }

    [Fact]
    public void Retry_does_now_what_was_to_be_tried_later_and_once()
    {
        var saga = SagaSpec.Given(TripSagas.WithWhen, new Trip("T1")).Sends(new ReserveSeat("T1")).Replies(new SeatReserved("12A")).Sends(new ChargeCard("T1")).Refuses("Busy");
        saga.StepIs("charge card", StepState.RetryWait).SendsNothing();
        saga.IsActedOn(Retry).Sends(new ChargeCard("T1")).SendsNothing().StepIs("charge card", StepState.Sent).Acknowledges().IsNow(SagaStatus.Completed);
    }

    [Fact]
    public void Retry_is_refused_where_only_a_person_is_waited_for() =>
        SagaSpec.Given(TripSagas.WithWait, new Trip("T1")).Sends(new ReserveSeat("T1")).Replies(new SeatReserved("12A")).IsActedOn(Retry).Refused("waits for an event").SendsNothing();

    [Fact]
    public void A_paused_saga_keeps_the_answers_that_come_and_goes_on_with_them()
    {
        var saga = Linear().Sends(new ReserveSeat("T1")).IsActedOn(Pause, "the hotel is on fire").IsParkedBecause("it is paused: the hotel is on fire").SendsNothing();
        saga.Hears("reserve seat", 1, reply: new SeatReserved("12A")).IsNow(SagaStatus.Parked).StepIs("reserve seat", StepState.Done).StateIs(trip => trip.Seat == "12A").SendsNothing();
        saga.After(TimeSpan.FromDays(3)).SendsNothing();
        saga.IsActedOn(new SagaAct.Resume()).Sends(new BookRoom("T1")).SendsNothing();
    }

    [Fact]
    public void A_paused_saga_asks_again_for_what_was_refused_meanwhile() =>
        Linear().Sends(new ReserveSeat("T1")).IsActedOn(Pause).Hears("reserve seat", 1, refusal: new Refusal("Full", "no seat")).IsNow(SagaStatus.Parked)
            .IsResumed().Sends(new ReserveSeat("T1")).Refuses("Full").IsNow(SagaStatus.Compensated);

    [Fact]
    public void A_saga_on_its_way_back_can_be_paused_and_keeps_its_undo_answers() =>
        AtTheCard(Linear()).Refuses().Sends(new CancelRoom("T1")).IsActedOn(Pause).Hears("book room", 1, undo: true).StepIs("book room", StepState.Undone)
            .IsResumed().Sends(new ReleaseSeat("T1")).SendsNothing().Acknowledges().IsNow(SagaStatus.Compensated);

    [Fact]
    public void A_step_that_is_skipped_while_it_is_asked_for_is_in_doubt_and_undone_should_the_saga_turn_back()
    {
        var saga = Linear().Sends(new ReserveSeat("T1"));
        Assert.Contains("may have been done", Assert.Single(saga.Foresees(new SagaAct.Skip("reserve seat")).InDoubt).Why, StringComparison.Ordinal);
        saga.IsActedOn(new SagaAct.Skip("reserve seat"), "by hand").Sends(new BookRoom("T1")).StepIs("reserve seat", StepState.InDoubt)
            .Hears("reserve seat", 1, reply: new SeatReserved("12A")).StepIs("reserve seat", StepState.InDoubt)
            .Refuses("Full").Sends(new ReleaseSeat("T1")).Acknowledges().IsNow(SagaStatus.Compensated);
    }

    [Fact]
    public void A_step_after_the_point_of_no_return_that_is_refused_for_ever_can_be_skipped()
    {
        var saga = SagaSpec.Given(TripSagas.WithWaitAfterPivot, new Trip("T1")).Sends(new ReserveSeat("T1")).Replies(new SeatReserved("1")).Sends(new ChargeCard("T1")).Acknowledges()
            .Sends(new PrintTicket("T1")).Refuses().IsNow(SagaStatus.Parked);
        var preview = saga.Foresees(new SagaAct.Skip("print ticket"));
        Assert.Equal([PlannedActionKind.Skips, PlannedActionKind.Waits], preview.Now.Select(action => action.Kind));
        Assert.Empty(preview.InDoubt);
        saga.IsActedOn(new SagaAct.Skip("print ticket"), "sent by post").IsNow(SagaStatus.Running).StepIs("approval", StepState.Waiting).Notes(JournalKind.Skipped, "print ticket");
    }

    [Fact]
    public void An_undo_that_fails_for_ever_can_be_skipped_and_the_rest_is_undone()
    {
        var saga = AtTheCard(Linear()).Refuses().Sends(new CancelRoom("T1")).Refuses("No").After(TimeSpan.FromSeconds(1)).Sends(new CancelRoom("T1")).Refuses("No")
            .Sends(new ReleaseSeat("T1")).Acknowledges().IsParkedBecause("'book room'");
        var preview = saga.Foresees(new SagaAct.Skip("book room"));
        Assert.Equal((SagaStatus.Compensated, "book room"), (preview.End, Assert.Single(preview.InDoubt).Step));
        saga.IsActedOn(new SagaAct.Skip("book room"), "cancelled by telephone").IsNow(SagaStatus.Compensated);
    }

    [Fact]
    public void The_definition_may_take_a_skip_into_the_state()
    {
        var saga = SagaSpec.Given(
            new TestSaga(s =>
            {
                s.OnSkip((trip, step, reason) => trip with { Note = $"{step}: {reason}" });
                s.Step("reserve seat").Send(t => new ReserveSeat(t.Id)).Undo(t => new ReleaseSeat(t.Id));
                s.Step("charge card").Send(t => new ChargeCard(t.Id)).Undo(t => new RefundCard(t.Id)).When(t => t.Note == "");
            }),
            new Trip("T1"));
        saga.Sends(new ReserveSeat("T1")).IsActedOn(new SagaAct.Skip("reserve seat"), "by hand").StateIs(trip => trip.Note == "reserve seat: by hand").IsNow(SagaStatus.Completed).SendsNothing();
    }

    [Fact]
    public void Turning_back_waits_for_nothing_that_is_open()
    {
        var saga = Linear().Sends(new ReserveSeat("T1")).Replies(new SeatReserved("12A")).Sends(new BookRoom("T1"));
        var preview = saga.Foresees(Back);
        Assert.Equal(["rooms.cancel"], preview.Now.Select(action => action.Command));
        Assert.Equal(["seats.release"], preview.Then.Select(action => action.Command));
        Assert.Equal(SagaStatus.Compensated, preview.End);
        saga.IsActedOn(Back, "the customer rang").Sends(new CancelRoom("T1")).Acknowledges().Sends(new ReleaseSeat("T1")).Acknowledges().IsNow(SagaStatus.Compensated);
    }

    [Fact]
    public void Turning_back_is_refused_past_the_point_of_no_return() =>
        SagaSpec.Given(TripSagas.WithWaitAfterPivot, new Trip("T1")).Sends(new ReserveSeat("T1")).Replies(new SeatReserved("1")).Sends(new ChargeCard("T1"))
            .IsActedOn(Back).Refused("under way").Acknowledges().Sends(new PrintTicket("T1")).IsActedOn(Back).Refused("is done").SendsNothing();

    [Fact]
    public void Going_on_from_a_step_undoes_what_came_after_and_does_it_again_under_other_names()
    {
        var saga = AtTheCard(Linear());
        var preview = saga.Foresees(new SagaAct.GoOnFrom("book room"));
        Assert.Equal(["cards.refund"], preview.Now.Select(action => action.Command));
        Assert.Equal(["rooms.cancel", "rooms.book"], preview.Then.Where(action => action.Command is not null).Select(action => action.Command));

        saga.IsActedOn(new SagaAct.GoOnFrom("book room"), "another hotel").Sends(new RefundCard("T1")).Acknowledges().Sends(new CancelRoom("T1")).Acknowledges().Sends(new BookRoom("T1"));
        Assert.Equal("book room~2", saga.Saga.Steps[1].Name);
        // What was asked in the round before is not taken for an answer in this one.
        saga.Hears("book room", 1, reply: new RoomBooked("7")).StepIs("book room", StepState.Sent);
        saga.Hears("book room~2", 2, reply: new RoomBooked("8")).Sends(new ChargeCard("T1")).StateIs(trip => trip.Room == "8");
        saga.Acknowledges().IsNow(SagaStatus.Completed);
    }

    [Fact]
    public void Going_on_from_a_step_brings_back_a_saga_whose_later_steps_are_undone() =>
        AtTheCard(Linear()).Refuses().Sends(new CancelRoom("T1")).Acknowledges().Sends(new ReleaseSeat("T1"))
            .IsActedOn(new SagaAct.GoOnFrom("book room")).Refused("'reserve seat', which comes before it, is being undone")
            .IsActedOn(new SagaAct.GoOnFrom("reserve seat")).SendsNothing().Acknowledges().Sends(new ReserveSeat("T1")).IsNow(SagaStatus.Running)
            .Replies(new SeatReserved("13B")).Sends(new BookRoom("T1")).Refuses("Full").Sends(new ReleaseSeat("T1")).Acknowledges().IsNow(SagaStatus.Compensated);

    [Fact]
    public void A_saga_that_goes_on_from_a_step_can_still_be_cancelled() =>
        AtTheCard(Linear()).IsActedOn(new SagaAct.GoOnFrom("book room")).Sends(new RefundCard("T1")).IsCancelled().Answered(CancelOutcome.TurnsBack).Acknowledges()
            .Sends(new CancelRoom("T1")).Acknowledges().Sends(new ReleaseSeat("T1")).Acknowledges().IsNow(SagaStatus.Compensated).SendsNothing();

    [Fact]
    public void Going_on_from_a_wait_waits_once_more_and_turns_back_as_ever_after_that()
    {
        var saga = SagaSpec.Given(TripSagas.WithWait, new Trip("T1")).Sends(new ReserveSeat("T1")).Replies(new SeatReserved("1")).Raises(new TripApproved("Ann")).Sends(new ChargeCard("T1")).Refuses()
            .Sends(new ReleaseSeat("T1"));
        saga.IsActedOn(new SagaAct.GoOnFrom("reserve seat")).Acknowledges().Sends(new ReserveSeat("T1")).Replies(new SeatReserved("2")).StepIs("approval", StepState.Waiting)
            .IsActedOn(new SagaAct.GoOnFrom("approval")).StepIs("approval", StepState.Waiting).SendsNothing().Raises(new TripApproved("Bob")).StateIs(trip => trip.Approver == "Bob")
            .Sends(new ChargeCard("T1")).Refuses().Sends(new ReleaseSeat("T1")).Acknowledges().IsNow(SagaStatus.Compensated);
    }

    [Fact]
    public void A_timer_can_be_fired_and_moved()
    {
        var saga = SagaSpec.Given(TripSagas.WithWait, new Trip("T1")).Sends(new ReserveSeat("T1")).Replies(new SeatReserved("12A"));
        var later = saga.Saga.StartedAt + TimeSpan.FromDays(9);
        saga.IsActedOn(new SagaAct.MoveTimer("approval", later)).Notes(JournalKind.TimerMoved, "approval").After(TimeSpan.FromDays(8)).StepIs("approval", StepState.Waiting);
        Assert.Equal(later, saga.Saga.WakeAt);
        saga.IsActedOn(new SagaAct.FireTimer("approval")).FailedAt("approval", "Timeout").Sends(new ReleaseSeat("T1"));
        saga.IsActedOn(new SagaAct.FireTimer("approval")).Refused("waits for nothing");
    }

    [Fact]
    public void The_state_is_edited_by_a_merge_patch_that_is_held_against_its_type()
    {
        var saga = Linear().Sends(new ReserveSeat("T1"));
        var preview = saga.Foresees(Edit("""{"note":"by hand"}"""));
        Assert.Null(preview.Refused);
        saga.IsActedOn(Edit("""{"note":"by hand"}""")).StateIs(trip => trip is { Note: "by hand", Id: "T1" }).Notes(JournalKind.Edited);
        Assert.Contains("'nonsense'", Assert.Throws<ArgumentException>(() => saga.IsActedOn(Edit("""{"nonsense":1}"""))).Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => saga.IsActedOn(Edit("""{"insured":"perhaps"}""")));
        Assert.Throws<ArgumentException>(() => saga.IsActedOn(Edit("[]")));
        Assert.Contains("'typo'", Assert.Throws<ArgumentException>(() => saga.IsActedOn(Edit("""{"typo":null}"""))).Message, StringComparison.Ordinal);
        saga.StateIs(trip => trip is { Note: "by hand", Insured: false });
    }

    /// <summary>Whoever sends beside another process sends all that is open, and says so before.</summary>
    [Fact]
    public void What_another_process_has_open_is_sent_with_it_and_said_before()
    {
        var spec = SagaSpec.Given(TripSagas.WithParallel, new Trip("T1")).Sends(new ReserveSeat("T1"));
        var open = spec.Saga.Steps.Count(step => step.State == StepState.Sent);
        Assert.True(open > 1, $"{open} steps are open");
        var (plan, now) = (TripSagas.WithParallel.Plan(), spec.Saga.StartedAt);
        var (first, index) = (plan.Find("reserve seat")!.Name, plan.Find("reserve seat")!.Index);
        var saga = spec.Saga with { Steps = spec.Saga.Steps.SetItem(index, spec.Saga.Steps[index] with { State = StepState.RetryWait, Due = now.AddMinutes(1) }) };
        ActPreview Of(bool another) => new ActForesight(plan, saga, now, type => (type.Name, "")) { IsAnothers = another }.Of(new SagaAct.Retry(), _ => new SagaInput.TimerFired(first));
        Assert.Null(Of(false).Refused);
        Assert.Equal([first], Sent(Of(false)));
        Assert.Equal(open, Sent(Of(true)).Count);

        static List<string> Sent(ActPreview preview) => [.. preview.Now.Where(a => a.Kind == PlannedActionKind.Sends).Select(a => a.Step)];
    }

    [Fact]
    public void An_event_is_raised_by_its_name()
    {
        var saga = SagaSpec.Given(TripSagas.WithWait, new Trip("T1")).Sends(new ReserveSeat("T1")).Replies(new SeatReserved("12A"));
        var name = saga.Saga.Steps.Length > 1 ? Messaging.MessageCatalog.Of(typeof(TripApproved)).Name : "";
        saga.IsActedOn(new SagaAct.Raise(name, Json("""{"by":"Ann"}"""))).StateIs(trip => trip.Approver == "Ann").Sends(new ChargeCard("T1"));
        Assert.Contains("waits for no event", Assert.Throws<ArgumentException>(() => saga.IsActedOn(new SagaAct.Raise("x", Json("{}")))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Nothing_is_done_to_a_saga_that_has_ended()
    {
        var saga = Linear().Sends(new ReserveSeat("T1")).Refuses().IsNow(SagaStatus.Compensated);
        foreach (var act in new[] { Retry, Pause, Back, new SagaAct.Skip("book room"), new SagaAct.GoOnFrom("reserve seat"), new SagaAct.FireTimer("book room"), Edit("{}") })
        {
            saga.IsActedOn(act).Refused("has ended");
            Assert.NotNull(saga.Foresees(act).Refused);
        }
    }

    [Fact]
    public void A_step_that_there_is_not_is_an_error_that_lists_those_there_are() =>
        Assert.Contains("'reserve seat', 'book room', 'charge card'", Assert.Throws<ArgumentException>(() => Linear().IsActedOn(new SagaAct.Skip("nothing"))).Message, StringComparison.Ordinal);

    private static SagaAct.EditState Edit(string patch) => new(Json(patch));

    private static JsonElement Json(string json) => JsonDocument.Parse(json).RootElement;
}

/// <summary>Every story in which a person acts once, at any time, among faults.</summary>
public sealed class Every_story_with_acts_ends_well(ITestOutputHelper output)
{
    public static TheoryData<string, bool> Sagas
    {
        get
        {
            string[] definitions =
            [
                nameof(TripSagas.Linear), nameof(TripSagas.WithPivot), nameof(TripSagas.WithPivotThatCanBeUndone), nameof(TripSagas.WithParallel), nameof(TripSagas.WithWhen),
                nameof(TripSagas.WithWait), nameof(TripSagas.WithWaitAfterPivot),
            ];
            var sagas = new TheoryData<string, bool>();
            foreach (var definition in definitions)
            {
                sagas.Add(definition, true);
                sagas.Add(definition, false);
            }

            return sagas;
        }
    }

    [Theory]
    [MemberData(nameof(Sagas))]
    public void Whatever_the_person_does(string definition, bool twice)
    {
        // Each is one of the reference definitions.
        var saga = (TestSaga)typeof(TripSagas).GetProperty(definition)!.GetValue(null)!;
        var faults = Faults.None with { Refusals = 1, Resumes = 1, Acts = 2 };
        var report = SagaVerifier.For(saga.Plan()).StartedWith(new Trip("T1"))
            .WithSample(new SeatReserved("12A")).WithSample(new RoomBooked("101")).WithSample(new TripApproved("Ann"))
            .Faults(_ => twice ? faults : faults with { Acts = 1, Duplicates = 1, UndoFailures = 1 }).Verify();
        output.WriteLine(report.ToString());
        report.ShouldHold();
    }

    [Theory]
    [InlineData(nameof(TripSagas.Linear))]
    [InlineData(nameof(TripSagas.WithPivot))]
    [InlineData(nameof(TripSagas.WithPivotThatCanBeUndone))]
    [InlineData(nameof(TripSagas.WithParallel))]
    [InlineData(nameof(TripSagas.WithWait))]
    [InlineData(nameof(TripSagas.WithWaitAfterPivot))]
    public void And_each_act_is_foreseen_in_every_state(string definition)
    {
        var saga = (TestSaga)typeof(TripSagas).GetProperty(definition)!.GetValue(null)!;
        var check = new ForesightCheck();
        check.On(SagaVerifier.For(saga.Plan()).StartedWith(new Trip("T1")).WithSample(new SeatReserved("12A")).WithSample(new RoomBooked("101")).WithSample(new TripApproved("Ann"))
            .Faults(_ => Faults.None with { Refusals = 1, Resumes = 1, Acts = 1, Timeouts = 1, UndoFailures = 2 })).Verify().ShouldHold();
        output.WriteLine($"{check.Acts} acts in {check.States} states");
        Assert.True(check.Acts > 100);
    }
}
