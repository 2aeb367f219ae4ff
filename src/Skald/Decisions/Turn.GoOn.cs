using Skald.Definition;

namespace Skald.Decisions;

// A person has it go on from a step that it has taken: what was done from there on is undone, and then done again.
internal sealed partial class Turn
{
    /// <summary>Whether it undoes steps only to do them again.</summary>
    public bool GoesOnLater => GoesOnFrom >= 0;

    /// <summary>The stage from which on it is done again; -1 when it is not.</summary>
    private int GoesOnFrom
    {
        get
        {
            for (var i = 0; i < _steps.Length; i++)
            {
                if (_steps[i].IsDoneAgain)
                {
                    return plan.Steps[i].Stage;
                }
            }

            return -1;
        }
    }

    /// <summary>Undoes what was done from a step on, and then does it again.</summary>
    public void GoOnFrom(string name, string? reason)
    {
        if (HasEnded() || StepNamed(name) is not { } step)
        {
            return;
        }

        if (WhyNotFrom(step) is { } why)
        {
            Refuse(why);
            return;
        }

        Note(JournalKind.GoesOnFrom, step.Name, reason);
        (_failure, _parkReason, _changed) = (null, null, true);
        AwaitAgain(step.Stage);
        GiveUpWhatIsOpen(step.Stage);
        ForgetGoingOn();
        Set(step.Index, _steps[step.Index] with { IsDoneAgain = true });
        _status = SagaStatus.Compensating;
        GoBackAfterAct();
    }

    /// <summary>It waits once more for what it has waited for: an event that comes meanwhile is kept.</summary>
    private void AwaitAgain(int fromStage)
    {
        foreach (var step in plan.Steps.Where(s => s.Stage >= fromStage && s.Work is StepWork.Wait && _steps[s.Index].State != StepState.Pending))
        {
            Set(step.Index, _steps[step.Index] with { State = StepState.Pending, Due = null });
        }
    }

    private string? WhyNotFrom(StepPlan step)
    {
        if (PivotIsDone || PivotIsUnderWay)
        {
            return $"its point of no return, '{plan.Steps[plan.PivotIndex].Name}', is {(PivotIsDone ? "done" : "under way")}: nothing is undone any more";
        }

        if (_steps[step.Index].State == StepState.Pending)
        {
            return $"it has not come to '{step.Name}' yet: skip what is before it";
        }

        var gone = plan.Steps.FirstOrDefault(s => s.Stage < step.Stage && _steps[s.Index].State is not (StepState.Done or StepState.Skipped or StepState.InDoubt));
        return gone is null ? null : $"'{gone.Name}', which comes before it, is {Word(_steps[gone.Index].State)}: go on from there, or from before";
    }

    private static string Word(StepState state) => state switch
    {
        StepState.Undoing or StepState.UndoWait => "being undone",
        StepState.Undone => "undone",
        StepState.UndoFailed => "not to be undone by its participant",
        StepState.Refused => "refused",
        _ => "not done yet",
    };

    /// <summary>All from there on is undone: it begins anew, and to participants it is something else than before.</summary>
    private void BeginAgain(int fromStage)
    {
        foreach (var step in plan.Steps.Where(s => s.Stage >= fromStage))
        {
            var record = _steps[step.Index];
            if (record.State != StepState.Pending)
            {
                Set(step.Index, new StepRecord(StepState.Pending, record.Attempt, 0, default, null, StepRound.Next(record.NameOnTheWire(step))));
            }
        }

        ForgetGoingOn();
        _status = SagaStatus.Running;
        Note(JournalKind.GoesOn, plan.Steps.First(s => s.Stage == fromStage).Name);
        Advance();
    }

    private void ForgetGoingOn()
    {
        for (var i = 0; i < _steps.Length; i++)
        {
            if (_steps[i].IsDoneAgain)
            {
                Set(i, _steps[i] with { IsDoneAgain = false });
            }
        }
    }
}
