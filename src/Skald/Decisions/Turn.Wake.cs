using Skald.Definition;

namespace Skald.Decisions;

// Time: deadlines, repeats of unanswered requests, retries that have become due, and resuming by a person.
internal sealed partial class Turn
{
    public void Wake()
    {
        if (saga.WakeAt is not { } wakeAt || wakeAt > now)
        {
            // It has moved on since it was found due.
            return;
        }

        // Even if no step is due yet, the next wake has to be set.
        _changed = true;
        var away = now - wakeAt > SagaDecider.AwayAfter;
        foreach (var step in plan.Steps)
        {
            var record = _steps[step.Index];
            if (record.Due is not { } due || due > now)
            {
                continue;
            }

            switch (record.State)
            {
                case StepState.Sent: WakeSent(step, record, away); break;
                // While we were away the event may have come: what is queued is looked at first.
                case StepState.Waiting when away: Set(step.Index, record with { Due = now + SagaDecider.AwayAfter }); break;
                case StepState.Waiting: Fail(step, StepState.Refused, "Timeout", $"'{step.Name}' did not happen within {step.Within}"); break;
                case StepState.RetryWait: RetryNow(step, record); break;
                case StepState.Undoing: WakeUndoing(step, record); break;
                case StepState.UndoWait: UndoAgain(step, record); break;
            }

            if (_effects is [.., Effect.RunLocal] || _status != saga.Status)
            {
                // Local code runs first, or the saga turned: what else is due is seen at the next wake.
                return;
            }
        }

        if (_status == SagaStatus.Compensating)
        {
            ContinueUndo();
        }
    }

    public void Resume()
    {
        Note(JournalKind.Resumed);
        _changed = true;
        _parkReason = null;
        var goesBack = _failure is not null && !PivotIsDone;
        if (!goesBack)
        {
            _failure = null;
        }

        // A branch that was still open has to end before its neighbours are undone.
        _status = goesBack && !HasOpenStep() ? SagaStatus.Compensating : SagaStatus.Running;
        foreach (var step in plan.Steps)
        {
            var record = _steps[step.Index];
            switch (record.State)
            {
                case StepState.Done when record.Held is { } held && !TryFoldHeld(step, held): return;
                case StepState.UndoFailed: Set(step.Index, record with { State = StepState.InDoubt, Attempt = record.Attempt + 1, Tries = 0 }); break;
                case StepState.RetryWait or StepState.UndoWait or StepState.Sent or StepState.Undoing:
                    Set(step.Index, record with { Tries = 0, Since = now, Due = now });
                    break;
                case StepState.Waiting when record.Held is not null: BeginWait(step); break;
            }
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

    private void WakeSent(StepPlan step, StepRecord record, bool away)
    {
        if (now < record.Since + step.Within)
        {
            Resend(step, record with { Tries = record.Tries + 1 });
        }
        else if (away)
        {
            Resend(step, record with { Tries = 0, Since = now });
        }
        else if (step.MayBeGivenUpInDoubt)
        {
            Fail(step, StepState.InDoubt, "Timeout", $"no reply within {step.Within.TotalSeconds:0.###} s");
        }
        else if (record.Tries < MostAsks)
        {
            Resend(step, record with { Tries = record.Tries + 1, Since = now });
        }
        else
        {
            Set(step.Index, record with { Due = null });
            Park($"'{step.Name}' was asked {record.Tries + 1} times without an answer");
        }
    }

    /// <summary>How often a step that may not be given up is asked before a person is asked instead.</summary>
    private const int MostAsks = 20;

    private void Resend(StepPlan step, StepRecord record)
    {
        ICommand command;
        try
        {
            // Only steps with a command are ever Sent.
            command = step.BuildCommand!(_state);
        }
        catch (Exception exception) when (exception is not OutOfMemoryException)
        {
            // It was sent before, so it may have been done.
            if (step.MayBeGivenUpInDoubt)
            {
                Fail(step, StepState.InDoubt, exception.GetType().Name, exception.Message);
                return;
            }

            Set(step.Index, record with { Due = null });
            Park($"'{step.Name}' may have been done, and cannot be asked again: {exception.Message}");
            return;
        }

        Set(step.Index, record with { Due = DueOf(record, step.Within) });
        _effects.Add(new Effect.Send(step.Index, record.Attempt, Undo: false, command));
        Note(JournalKind.Resent, step.Name);
    }

    private void RetryNow(StepPlan step, StepRecord record)
    {
        switch (step.Action)
        {
            case StepAction.Local: _effects.Add(new Effect.RunLocal(step.Index, Undo: false)); return;
            // Never begun: its condition or its command threw.
            case not StepAction.Local when record.Attempt == 0: Begin(step); break;
            case StepAction.Event: BeginWait(step); break;
            default: SendCommand(step, record.Attempt + 1); break;
        }

        Advance();
    }

    private void UndoAgain(StepPlan step, StepRecord record)
    {
        if (step.Undo is not null)
        {
            _effects.Add(new Effect.RunLocal(step.Index, Undo: true));
            return;
        }

        SendUndo(step, record with { Since = now });
    }
}
