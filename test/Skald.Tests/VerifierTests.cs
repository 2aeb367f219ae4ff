using Skald.Decisions;
using Skald.Definition;
using Skald.Testing;
using Xunit;

namespace Skald.Tests;

public sealed class Every_story_of_a_saga_ends_well(ITestOutputHelper output)
{
    [Fact]
    public void With_steps_one_after_the_other() => Verify(TripSagas.Linear);

    [Fact]
    public void With_a_pivot_local_steps_and_retriable_ones() => Verify(TripSagas.WithPivot);

    [Fact]
    public void With_a_pivot_that_can_be_undone() => Verify(TripSagas.WithPivotThatCanBeUndone);

    [Fact]
    public void With_parallel_steps() => Verify(TripSagas.WithParallel);

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void With_a_step_that_may_be_skipped(bool insured) => Verify(TripSagas.WithWhen, trip: new Trip("T1", Insured: insured));

    [Fact]
    public void With_a_wait_for_a_person() => Verify(TripSagas.WithWait);

    [Fact]
    public void With_a_wait_after_the_pivot_and_operators_who_resume() =>
        Verify(TripSagas.WithWaitAfterPivot, f => Faults.None with { Refusals = 2, Resumes = 2, Duplicates = 1, Timeouts = 1 });

    [Fact]
    public void With_two_deadlines_that_pass_too_early() => Verify(TripSagas.Linear, f => f with { Timeouts = 2 });

    [Fact]
    public void With_participants_that_stop_answering_and_operators_who_resume() =>
        Verify(TripSagas.Linear, f => Faults.None with { Outages = 1, Resumes = 1, Timeouts = 1, UndoFailures = 2 });

    [Fact]
    public void With_a_pivot_whose_participant_stops_answering() =>
        Verify(TripSagas.WithPivot, f => Faults.None with { Outages = 1, Resumes = 1, Refusals = 2, LocalFaults = 1 });

    [Fact]
    public void With_undos_that_fail_and_operators_who_resume_twice() =>
        Verify(TripSagas.WithParallel, f => Faults.None with { UndoFailures = 3, Resumes = 2, Refusals = 1, Losses = 1 });

    [Fact]
    public void With_participants_that_lose_what_they_remember() =>
        Verify(TripSagas.Linear, f => Faults.None with { Oblivions = 2, Resumes = 1, Refusals = 1, UndoFailures = 1, Timeouts = 1, Duplicates = 1 });

    private void Verify(TestSaga saga, Func<Faults, Faults>? faults = null, Trip? trip = null)
    {
        var watch = System.Diagnostics.Stopwatch.StartNew();
        var report = SagaVerifier.For(saga.Plan()).StartedWith(trip ?? new Trip("T1"))
            .WithSample(new SeatReserved("12A")).WithSample(new RoomBooked("101")).WithSample(new TripApproved("Ann"))
            .Faults(faults ?? (f => f))
            .Verify();
        output.WriteLine($"{report} ({watch.Elapsed.TotalSeconds:0.0} s)");
        report.ShouldHold();
        Assert.Contains(SagaStatus.Completed, report.Ends.Keys);
    }
}

/// <summary>A verifier that finds nothing proves nothing: each of these rules is broken on purpose, and must be found.</summary>
public sealed class The_verifier_finds(ITestOutputHelper output)
{
    [Fact]
    public void A_late_reply_that_revives_a_compensating_saga() => Finds("became running", TripSagas.Linear, (plan, saga, input, now) =>
    {
        if (saga.Status == SagaStatus.Compensating && input is SagaInput.Replied { Undo: false, Refusal: null } reply)
        {
            var index = plan.Find(reply.Step)!.Index;
            var open = saga.Steps[index] with { State = StepState.Sent, Attempt = reply.Attempt };
            saga = saga with { Status = SagaStatus.Running, Failure = null, Steps = saga.Steps.SetItem(index, open) };
        }

        return SagaDecider.Decide(plan, saga, input, now);
    });

    [Theory]
    [InlineData(nameof(FlightKind.Answer))]
    [InlineData(nameof(FlightKind.Command))]
    public void That_whoever_knows_the_ids_is_believed(string kind)
    {
        var report = SagaVerifier.For(TripSagas.Linear.Plan()).StartedWith(new Trip("T1")).Faults(_ => Faults.None).Believing(Enum.Parse<FlightKind>(kind)).Verify();
        var violation = Assert.Single(report.Violations);
        output.WriteLine(violation.ToString());
        Assert.Contains(violation.Story, line => line.StartsWith("a forgery of ", StringComparison.Ordinal));
    }

    [Fact]
    public void A_late_refusal_that_counts_for_the_next_attempt() => Finds("was in effect", TripSagas.WithWhen, (plan, saga, input, now) =>
        SagaDecider.Decide(plan, saga, input is SagaInput.Replied { Undo: false } late ? late with { Attempt = saga.Steps[plan.Find(late.Step)!.Index].Attempt } : input, now));

