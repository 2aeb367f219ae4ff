using Skald.Definition;

namespace Skald.Decisions;

// Time: deadlines and retries that have become due. And what a person or another process does about what is open.
internal sealed partial class Turn
{
    /// <param name="awayUntil">Deadlines before this time passed while nobody was there who could have seen an answer.</param>
    /// <param name="foundAt">What passed later is not judged.</param>
    public void Wake(DateTimeOffset? awayUntil, DateTimeOffset foundAt)
    {
        if (EarliestDue() is var earliest && !(earliest <= foundAt) && saga.WakeAt == earliest)
        {
            // It has moved on since it was found due.
            return;
        }

        // Even if no step is due yet, the next wake has to be set: until then, the claim of whoever found it stands there.
        _changed = _wakesAnew = true;
        foreach (var step in plan.Steps)
        {
            var record = _steps[step.Index];
            if (record.Due is not { } due || due > foundAt)
            {
                continue;
            }

            if (due < awayUntil && (record.State == StepState.Sent || (record.State is StepState.Waiting or StepState.Undoing && !IsForgotten(step, record))))
            {
                StartAnew(step, record);
            }
            else
            {
                PassTime(step, record);
            }

            if (HasTurned())
            {
                // What else is due is seen at the next wake.
                return;
            }
        }

        GoOnUndoing();
    }

    /// <summary>A step's time has come.</summary>
    private void PassTime(StepPlan step, StepRecord record)
    {
        switch (record.State)
        {
            case StepState.Waiting or StepState.Undoing when IsForgotten(step, record): Forget(step, record); break;
            case StepState.Sent: PassDeadline(step, record); break;
            case StepState.Undoing: GiveUpUndo(step, $"its undo was not acknowledged within {step.Work.ParkAfter}"); break;
            case StepState.Waiting: Fail(step, StepState.Refused, SagaFailure.Timeout, $"'{step.Name}' did not happen within {(step.Work as StepWork.Wait)?.Within}"); break;
            case StepState.RetryWait: RetryNow(step, record); break;
            case StepState.UndoWait: UndoAgain(step, record); break;
        }
    }

    /// <summary>Whoever had the open commands is gone, or could not send them: they go out once more, under the same ids.</summary>
    public void TakeOver()
    {
        if (SendOpen() && _status == SagaStatus.Compensating)
        {
            ContinueUndo();
        }
    }

    public void Resume(string? reason)
    {
        Note(JournalKind.Resumed, null, reason);
        GoOn();
    }

    /// <summary>A parked saga goes on where it stood.</summary>
    private void GoOn()
    {
        _changed = true;
        _parkReason = null;
        var goesBack = GoesOnLater || (_failure is not null && !PivotIsDone);
        if (!goesBack)
        {
            _failure = null;
        }

        // It comes once what is being undone before it has been.
        var isUndoing = IsUndoing;
        // A branch that was still open has to end before its neighbours are undone.
        var status = _status = goesBack && !HasOpenStep() ? SagaStatus.Compensating : SagaStatus.Running;
        foreach (var step in plan.Steps)
        {
            var record = _steps[step.Index];
            switch (record.State)
            {
                case StepState.Done when record.Held is { } held && !TryFoldHeld(step, held): return;
                case StepState.UndoFailed when !isUndoing: UndoOnceMore(step, record); break;
                case StepState.RetryWait or StepState.UndoWait: Set(step.Index, record with { Tries = 0, Since = now, Due = now }); break;
                case StepState.Sent or StepState.Undoing: Set(step.Index, record with { Tries = 0, Since = now }); break;
                case StepState.Waiting when step.Work is StepWork.Wait wait: BeginWait(step, wait); break;
            }

            if (_status != status)
            {
                // An event that was kept has turned it back.
                return;
            }
        }

        if (!SendOpen())
        {
            return;
        }

        if (_status == SagaStatus.Compensating)
        {
            ContinueUndo();
        }
        else
        {
            Advance();
        }
    }

    private bool IsUndoing => _steps.Any(s => s.State is StepState.Undoing or StepState.UndoWait);

    private void UndoOnceMore(StepPlan step, StepRecord record) => Set(step.Index, record with { State = StepState.InDoubt, Attempt = record.Attempt + 1, Tries = 0 });

