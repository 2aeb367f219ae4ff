using System.Diagnostics;
using System.Runtime.InteropServices;
using Skald.Definition;

namespace Skald.Decisions;

/// <summary>
/// What a saga may do next. Pure: no I/O, no clock, no randomness; the same inputs give the same decision, so every
/// race, crash and timeout is a table of inputs.
/// </summary>
internal static class SagaDecider
{
    /// <summary>Answers and events may have come while we were away: what waits in our queue is looked at for so long, before deadlines count.</summary>
    public static readonly TimeSpan AfterAbsence = TimeSpan.FromSeconds(2);

    /// <summary>A new saga; decide <see cref="SagaInput.Started"/> on it first.</summary>
    public static SagaInstance NewSaga(SagaPlan plan, SagaId id, object state, DateTimeOffset now)
    {
        var steps = new StepRecord[plan.Steps.Length];
        Array.Fill(steps, StepRecord.Initial);
        return new SagaInstance
        {
            Id = id,
            Definition = plan.Name,
            Version = 0,
            Status = SagaStatus.Running,
            State = state,
            Steps = ImmutableCollectionsMarshal.AsImmutableArray(steps),
            StartedAt = now,
        };
    }

    /// <summary>Decides one input.</summary>
    /// <param name="plan">The definition that the saga runs.</param>
    /// <param name="saga">The saga as stored.</param>
    /// <param name="input">What happened.</param>
    /// <param name="now">The engine's clock.</param>
    public static Decision Decide(SagaPlan plan, SagaInstance saga, SagaInput input, DateTimeOffset now)
    {
        var turn = new Turn(plan, saga, now);
        switch (saga.Status, input)
        {
            case (SagaStatus.Running, SagaInput.Started): turn.Start(); break;
            case (SagaStatus.Running, SagaInput.Replied { Undo: false } reply): turn.TakeReply(reply); break;
            case (SagaStatus.Running, SagaInput.Unusable unusable): turn.TakeUnusable(unusable); break;
            case (SagaStatus.Running, SagaInput.Replied reply): turn.Late(reply.Step, "an answer to an undo that was never sent"); break;
            case (SagaStatus.Running or SagaStatus.Parked, SagaInput.EventArrived arrived): turn.TakeEvent(arrived); break;
            // Once what was done is undone, it waits again.
            case (SagaStatus.Compensating, SagaInput.EventArrived arrived) when turn.GoesOnLater: turn.TakeEvent(arrived); break;
            case (SagaStatus.Compensating, SagaInput.Replied { Undo: true } reply): turn.TakeUndoReply(reply); break;
            // The step is being undone, or was settled already: its answer comes too late to change that.
            case (SagaStatus.Compensating, SagaInput.Replied reply): turn.Late(reply.Step, Turn.Answer(reply)); break;
            case (SagaStatus.Running or SagaStatus.Compensating, SagaInput.GivenUp given): turn.TakeGivenUp(given); break;
            case (SagaStatus.Running or SagaStatus.Compensating, SagaInput.LocalDone done): turn.TakeLocal(done); break;
            case (SagaStatus.Running or SagaStatus.Compensating, SagaInput.LocalFaulted fault): turn.TakeLocalFault(fault); break;
            case (SagaStatus.Running or SagaStatus.Compensating, SagaInput.Woken woken): turn.Wake(woken.AwayUntil, woken.FoundAt ?? now); break;
            case (SagaStatus.Running or SagaStatus.Compensating, SagaInput.TakenOver): turn.TakeOver(); break;
            case (SagaStatus.Running or SagaStatus.Compensating, SagaInput.Broken broken): turn.Park(broken.What); break;
            case (_, SagaInput.Cancelled cancelled): turn.Cancel(cancelled.Reason); break;
            case (SagaStatus.Parked, SagaInput.Resumed resumed): turn.Resume(resumed.Reason); break;
            case (_, SagaInput.Resumed): turn.Refuse($"it is not parked: it is {saga.Status.Word()}"); break;
            case (SagaStatus.Parked, SagaInput.Replied reply): turn.KeepReply(reply); break;
            case (_, SagaInput.Retried retried): turn.Retry(retried.Reason); break;
            case (_, SagaInput.StepSkipped skipped): turn.SkipStep(skipped.Step, skipped.Reason); break;
            case (_, SagaInput.ForcedBack forced): turn.ForceBack(forced.Reason); break;
            case (_, SagaInput.GoneBackTo back): turn.GoOnFrom(back.Step, back.Reason); break;
            case (_, SagaInput.Paused paused): turn.Pause(paused.Reason); break;
            case (_, SagaInput.StateEdited edited): turn.Edit(edited); break;
            case (_, SagaInput.TimerFired fired): turn.FireTimer(fired.Step); break;
            case (_, SagaInput.TimerMoved moved): turn.MoveTimer(moved.Step, moved.To); break;
            case (_, SagaInput.Replied reply): turn.Late(reply.Step, Turn.Answer(reply)); break;
            case (_, SagaInput.Unusable unusable): turn.Late(unusable.Step, unusable.Message); break;
            case (_, SagaInput.GivenUp given): turn.Late(given.Step, given.Message); break;
            case (_, SagaInput.EventArrived arrived): turn.DropEvent(arrived); break;
            // A wake or a takeover that lost its race, or news about a saga that has ended: nothing to do.
            case (_, SagaInput.Woken or SagaInput.TakenOver or SagaInput.Broken): break;
            default: throw new UnreachableException($"{input.GetType().Name} reached saga {saga.Id} while {saga.Status}");
        }

        return turn.Decide();
    }
}
