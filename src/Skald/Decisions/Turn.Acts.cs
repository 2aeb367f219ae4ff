using Skald.Definition;

namespace Skald.Decisions;

// What a person does to the saga, beside resuming and cancelling it.
internal sealed partial class Turn
{
    /// <summary>The act does nothing, and this is why.</summary>
    public void Refuse(string why) => _refused = why;

    /// <summary>What waits for its time is tried now, and what is open is asked once more.</summary>
    public void Retry(string? reason)
    {
        if (_status == SagaStatus.Parked)
        {
            Resume(reason);
            return;
        }

        if (HasEnded())
        {
            return;
        }

        if (!_steps.Any(s => s.State is StepState.RetryWait or StepState.UndoWait or StepState.Sent or StepState.Undoing))
        {
            Refuse("nothing of it has failed or is asked of a participant: it waits for an event");
            return;
        }

        Note(JournalKind.Retried, null, reason);
        _changed = _wakesAnew = true;
        foreach (var step in plan.Steps)
        {
            var record = saga.Steps[step.Index];
            if (_steps[step.Index] != record)
            {
                // What came before it has moved it on.
                continue;
            }

            switch (record.State, step.Work)
            {
                case (StepState.RetryWait, _): RetryNow(step, record); break;
                case (StepState.UndoWait, _): UndoAgain(step, record); break;
                case (StepState.Sent, StepWork.Remote remote): Resend(step, remote, record); break;
                case (StepState.Undoing, { UndoCommand: { } undo }): SendUndo(step, undo, record); break;
            }

            if (HasTurned())
            {
                return;
            }
        }

        GoOnUndoing();
    }

    /// <summary>It stands still until it is resumed. What comes meanwhile is kept.</summary>
    public void Pause(string? reason)
    {
        if (_status == SagaStatus.Parked)
        {
            Refuse("it is parked already");
        }
        else if (!HasEnded())
        {
            Park(reason is null ? SagaInput.Paused.ParkReason : $"{SagaInput.Paused.ParkReason}: {reason}");
        }
    }

    /// <summary>An answer to a saga that stands still: the step is done, and the saga goes on from there when it is resumed. A refusal is asked for again then.</summary>
    public void KeepReply(SagaInput.Replied reply)
    {
        if (reply.Refusal is not null || plan.Find(reply.Step) is not { } step || _steps[step.Index] is not { State: StepState.Sent or StepState.Undoing } open
            || open.State != (reply.Undo ? StepState.Undoing : StepState.Sent) || open.Attempt != reply.Attempt)
        {
            Late(reply.Step, Answer(reply));
        }
        else if (reply.Undo)
        {
            Settle(step, StepState.Undone);
            Note(JournalKind.Undone, step.Name);
        }
        else
        {
            Done(step, reply.Reply);
        }
    }

    /// <summary>The saga goes on without a step, or without its undo.</summary>
    public void SkipStep(string name, string? reason)
    {
        if (HasEnded() || StepNamed(name) is not { } step)
        {
            return;
        }

        var record = _steps[step.Index];
        var goesBack = GoesBack();
        if (WhyNotSkip(step, record, goesBack) is { } why)
        {
            Refuse(why);
            return;
        }

        TakeSkipIn(step, reason);
        // Without its point of no return it only goes forward: nothing of it is undone.
        if (record.State == StepState.Sent && step.MayBeGivenUpInDoubt && step.Kind != StepKind.Pivot)
        {
            Settle(step, StepState.InDoubt);
            Note(JournalKind.Skipped, step.Name, reason);
        }
        else if (goesBack && step.Kind == StepKind.Pivot)
        {
            // A point of no return that is skipped counts as passed, and this saga goes back.
            Settle(step, StepState.Undone);
            Note(JournalKind.Skipped, step.Name, reason);
        }
        else
        {
            Skip(step, reason);
        }

        GoOnAfterAct();
    }

    private static string? WhyNotSkip(StepPlan step, StepRecord record, bool goesBack) => (record.State, goesBack) switch
    {
        (StepState.Pending or StepState.Undone or StepState.Refused, true) => $"'{step.Name}' is not done, and the saga goes back: there is nothing to skip",
        (StepState.Pending, _) when step.Kind == StepKind.Pivot => $"'{step.Name}' is its point of no return, and it has not come there yet: what is before it could not be undone any more",
        (StepState.Done, false) => $"'{step.Name}' is done",
        (StepState.Skipped, _) => $"'{step.Name}' is skipped already",
        (StepState.InDoubt, false) => $"'{step.Name}' is skipped already, and in doubt",
        _ => null,
    };

    /// <summary>Tells the state, where the definition wants to know.</summary>
    private void TakeSkipIn(StepPlan step, string? reason)
    {
        if (plan.OnSkip is not { } fold)
        {
            return;
        }

        try
        {
            _state = fold(_state, step.Name, reason ?? "");
        }
        catch (Exception exception) when (exception is not OutOfMemoryException)
        {
            // The person's word counts all the same; that the state missed it is worth a line.
            Note(JournalKind.Refused, step.Name, $"OnSkip threw {exception.GetType().Name}: {exception.Message}");
        }
    }