    [Fact]
    public void An_undo_skipped_for_a_step_in_doubt() => Finds("took effect", TripSagas.Linear, (plan, saga, input, now) =>
    {
        var decision = SagaDecider.Decide(plan, saga, input, now);
        var timedOut = decision.Journal.FirstOrDefault(j => j.Kind == JournalKind.TimedOut).Step;
        return timedOut is null ? decision : SagaDecider.Decide(
            plan, saga, new SagaInput.Replied(timedOut, saga.Steps[plan.Find(timedOut)!.Index].Attempt, false, null, new Refusal("Timeout", "late")), now);
    });

    [Fact]
    public void Undos_sent_all_at_once() => Finds("being undone before", TripSagas.Linear, (plan, saga, input, now) =>
    {
        var decision = SagaDecider.Decide(plan, saga, input, now);
        return decision.Next.Status != SagaStatus.Compensating ? decision : Undo(plan, decision, plan.Steps.Where(s => decision.Next.Steps[s.Index].State == StepState.Done), now);
    });

    [Fact]
    public void Undos_that_begin_with_the_first_step() => Finds("being undone before", TripSagas.Linear, (plan, saga, input, now) =>
    {
        var decision = SagaDecider.Decide(plan, saga, input, now);
        return decision.Next.Status != SagaStatus.Compensating || saga.Status == SagaStatus.Compensating
            ? decision
            : Undo(plan, decision with { Effects = [] }, plan.Steps.Where(s => decision.Next.Steps[s.Index].State == StepState.Done).Take(1), now);
    });

    [Fact]
    public void A_refusal_after_the_pivot_that_turns_the_saga_back() => Finds("after the point of no return", TripSagas.WithPivot, (plan, saga, input, now) =>
    {
        var decision = SagaDecider.Decide(plan, saga, input, now);
        return decision.Next.Status != SagaStatus.Parked || decision.Next.Steps[plan.PivotIndex].State != StepState.Done ? decision : Undo(
            plan, decision with { Next = decision.Next with { Status = SagaStatus.Compensating } }, plan.Steps.Where(s => s.Name == "reserve seat"), now);
    });

    [Fact]
    public void A_participant_that_acknowledges_before_its_answer_is_confirmed() => Finds("stuck", TripSagas.WithPivot, saga => saga.WithEarlyAcknowledgements());

    [Fact]
    public void A_sender_whose_sagas_nobody_takes_over() => Finds("stuck", TripSagas.WithPivot, (plan, saga, input, now) =>
        input is SagaInput.TakenOver ? new Decision(saga, false, [], []) : SagaDecider.Decide(plan, saga, input, now));

    [Fact]
    public void A_takeover_from_a_sender_that_lives() => Finds("sent again without a reason", TripSagas.Linear, (plan, saga, input, now) =>
        SagaDecider.Decide(plan, saga, input is SagaInput.Woken ? new SagaInput.TakenOver() : input, now));

    [Fact]
    public void A_saga_that_is_never_woken() => Finds("for ever", TripSagas.Linear, (plan, saga, input, now) =>
        input is SagaInput.Woken ? new Decision(saga, false, [], []) : SagaDecider.Decide(plan, saga, input, now));

    [Fact]
    public void A_saga_that_forgets_its_next_wake() => Finds("stuck", TripSagas.Linear, (plan, saga, input, now) =>
    {
        var decision = SagaDecider.Decide(plan, saga, input, now);
        return decision with { Next = decision.Next with { WakeAt = null } };
    });

    [Fact]
    public void A_saga_that_completes_before_its_last_step() => Finds("is completed, but", TripSagas.Linear, (plan, saga, input, now) =>
    {
        var decision = SagaDecider.Decide(plan, saga, input, now);
        return decision.Next.Steps[^1].State == StepState.Sent ? decision with { Next = decision.Next with { Status = SagaStatus.Completed } } : decision;
    });

    [Fact]
    public void A_finished_saga_that_takes_a_reply() => Finds("changed again", TripSagas.Linear, (plan, saga, input, now) =>
    {
        var decision = SagaDecider.Decide(plan, saga, input, now);
        return saga.Status.IsFinal() ? decision with { Changed = true, Next = saga with { Version = saga.Version + 1 } } : decision;
    });

    [Fact]
    public void A_decision_that_throws() => Finds("threw KeyNotFoundException", TripSagas.Linear, (plan, saga, input, now) =>
        input is SagaInput.Replied { Refusal: not null } ? throw new KeyNotFoundException("lost") : SagaDecider.Decide(plan, saga, input, now));

    [Fact]
    public void A_participant_without_ledger() => Finds("took effect twice", TripSagas.Linear, SagaDecider.Decide, BrokenBarriers.NothingIsKnown);

    [Fact]
    public void A_participant_that_forgets_an_undo_that_found_nothing() => Finds("the books do not balance", TripSagas.Linear, SagaDecider.Decide, BrokenBarriers.ForgetsAnUndoThatFoundNothing);

