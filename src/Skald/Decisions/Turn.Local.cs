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
                RetryLocal(step, refusal.Type, refusal.Message, newAttempt: true);
                break;
            case { Undo: false, Refusal: { } refusal }:
                Fail(step, StepState.Refused, refusal.Type, refusal.Message);
                break;
            case { Undo: false }:
                // A result without refusal carries a state.
                _state = done.State!;
                Settle(step, StepState.Done);
                Note(JournalKind.Done, step.Name);
                Advance();
                break;
            case { Refusal: { } refusal }:
                RetryUndo(step, refusal.Message, newAttempt: true);
                ContinueUndo();
                break;
            default:
                _state = done.State!;
                Settle(step, StepState.Undone);
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

        RetryLocal(step, fault.Type, fault.Message, newAttempt: false);
    }

    /// <param name="step">The step.</param>
    /// <param name="type">The refusal's or the fault's type.</param>
    /// <param name="message">Its message.</param>
    /// <param name="newAttempt">Whether what it published has been committed: what it publishes next time is something else.</param>
    private void RetryLocal(StepPlan step, string type, string message, bool newAttempt)
    {
        var record = _steps[step.Index];
        var tries = record.Tries + 1;
        if (tries > RetryPolicy.Persistent.Retries)
        {
            Fail(step, StepState.Refused, type, message);
            return;
        }

        Set(step.Index, Named(step, record) with { State = StepState.RetryWait, Attempt = record.Attempt + (newAttempt ? 1 : 0), Tries = tries, Due = now + RetryPolicy.Persistent.DelayBefore(tries) });
        Note(JournalKind.Retrying, step.Name, message);
    }
}
