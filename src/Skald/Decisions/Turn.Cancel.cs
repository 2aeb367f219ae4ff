using Skald.Definition;

namespace Skald.Decisions;

// A wish from outside: that the saga turns back.
internal sealed partial class Turn
{
    public void Cancel(string? reason)
    {
        _cancel = CancelAnswer();
        if (_cancel.Outcome != CancelOutcome.TurnsBack)
        {
            // Only where it turns back there is no reason.
            Refuse(_cancel.Reason!);
            Note(JournalKind.Late, null, $"cancel: {_cancel.Reason}");
            return;
        }

        Note(JournalKind.Cancelled, null, reason);
        _changed = true;
        _failure = new SagaFailure(WhereItStands(), SagaFailure.Cancelled, reason ?? "it was cancelled");
        ForgetGoingOn();
        foreach (var step in plan.Steps.Where(s => _steps[s.Index].State is StepState.Waiting or StepState.RetryWait))
        {
            // Certainly not done, and nobody else is at it.
            Settle(step, StepState.Refused);
        }

        var wasParked = _status == SagaStatus.Parked;
        (_status, _parkReason) = (SagaStatus.Running, null);
        if (!wasParked || SendOpen())
        {
            Advance();
        }
    }

    private CancelAnswer CancelAnswer() => this switch
    {
        { _status: SagaStatus.Completed or SagaStatus.Compensated } => new(CancelOutcome.Ended, $"it is {_status.Word()}"),
        { _failure: not null, PivotIsDone: false } => new(CancelOutcome.TurnsBackAlready, $"it has turned back: {_failure.Message}"),
        { PivotIsDone: true } => new(CancelOutcome.Refused, $"its point of no return, '{plan.Steps[plan.PivotIndex].Name}', is done"),
        { PivotIsUnderWay: true } => new(CancelOutcome.Refused, $"its point of no return, '{plan.Steps[plan.PivotIndex].Name}', is under way"),
        _ => WhyNot() is { } why ? new(CancelOutcome.Refused, why) : new(CancelOutcome.TurnsBack),
    };

    private bool PivotIsUnderWay => plan.PivotIndex >= 0 && _steps[plan.PivotIndex].State == StepState.Sent;

    /// <summary>What its author has against it.</summary>
    private string? WhyNot()
    {
        try
        {
            return plan.ForbidsCancel?.Invoke(_state);
        }
        catch (Exception exception) when (exception is not OutOfMemoryException)
        {
            return $"OnCancel threw {exception.GetType().Name}: {exception.Message}";
        }
    }

    private string WhereItStands() =>
        (plan.Steps.FirstOrDefault(s => _steps[s.Index].State is StepState.Sent or StepState.Waiting or StepState.RetryWait)
            ?? plan.Steps.LastOrDefault(s => _steps[s.Index].State != StepState.Pending) ?? plan.Steps[0]).Name;
}
