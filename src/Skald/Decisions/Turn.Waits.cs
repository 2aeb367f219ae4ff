using System.Text.Json;
using Skald.Definition;

namespace Skald.Decisions;

// Waits: the events that end them, and what is kept until one is reached.
internal sealed partial class Turn
{
    public void TakeEvent(SagaInput.EventArrived arrived)
    {
        var goesBack = _failure is not null && !PivotIsDone;
        if (goesBack || Waits.Find(plan, _steps, arrived.Event.GetType()) is not var (step, wait, end))
        {
            DropEvent(arrived);
            return;
        }

        switch (_steps[step.Index])
        {
            case { State: StepState.Waiting } when _status == SagaStatus.Running:
                _event = EventOutcome.Accepted;
                EndWait(step, end, arrived.Event);
                Advance();
                break;
            // Nobody sends it again: it is kept until the saga waits for it, or is resumed.
            // One that is kept and cannot be read gives way to the next.
            case { State: StepState.Pending or StepState.Waiting or StepState.RetryWait, Held: var kept } when kept is null || !CanBeRead(wait, kept):
                var record = _steps[step.Index];
                _event = EventOutcome.Early;
                Set(step.Index, Named(step, record) with { Held = end.Kept(wait, arrived.Json) });
                Note(JournalKind.Early, step.Name, DetailOf(wait, end));
                break;
            default:
                DropEvent(arrived);
                break;
        }
    }

    /// <summary>An event that changes nothing any more.</summary>
    public void DropEvent(SagaInput.EventArrived arrived)
    {
        var found = Waits.Find(plan, _steps, arrived.Event.GetType());
        _event = found is not var (step, wait, end) ? EventOutcome.Unknown
            : IsThere(wait, end, _steps[step.Index]) ? EventOutcome.AlreadyThere
            : EventOutcome.TooLate;
        Refuse(_event switch
        {
            EventOutcome.Unknown => "it does not wait for such an event",
            EventOutcome.AlreadyThere => "the event is there already",
            _ => "the event comes too late: it is not waited for any more",
        });
        Late(found?.Step.Name, arrived.Event.GetType().Name);
    }

    /// <summary>Of a wait that several events could have ended, it is not known which one did: each comes too late for it.</summary>
    private static bool IsThere(StepWork.Wait wait, WaitEnd end, StepRecord record) => record switch
    {
        { Held: { } kept } => WaitEnd.Read(wait, kept).End == end,
        { State: StepState.Done } => wait.Ends.Length == 1,
        _ => false,
    };

    /// <summary>Which event it was, where it could have been another.</summary>
    private static string? DetailOf(StepWork.Wait wait, WaitEnd end) => wait.Ends.Length > 1 ? end.Name : null;

    /// <summary>An event that a wait was for: the saga goes on, or turns back.</summary>
    private void EndWait(StepPlan step, WaitEnd end, object @event)
    {
        if (end.Refuse is not { } refuse)
        {
            Done(step, @event, end);
        }
        else if (TryUserCode(step, () => refuse(@event) ?? throw new InvalidOperationException("it gave no refusal"), out var refusal))
        {
            Fail(step, StepState.Refused, refusal!.Type, refusal.Message); // It was read, or the step has failed.
        }
    }

    /// <summary>Waits, or takes what came early.</summary>
    private void BeginWait(StepPlan step, StepWork.Wait wait)
    {
        if (_steps[step.Index].Held is { } kept)
        {
            if (WaitEnd.Read(wait, kept).End is null)
            {
                Park($"'{step.Name}' has kept an event for which the running definition does not wait there");
            }
            else if (TryUserCode(step, () => WaitEnd.Read(wait, kept, plan.Json), out var early))
            {
                EndWait(step, early.End, early.Event);
            }

            return;
        }

        Set(step.Index, Named(step, new StepRecord(StepState.Waiting, 1, 0, now, now + wait.Within)));
        Note(JournalKind.Waiting, step.Name);
    }

    /// <summary>An event that a wait had kept which is not needed: the next that has it takes it.</summary>
    private void KeepForNext(Type eventType, string json)
    {
        if (Waits.Find(plan, _steps, eventType) is not var (next, wait, end))
        {
            return;
        }

        // Who has turned a saga back before it came to it was told that this counts.
        if (_steps[next.Index] is { State: StepState.Pending } record && (record.Held is null || end.Refuse is not null))
        {
            if (record.Held is { } given)
            {
                Late(next.Name, WaitEnd.Read(wait, given).End?.Name ?? "an event");
            }

            Set(next.Index, Named(next, record) with { Held = end.Kept(wait, json) });
            Note(JournalKind.Early, next.Name, DetailOf(wait, end));
            return;
        }

        Late(next.Name, end.Name);
    }

    private bool CanBeRead(StepWork.Wait wait, string kept)
    {
        try
        {
            _ = WaitEnd.Read(wait, kept, plan.Json);
            return true;
        }
        catch (Exception exception) when (exception is not OutOfMemoryException)
        {
            return false;
        }
    }

    /// <summary>A saga that turns back waits for no event: its neighbours in the stage would never end.</summary>
    private void StopWaiting()
    {
        foreach (var step in plan.Steps.Where(s => _steps[s.Index].State == StepState.Waiting))
        {
            Skip(step, "the saga turns back");
        }
    }
}