    /// <summary>It turns back, whatever its author thinks of that, and without waiting for what is open: that is in doubt, and undone too.</summary>
    public void ForceBack(string? reason)
    {
        if (HasEnded())
        {
            return;
        }

        if (WhyNotBack() is { } why)
        {
            Refuse(why);
            return;
        }

        Note(JournalKind.Cancelled, null, reason);
        _changed = true;
        _failure = new SagaFailure(WhereItStands(), SagaFailure.Cancelled, reason ?? "a person had it turn back");
        _parkReason = null;
        GiveUpWhatIsOpen(fromStage: 0);
        ForgetGoingOn();
        _status = SagaStatus.Compensating;
        Note(JournalKind.Compensating, _failure.Step, _failure.Message);
        GoBackAfterAct();
    }

    private string? WhyNotBack() => this switch
    {
        { PivotIsDone: true } => $"its point of no return, '{plan.Steps[plan.PivotIndex].Name}', is done",
        { PivotIsUnderWay: true } => $"its point of no return, '{plan.Steps[plan.PivotIndex].Name}', is under way",
        { _status: SagaStatus.Compensating, GoesOnLater: false } => $"it turns back already: {_failure?.Message}",
        { _status: SagaStatus.Parked, _failure: not null } => "it has turned back, and stands still: resume it",
        _ => null,
    };

    /// <summary>What is asked of a participant may be done; what waits for its time or an event certainly is not.</summary>
    private void GiveUpWhatIsOpen(int fromStage)
    {
        var isUndoing = IsUndoing;
        foreach (var step in plan.Steps.Where(s => s.Stage >= fromStage))
        {
            switch (_steps[step.Index].State)
            {
                case StepState.Waiting or StepState.RetryWait: Settle(step, StepState.Refused); break;
                case StepState.Sent: Settle(step, StepState.InDoubt); break;
                case StepState.UndoFailed when !isUndoing: UndoOnceMore(step, _steps[step.Index]); break;
            }
        }
    }

    /// <summary>Changes the state.</summary>
    public void Edit(SagaInput.StateEdited edited)
    {
        if (HasEnded())
        {
            return;
        }

        _state = edited.State;
        _changed = true;
        Note(JournalKind.Edited, null, edited.What);
    }

    /// <summary>A step's time comes now.</summary>
    public void FireTimer(string name)
    {
        if (TimerOf(name) is not var (step, record))
        {
            return;
        }

        if (record.Due is null)
        {
            Refuse($"'{step.Name}' waits for however long it takes: it has no timer");
            return;
        }

        Note(JournalKind.TimerFired, step.Name);
        _changed = _wakesAnew = true;
        PassTime(step, record);
        if (!HasTurned())
        {
            GoOnUndoing();
        }
    }

    /// <summary>A step's time comes at another time.</summary>
    public void MoveTimer(string name, DateTimeOffset? to)
    {
        if (TimerOf(name) is not var (step, record))
        {
            return;
        }

        if (to is null && record.State is StepState.RetryWait or StepState.UndoWait)
        {
            Refuse($"'{step.Name}' is tried again at its time: without one it never would be");
            return;
        }

        Note(JournalKind.TimerMoved, step.Name, $"{record.Due?.ToString("O") ?? "never"} to {to?.ToString("O") ?? "never"}");
        _wakesAnew = true;
        Set(step.Index, record with { Due = to });
    }

    /// <summary>A step that waits for something in a saga that goes on by itself.</summary>
    private (StepPlan Step, StepRecord Record)? TimerOf(string name)
    {
        if (HasEnded() || StepNamed(name) is not { } step)
        {
            return null;
        }

        if (_status == SagaStatus.Parked)
        {
            Refuse("it is parked: no time comes before it is resumed");
            return null;
        }

        var record = _steps[step.Index];
        if (record.State is StepState.Sent or StepState.Waiting or StepState.RetryWait or StepState.Undoing or StepState.UndoWait)
        {
            return (step, record);
        }

        Refuse($"'{step.Name}' waits for nothing");
        return null;
    }

    // --- What they share

    private StepPlan? StepNamed(string name)
    {
        var step = plan.Find(name);
        if (step is null)
        {
            Refuse($"there is no step '{name}'");
        }

        return step;
    }

    private bool HasEnded()
    {
        if (_status is SagaStatus.Completed or SagaStatus.Compensated)
        {
            Refuse($"it has ended: it is {_status.Word()}");
            return true;
        }

        return false;
    }

    /// <summary>Whether its way leads back.</summary>
    private bool GoesBack() => _status == SagaStatus.Compensating || GoesOnLater || (_failure is not null && !PivotIsDone);

    /// <summary>Local code has to run first, or the saga has turned.</summary>
    private bool HasTurned() => _effects is [.., Effect.RunLocal] || _status != saga.Status;

    private void GoOnUndoing()
    {
        if (_status == SagaStatus.Compensating)
        {
            ContinueUndo();
        }
    }

    private void GoBackAfterAct()
    {
        if (saga.Status != SagaStatus.Parked || SendOpen())
        {
            ContinueUndo();
        }
    }

    private void GoOnAfterAct()
    {
        if (_status == SagaStatus.Parked)
        {
            GoOn();
        }
        else if (_status == SagaStatus.Compensating)
        {
            ContinueUndo();
        }
        else
        {
            Advance();
        }
    }
}
