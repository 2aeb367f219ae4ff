using Skald.Definition;

namespace Skald.Decisions;

// Local code: it ran in the saga's own transaction, or threw and was rolled back.
internal sealed partial class Turn
{
    public void TakeLocal(SagaInput.LocalDone done)
    {
        var step = plan.Steps[done.Step];
        switch (done)
        {
            case { Undo: false, Refusal: { } refusal } when step.Kind == StepKind.Retriable:
                RetryLocal(step, refusal.Type, refusal.Message);
                break;
            case { Undo: false, Refusal: { } refusal }:
                Fail(step, StepState.Refused, refusal.Type, refusal.Message);
                break;
            case { Undo: false }:
                // A result without refusal carries a state.
                _state = done.State!;
                Settle(step.Index, StepState.Done);
                Note(JournalKind.Done, step.Name);
                Advance();
                break;
            case { Refusal: { } refusal }:
                RetryUndo(step, refusal.Message, newAttempt: true);
                ContinueUndo();
                break;
            default:
                _state = done.State!;
                Settle(step.Index, StepState.Undone);
                Note(JournalKind.Undone, step.Name);
                ContinueUndo();
                break;
        }
    }

    public void TakeLocalFault(SagaInput.LocalFaulted fault)
    {
        var step = plan.Steps[fault.Step];
        if (fault.Undo)
        {
            RetryUndo(step, fault.Message, newAttempt: false);
            ContinueUndo();
            return;
        }

        RetryLocal(step, fault.Type, fault.Message);
    }

    private void RetryLocal(StepPlan step, string type, string message)
    {
        var record = _steps[step.Index];
        var tries = record.Tries + 1;
        if (tries > RetryPolicy.Persistent.Retries)
        {
            Fail(step, StepState.Refused, type, message);
            return;
        }

        Set(step.Index, record with { State = StepState.RetryWait, Tries = tries, Due = now + RetryPolicy.Persistent.DelayBefore(tries) });
        Note(JournalKind.Retrying, step.Name, message);
    }
}