    /// <summary>Sends once more what is open. False when that led elsewhere: local code has to run first, or the saga has turned.</summary>
    private bool SendOpen()
    {
        var status = _status;
        foreach (var step in plan.Steps)
        {
            var record = _steps[step.Index];
            switch (record.State, step.Work)
            {
                case (StepState.Sent, StepWork.Remote remote): Resend(step, remote, record); break;
                case (StepState.Sent, _): CannotAskAgain(step, record); break;
                case (StepState.Undoing, { UndoCommand: { } undo }): SendUndo(step, undo, record); break;
                case (StepState.Waiting or StepState.Undoing, _) when IsForgotten(step, record): Forget(step, record); break;
                case (StepState.Undoing, _): Strand(step, "was to be undone by a participant, and the running definition asks nobody"); break;
            }

            if (_effects is [.., Effect.RunLocal] || _status != status)
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>We were away when the deadline passed: it says nothing about the participant, and the answer may be waiting in our queue.</summary>
    private void StartAnew(StepPlan step, StepRecord record) => Set(step.Index, record.State != StepState.Waiting
        ? record with { Since = now, Due = DeadlineOf(step, record with { Since = now }) }
        : record with { Due = now + SagaDecider.AfterAbsence });

    private void PassDeadline(StepPlan step, StepRecord record)
    {
        if (step.Work is not StepWork.Remote remote)
        {
            CannotAskAgain(step, record);
        }
        else if (MayBeGivenUp(step, record))
        {
            Fail(step, StepState.InDoubt, SagaFailure.Timeout, $"no reply within {remote.Within.TotalSeconds:0.###} s");
        }
        else
        {
            Strand(step, $"was not answered within {remote.ParkAfter}");
        }
    }

    /// <summary>Whether it waits for what the running definition has no place for any more.</summary>
    private static bool IsForgotten(StepPlan step, StepRecord record) => step.Work is StepWork.Removed && (record.State == StepState.Waiting || !step.CanBeUndone);

    /// <summary>What it waits for, nobody can say any more: an event that is not known, or an undo that is not needed.</summary>
    private void Forget(StepPlan step, StepRecord record)
    {
        if (record.State == StepState.Undoing)
        {
            NothingToUndoAnyMore(step);
            return;
        }

        Skip(step, "the running code does not wait for it any more");
        Advance();
    }

    /// <summary>It is open with a participant, and the running definition no longer says what was asked. It may have been done.</summary>
    private void CannotAskAgain(StepPlan step, StepRecord record)
    {
        const string Why = "was asked of a participant, and the running definition asks nobody";
        if (step.Work is StepWork.Removed && MayBeGivenUp(step, record))
        {
            Fail(step, StepState.InDoubt, nameof(StepWork.Removed), $"'{step.Name}' {Why}");
        }
        else
        {
            Strand(step, Why);
        }
    }

    /// <summary>The participant gives up: as if the deadline had passed, for a step that has one; otherwise a person has to look at once.</summary>
    public void TakeGivenUp(SagaInput.GivenUp given)
    {
        if (plan.Find(given.Step) is not { } step || _steps[step.Index] is not { State: StepState.Sent or StepState.Undoing } open
            || open.Attempt != given.Attempt || open.State != (given.Undo ? StepState.Undoing : StepState.Sent))
        {
            Late(given.Step, given.Message);
        }
        else if (given.Undo)
        {
            GiveUpUndo(step, $"its participant gave it up: {given.Message}");
            ContinueUndo();
        }
        else if (MayBeGivenUp(step, open))
        {
            Fail(step, StepState.InDoubt, "GaveUp", given.Message);
        }
        else
        {
            Strand(step, $"was given up by its participant: {given.Message}");
        }
    }

    /// <summary>The saga cannot go on with this step by itself: a person has to look.</summary>
    private void Strand(StepPlan step, string why)
    {
        Set(step.Index, _steps[step.Index] with { Due = null });
        Park($"'{step.Name}' {why}");
    }

    private void Resend(StepPlan step, StepWork.Remote remote, StepRecord record)
    {
        ICommand command;
        try
        {
            command = remote.Command.Build(_state);
        }
        catch (Exception exception) when (exception is not OutOfMemoryException)
        {
            // It was sent before, so it may have been done.
            if (MayBeGivenUp(step, record))
            {
                Fail(step, StepState.InDoubt, exception.GetType().Name, exception.Message);
                return;
            }

            Strand(step, $"may have been done, and cannot be asked again: {exception.Message}");
            return;
        }

        Set(step.Index, record with { Due = DeadlineOf(step, record) });
        _effects.Add(new Effect.Send(step.Index, record.NameOnTheWire(step), record.Attempt, Undo: false, command));
        Note(JournalKind.Resent, step.Name);
    }

    private void RetryNow(StepPlan step, StepRecord record)
    {
        switch (step.Work)
        {
            case StepWork.Local local: RunLocal(step, local.Do, undo: false); return;
            case StepWork.Removed: Skip(step, "it was to be tried again, and the running code has no way forward for it any more"); break;
            // Never begun: its condition or its command threw.
            case not StepWork.Local when record.Attempt == 0: Begin(step); break;
            case StepWork.Wait wait: BeginWait(step, wait); break;
            case StepWork.Remote remote: SendCommand(step, remote, record.Attempt + 1); break;
        }

        Advance();
    }
}
