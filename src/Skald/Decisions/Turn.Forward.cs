using System.Diagnostics;
using System.Text.Json;
using Skald.Definition;

namespace Skald.Decisions;

// The way forward: begin steps, take answers, settle stages. Waits are in a file of their own.
internal sealed partial class Turn
{
    public void Start()
    {
        Note(JournalKind.Started);
        _changed = true;
        Advance();
    }

    public void TakeReply(SagaInput.Replied reply)
    {
        if (plan.Find(reply.Step) is not { } step || _steps[step.Index] is not { State: StepState.Sent } open || open.Attempt != reply.Attempt)
        {
            Late(reply.Step, Answer(reply));
            return;
        }

        if (reply.Refusal is { } refusal)
        {
            TakeRefusal(step, refusal, (step.Work as StepWork.Remote)?.OnRefusal);
            return;
        }

        Done(step, reply.Reply);
        Advance();
    }

    /// <summary>The step is done, and the saga cannot go on with its answer.</summary>
    public void TakeUnusable(SagaInput.Unusable unusable)
    {
        if (plan.Find(unusable.Step) is not { } step || _steps[step.Index] is not { State: StepState.Sent or StepState.Waiting } open || open.Attempt != unusable.Attempt)
        {
            Late(unusable.Step, unusable.Message);
            return;
        }

        if (unusable.Refusal is { } refusal)
        {
            Note(JournalKind.Refused, step.Name, unusable.Message);
            TakeRefusal(step, refusal, fold: null);
            return;
        }

        Settle(step, StepState.Done);
        CannotTakeIn(step, unusable.Type, unusable.Message, unusable.Json);
        Advance();
    }

    /// <summary>Goes as far as it can without an answer from outside.</summary>
    private void Advance()
    {
        for (var stage = 0; stage < plan.StageCount; stage++)
        {
            if (!BeginPending(plan.Stage(stage)) || _status != SagaStatus.Running)
            {
                return;
            }

            if (_failure is not null && !PivotIsDone)
            {
                StopWaiting();
            }

            if (HasOpenStep())
            {
                return;
            }

            if (_failure is not null)
            {
                TurnBack();
                return;
            }
        }

        _status = SagaStatus.Completed;
        _changed = true;
        Note(JournalKind.Completed);
    }

