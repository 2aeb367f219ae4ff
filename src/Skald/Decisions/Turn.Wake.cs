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
                case StepState.Waiting: Fail(step, StepState.Refused, "Timeout", $"'{step.Name}' did not happen within {(step.Work as StepWork.Wait)?.Within}"); break;
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

    public void Resume(string? reason)
    {
        Note(JournalKind.Resumed, null, reason);
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
                case StepState.Waiting when record.Held is not null && step.Work is StepWork.Wait wait: BeginWait(step, wait); break;
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
        if (step.Work is not StepWork.Remote remote)
        {
            Strand(step, "was asked of a participant, and the running definition asks nobody");
        }
        else if (now < record.Since + remote.Within)
        {
            Resend(step, remote, record with { Tries = record.Tries + 1 });
        }
        else if (away)
        {
            Resend(step, remote, record with { Tries = 0, Since = now });
        }
        else if (step.MayBeGivenUpInDoubt && !record.IsAskedAgain)
        {
            Fail(step, StepState.InDoubt, "Timeout", $"no reply within {remote.Within.TotalSeconds:0.###} s");
        }
        else if (record.Tries < MostAsks)
        {
            Resend(step, remote, record with { Tries = record.Tries + 1, Since = now });
        }
        else
        {
            Strand(step, $"was asked {record.Tries + 1} times without an answer");
        }
    }

    /// <summary>The saga cannot go on with this step by itself: a person has to look.</summary>
    private void Strand(StepPlan step, string why)
    {
        Set(step.Index, _steps[step.Index] with { Due = null });
        Park($"'{step.Name}' {why}");
    }

    /// <summary>How often a step that may not be given up is asked before a person is asked instead.</summary>
    private const int MostAsks = 20;

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
            if (step.MayBeGivenUpInDoubt && !record.IsAskedAgain)
            {
                Fail(step, StepState.InDoubt, exception.GetType().Name, exception.Message);
                return;
            }

            Strand(step, $"may have been done, and cannot be asked again: {exception.Message}");
            return;
        }

        Set(step.Index, record with { Due = DueOf(record, remote.Within) });
        _effects.Add(new Effect.Send(step.Index, record.NameOnTheWire(step), record.Attempt, Undo: false, command));
        Note(JournalKind.Resent, step.Name);
    }

    private void RetryNow(StepPlan step, StepRecord record)
    {
        switch (step.Work)
        {
            case StepWork.Local local: RunLocal(step, local.Do, undo: false); return;
            // Never begun: its condition or its command threw.
            case not StepWork.Local when record.Attempt == 0: Begin(step); break;
            case StepWork.Wait wait: BeginWait(step, wait); break;
            case StepWork.Remote remote: SendCommand(step, remote, record.Attempt + 1); break;
        }

        Advance();
    }
}
