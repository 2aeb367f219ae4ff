using Skald.Definition;

namespace Skald.Decisions;

// The way back: what was done, or may have been done, is undone in reverse order.
internal sealed partial class Turn
{
    public void TakeUndoReply(SagaInput.Replied reply)
    {
        if (plan.Find(reply.Step) is not { } step || _steps[step.Index] is not { State: StepState.Undoing or StepState.UndoWait } open || open.Attempt != reply.Attempt)
        {
            Late(reply.Step, Answer(reply));
            return;
        }

        if (reply.Refusal is { } refusal)
        {
            RetryUndo(step, refusal.Message, newAttempt: true);
        }
        else
        {
            Settle(step, StepState.Undone);
            Note(JournalKind.Undone, step.Name);
        }

        ContinueUndo();
    }

    private void TurnBack()
    {
        _status = SagaStatus.Compensating;
        _changed = true;
        Note(JournalKind.Compensating, _failure?.Step, _failure?.Message);
        ContinueUndo();
    }

    /// <summary>Undoes stage after stage, last first; a stage is left only when every step in it is settled.</summary>
    private void ContinueUndo()
    {
        var from = GoesOnFrom;
        for (var stage = plan.StageCount - 1; stage >= Math.Max(from, 0); stage--)
        {
            var open = false;
            foreach (var step in plan.Stage(stage))
            {
                if (_steps[step.Index].State is StepState.Done or StepState.InDoubt && !BeginUndo(step))
                {
                    return;
                }

                open |= _steps[step.Index].State is StepState.Undoing or StepState.UndoWait;
            }

            if (open)
            {
                return;
            }
        }

        EndUndo(from);
    }

    private bool BeginUndo(StepPlan step)
    {
        switch (step.Work)
        {
            case { UndoAction: { } undo }:
                RunLocal(step, undo, undo: true);
                return false;
            case { UndoCommand: { } undo }:
                SendUndo(step, undo, new StepRecord(StepState.Undoing, _steps[step.Index].Attempt, 0, now, null)
                {
                    WasDone = _steps[step.Index] is { State: StepState.Done } or { WasDone: true },
                });
                return true;
            default:
                Settle(step, StepState.Undone);
                return true;
        }
    }

    private void SendUndo(StepPlan step, CommandPlan undo, StepRecord record)
    {
        ICommand command;
        try
        {
            command = undo.Build(_state);
        }
        catch (Exception exception) when (exception is not OutOfMemoryException)
        {
            GiveUpUndo(step, $"building its undo threw {exception.GetType().Name}: {exception.Message}");
            return;
        }

        record = Named(step, record) with { State = StepState.Undoing };
        record = record with { Due = DeadlineOf(step, record) };
        Set(step.Index, record);
        _effects.Add(new Effect.Send(step.Index, record.NameOnTheWire(step), record.Attempt, Undo: true, command, record.WasDone));
        Note(record.Tries == 0 && record.Since == now ? JournalKind.Undoing : JournalKind.Resent, step.Name);
    }

    private void UndoAgain(StepPlan step, StepRecord record)
    {
        switch (step.Work)
        {
            case { UndoAction: { } undo }: RunLocal(step, undo, undo: true); break;
            case { UndoCommand: { } undo }: SendUndo(step, undo, record with { Since = now }); break;
            case StepWork.Removed: NothingToUndoAnyMore(step); break;
            default: Strand(step, "was being undone, and the running definition has no undo for it"); break;
        }
    }

    /// <summary>A process that still had its undo was at it; the running definition says that there is none.</summary>
    private void NothingToUndoAnyMore(StepPlan step)
    {
        Settle(step, StepState.Undone);
        Note(JournalKind.Undone, step.Name, step.NothingToUndo);
    }

    private void RetryUndo(StepPlan step, string why, bool newAttempt)
    {
        var record = _steps[step.Index];
        var tries = record.Tries + 1;
        if (tries > step.UndoRetry.Retries)
        {
            GiveUpUndo(step, why);
            return;
        }

        var attempt = newAttempt ? record.Attempt + 1 : record.Attempt;
        Set(step.Index, record with { State = StepState.UndoWait, Attempt = attempt, Tries = tries, Due = now + step.UndoRetry.DelayBefore(tries) });
        Note(JournalKind.Retrying, step.Name, why);
    }

    private void GiveUpUndo(StepPlan step, string why)
    {
        Settle(step, StepState.UndoFailed);
        Note(JournalKind.UndoFailed, step.Name, why);
    }

    private void EndUndo(int goesOnFrom)
    {
        var failed = plan.Steps.Where(s => _steps[s.Index].State == StepState.UndoFailed).Select(s => $"'{s.Name}'").ToList();
        if (failed.Count > 0)
        {
            Park($"undoing {string.Join(", ", failed)} used up its attempts");
            return;
        }

        if (goesOnFrom >= 0)
        {
            BeginAgain(goesOnFrom);
            return;
        }

        _status = SagaStatus.Compensated;
        _changed = true;
        Note(JournalKind.Compensated);
    }
}