    private bool HasOpenStep()
    {
        // By reference: with hundreds of steps, copying each of them for a look costs more than all the rest.
        foreach (ref readonly var step in _steps.AsSpan())
        {
            if (step.State is StepState.Sent or StepState.Waiting or StepState.RetryWait)
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Begins what is pending in a stage. False when local code has to run first.</summary>
    private bool BeginPending(ReadOnlySpan<StepPlan> steps)
    {
        foreach (var step in steps)
        {
            // Once something has failed, nothing new is begun.
            if (_failure is not null || _status != SagaStatus.Running)
            {
                return true;
            }

            if (_steps[step.Index].State == StepState.Pending && !Begin(step))
            {
                return false;
            }
        }

        return true;
    }

    private bool Begin(StepPlan step)
    {
        if (step.Work is StepWork.Removed)
        {
            Skip(step, "the running code has no way forward for it any more");
            return true;
        }

        if (!TryUserCode(step, () => step.When?.Invoke(_state) ?? true, out var taken))
        {
            return true;
        }

        if (!taken)
        {
            Skip(step);
            return true;
        }

        switch (step.Work)
        {
            case StepWork.Local local:
                RunLocal(step, local.Do, undo: false);
                return false;
            case StepWork.Wait wait:
                BeginWait(step, wait);
                return true;
            case StepWork.Remote remote:
                SendCommand(step, remote, attempt: _steps[step.Index].Attempt + 1);
                return true;
            default:
                throw new UnreachableException($"There is no step that does {step.Work.GetType().Name}.");
        }
    }

    private void Skip(StepPlan step, string? why = null)
    {
        var kept = _steps[step.Index].Held;
        Settle(step, StepState.Skipped);
        Note(JournalKind.Skipped, step.Name, why);
        if (kept is not null && step.Work is StepWork.Wait wait && WaitEnd.Read(wait, kept) is ({ } end, var json))
        {
            KeepForNext(end.EventType, json);
        }
    }

    private void SendCommand(StepPlan step, StepWork.Remote remote, int attempt)
    {
        if (!TryUserCode(step, () => remote.Command.Build(_state), out var command))
        {
            return;
        }

        var record = Named(step, new StepRecord(StepState.Sent, attempt, 0, now, null));
        Set(step.Index, record with { Due = DeadlineOf(step, record) });
        _effects.Add(new Effect.Send(step.Index, record.NameOnTheWire(step), attempt, Undo: false, command!));
        Note(JournalKind.Sent, step.Name);
    }

    /// <summary>A step is done. False when its answer could not be taken in.</summary>
    private bool Done(StepPlan step, object? answer, WaitEnd? end = null)
    {
        Settle(step, StepState.Done);
        if (!TryFold(step, answer, end))
        {
            return false;
        }

        Note(JournalKind.Done, step.Name, end is not null && step.Work is StepWork.Wait wait ? DetailOf(wait, end) : null);
        return true;
    }

    private void TakeRefusal(StepPlan step, Refusal refusal, Func<object, Refusal, object>? fold)
    {
        var record = _steps[step.Index];
        // Attempts count from 1, so attempt n has used n - 1 retries.
        if ((_failure is null || PivotIsDone) && step.Work is StepWork.Remote remote && record.Attempt <= remote.RefusalRetry.Retries)
        {
            Set(step.Index, record with { State = StepState.RetryWait, Tries = 0, Due = now + remote.RefusalRetry.DelayBefore(record.Attempt) });
            Note(JournalKind.Retrying, step.Name, refusal.Message);
            return;
        }

        if (fold is not null)
        {
            try
            {
                _state = fold(_state, refusal);
            }
            catch (Exception exception) when (exception is not OutOfMemoryException)
            {
                // The refusal counts all the same; that the state missed it is worth a line.
                Note(JournalKind.Refused, step.Name, $"OnRefusal threw {exception.GetType().Name}: {exception.Message}");
            }
        }

        Fail(step, StepState.Refused, refusal.Type, refusal.Message);
    }

    /// <summary>A step has failed for good. Before the pivot the saga turns back when its stage has settled; after it, a person must look.</summary>
    private void Fail(StepPlan step, StepState state, string type, string message)
    {
        Note(state == StepState.InDoubt ? JournalKind.TimedOut : JournalKind.Refused, step.Name, message);
        _failure ??= new SagaFailure(step.Name, type, message);
        if (PivotIsDone)
        {
            Set(step.Index, _steps[step.Index] with { State = StepState.RetryWait, Due = null });
            Park($"'{step.Name}' failed after the point of no return: {message}");
            return;
        }

        Settle(step, state);
        Advance();
    }

    /// <summary>Runs a function of the author's that must not change anything; if it throws, the step has failed unsent.</summary>
    private bool TryUserCode<T>(StepPlan step, Func<T> code, out T? result)
    {
        try
        {
            result = code();
            return true;
        }
        catch (Exception exception) when (exception is not OutOfMemoryException)
        {
            result = default;
            Fail(step, StepState.Refused, exception.GetType().Name, exception.Message);
            return false;
        }
    }

    /// <summary>
    /// Takes an answer into the state. The step itself is done; if the author's fold throws, the saga cannot go on with it:
    /// it turns back, or past the pivot it is parked and keeps the answer until it is resumed.
    /// </summary>
    private bool TryFold(StepPlan step, object? answer, WaitEnd? end)
    {
        var fold = end is null ? (step.Work as StepWork.Remote)?.OnReply : end.Fold;
        if (fold is null || answer is null)
        {
            return true;
        }

        try
        {
            _state = fold(_state, answer);
            return true;
        }
        catch (Exception exception) when (exception is not OutOfMemoryException)
        {
            CannotTakeIn(step, exception.GetType().Name, exception.Message, Json(step, answer, end));
            return false;
        }
    }

    private void CannotTakeIn(StepPlan step, string type, string message, string? json)
    {
        Note(JournalKind.Refused, step.Name, message);
        _failure ??= new SagaFailure(step.Name, type, message);
        if (PivotIsDone)
        {
            Set(step.Index, _steps[step.Index] with { Held = json ?? StepRecord.AskAgain });
            Park($"the reply to '{step.Name}' could not be taken in: {message}");
        }
    }

    private string? Json(StepPlan step, object answer, WaitEnd? end)
    {
        try
        {
            var json = JsonSerializer.Serialize(answer, plan.Json.GetTypeInfo(end?.EventType ?? (step.Work as StepWork.Remote)?.Command.ReplyType ?? answer.GetType()));
            return end is not null && step.Work is StepWork.Wait wait ? end.Kept(wait, json) : json;
        }
        catch (Exception exception) when (exception is not OutOfMemoryException)
        {
            // The saga is parked all the same, and asks again when it is resumed: the reply is in the participant's ledger.
            return null;
        }
    }

    /// <summary>Takes in what a done step could not when its answer came. False when it still cannot.</summary>
    private bool TryFoldHeld(StepPlan step, string held)
    {
        if (held == StepRecord.AskAgain)
        {
            AskAgain(step);
            return true;
        }

        object? answer;
        WaitEnd? end;
        try
        {
            (answer, end) = ReadHeld(step, held);
        }
        catch (Exception exception) when (exception is not OutOfMemoryException)
        {
            Park($"the reply to '{step.Name}' that was kept can no longer be read: {exception.Message}");
            return false;
        }

        return Done(step, answer, end);
    }

    private (object? Answer, WaitEnd? End) ReadHeld(StepPlan step, string held)
    {
        if (step.Work is StepWork.Wait wait)
        {
            var (end, @event) = WaitEnd.Read(wait, held, plan.Json);
            return (@event, end);
        }

        // Without the type, the running definition has no use for the reply any more.
        return (step.Work is StepWork.Remote { OnReply: not null, Command.ReplyType: { } type } ? JsonSerializer.Deserialize(held, plan.Json.GetTypeInfo(type)) : null, null);
    }

    /// <summary>The answer was not kept. It is asked for under the same id, so that the participant gives it once more; an event has to be raised once more.</summary>
    private void AskAgain(StepPlan step)
    {
        var record = _steps[step.Index] with { Tries = 0, Since = now };
        Set(step.Index, step.Work is StepWork.Wait wait
            ? record with { State = StepState.Waiting, Due = now + wait.Within, Held = null }
            : record with { State = StepState.Sent, Due = null });
    }
}