    [Fact]
    public void A_participant_that_undoes_again_for_a_new_attempt() =>
        Finds("was undone twice", TripSagas.Linear, SagaDecider.Decide, BrokenBarriers.UndoesAgainForANewAttempt, f => f with { Resumes = 1 });

    private void Finds(string promise, TestSaga saga, Decider decide, BarrierRule? barrier = null, Func<Faults, Faults>? faults = null) =>
        Finds(promise, saga, v => v.Faults(faults ?? (f => f)).WithDecider(decide).WithBarrier(barrier ?? LedgerBarrier.Judge));

    private void Finds(string promise, TestSaga saga, Func<SagaVerification, SagaVerification> breaks)
    {
        var report = breaks(SagaVerifier.For(saga.Plan()).StartedWith(new Trip("T1"))).Verify();
        output.WriteLine(report.ToString());
        var violation = Assert.Single(report.Violations);
        Assert.Contains(promise, violation.Promise, StringComparison.Ordinal);
        Assert.Throws<SkaldAssertionException>(() => report.ShouldHold());
    }

    private static Decision Undo(SagaPlan plan, Decision decision, IEnumerable<StepPlan> steps, DateTimeOffset now)
    {
        foreach (var step in steps)
        {
            var record = decision.Next.Steps[step.Index];
            var remote = (StepWork.Remote)step.Work;
            decision = decision with
            {
                Next = decision.Next with
                {
                    Steps = decision.Next.Steps.SetItem(step.Index, record with { State = StepState.Undoing, Due = now + remote.Within }),
                    WakeAt = now + remote.Within,
                },
                Effects = [.. decision.Effects, new Effect.Send(step.Index, step.Name, record.Attempt, Undo: true, remote.UndoCommand!.Build(decision.Next.State))],
            };
        }

        return decision;
    }
}

/// <summary>Exact for any number of the author's states, and any number of steps.</summary>
public sealed class The_verifier_tells_apart
{
    [Fact]
    public void More_states_of_the_author_than_a_character_can_number()
    {
        // Each local step doubles the number of states; they differ in nothing else.
        const int steps = 17;
        var saga = new TestSaga(s =>
        {
            for (var i = 0; i < steps; i++)
            {
                s.Step($"step {i}").Send(t => new ReserveSeat(t.Id)).OnReply((t, r) => t with { Seats = t.Seats + 1 }).NothingToUndo("a test").RetryRefused(0, TimeSpan.Zero);
            }
        });
        var seen = new HashSet<string>();
        var world = new VerifierWorld(saga.Plan(), [new SeatReserved("1A")], Faults.None, null, SagaDecider.Decide, LedgerBarrier.Judge, forgets: false);
        var state = world.Start(new Trip("T0")).Single().To;
        for (var i = 0; i < 70_000; i++)
        {
            Assert.True(seen.Add(world.KeyOf(state with { Saga = state.Saga with { State = new Trip($"T{i}") } })), $"state {i} is taken for an earlier one");
        }
    }

    [Fact]
    public void Seventy_steps_of_which_one_stops_answering_or_throws()
    {
        var keys = new HashSet<string>();
        var saga = new TestSaga(s => Enumerable.Range(0, 70).ToList().ForEach(i => s.Step($"step {i}").Do((t, _) => t).Undo((t, _) => t)));
        var world = new VerifierWorld(saga.Plan(), [], Faults.None, null, SagaDecider.Decide, LedgerBarrier.Judge, forgets: false);
        var state = world.Start(new Trip("T0")).Single().To;
        for (var i = 0; i < 70; i++)
        {
            Assert.True(keys.Add(world.KeyOf(state with { Deaf = default(StepSet).With(i) })));
            Assert.True(keys.Add(world.KeyOf(state with { BrokenSteps = default(StepSet).With(i) })));
            Assert.True(keys.Add(world.KeyOf(state with { BrokenUndos = default(StepSet).With(i) })));
        }
    }

    [Fact]
    public void Counts_of_every_size()
    {
        var keys = new HashSet<string>();
        var world = new VerifierWorld(TripSagas.Linear.Plan(), [], Faults.None, null, SagaDecider.Decide, LedgerBarrier.Judge, forgets: false);
        var state = world.Start(new Trip("T0")).Single().To;
        foreach (var number in new[] { 0, 1, 15, 16, 17, 255, 256, 65_534, 65_535, 65_536, 65_537, int.MaxValue, -1 })
        {
            Assert.True(keys.Add(world.KeyOf(state with { Budget = state.Budget with { Duplicates = number } })), $"{number} duplicates");
            Assert.True(keys.Add(world.KeyOf(state with { Budget = state.Budget with { Losses = number, Duplicates = 100 } })), $"{number} losses");
            Assert.True(keys.Add(world.KeyOf(state with { Flying = [new Flight(FlightKind.Command, 1, number, false, false)] })), $"attempt {number}");
        }
    }
}
