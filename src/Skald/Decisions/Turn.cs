using System.Runtime.InteropServices;
using Skald.Definition;

namespace Skald.Decisions;

/// <summary>One decision in the making. Lives only inside <see cref="SagaDecider.Decide"/>.</summary>
internal sealed partial class Turn(SagaPlan plan, SagaInstance saga, DateTimeOffset now)
{
    private readonly StepRecord[] _steps = [.. saga.Steps];
    private readonly List<Effect> _effects = [];
    private readonly List<JournalEntry> _journal = [];
    private SagaStatus _status = saga.Status;
    private object _state = saga.State;
    private SagaFailure? _failure = saga.Failure;
    private string? _parkReason = saga.ParkReason;
    private bool _changed;
    private bool _wakesAnew;
    private EventOutcome _event;
    private CancelAnswer? _cancel;
    private string? _refused;

    public Decision Decide()
    {
        var next = !_changed ? saga : saga with
        {
            Version = saga.Version + 1,
            Status = _status,
            State = _state,
            Steps = ImmutableCollectionsMarshal.AsImmutableArray(_steps),
            Failure = _failure,
            ParkReason = _status == SagaStatus.Parked ? _parkReason : null,
            WakeAt = NextWake(),
        };
        return new Decision(next, _changed, _effects, _journal) { Event = _event, Cancel = _cancel, Refused = _refused };
    }

    public void Late(string? step, string what) => Note(JournalKind.Late, step, what);

    public void Park(string reason)
    {
        _changed = true;
        _status = SagaStatus.Parked;
        _parkReason = reason;
        Note(JournalKind.Parked, null, reason);
    }

    public static string Answer(SagaInput.Replied reply) => reply.Refusal is null ? "done" : $"refused: {reply.Refusal.Message}";

    // Also while an answer that got lost is asked for again, and where it was not needed: what comes after it cannot be undone either.
    private bool PivotIsDone => plan.PivotIndex >= 0 && (_steps[plan.PivotIndex].State is StepState.Done or StepState.Skipped || _steps[plan.PivotIndex].IsAskedAgain);

    /// <summary>
    /// An earlier wake that is still to come is kept: most sagas have ended before it, and need not move it with each step.
    /// </summary>
    private DateTimeOffset? NextWake()
    {
        if (_status is not (SagaStatus.Running or SagaStatus.Compensating))
        {
            return null;
        }

        var due = EarliestDue();
        return !_wakesAnew && saga.WakeAt is { } kept && kept > now && (due is null || kept < due) ? kept : due;
    }

    private DateTimeOffset? EarliestDue()
    {
        DateTimeOffset? earliest = null;
        foreach (ref readonly var step in _steps.AsSpan())
        {
            if (step.Due is { } due && (earliest is null || due < earliest))
            {
                earliest = due;
            }
        }

        return earliest;
    }

    private void Note(JournalKind kind, string? step = null, string? detail = null) => _journal.Add(new JournalEntry(kind, step, detail));

    private void RunLocal(StepPlan step, LocalAction action, bool undo)
    {
        var record = _steps[step.Index];
        _effects.Add(new Effect.RunLocal(step.Index, record.NameOnTheWire(step), record.Attempt, undo, action));
    }

    private void Set(int step, StepRecord record)
    {
        _steps[step] = record;
        _changed = true;
    }

    /// <summary>The record of a step that is begun: the first beginning gives it its name for good.</summary>
    private StepRecord Named(StepPlan step, StepRecord record) =>
        record with { Name = _steps[step.Index].NameOnTheWire(step), IsDoneAgain = _steps[step.Index].IsDoneAgain };

    private void Settle(StepPlan step, StepState state) => Set(step.Index, Named(step, _steps[step.Index]) with { State = state, Due = null, Held = null });

    /// <summary>When an open command is given up, or a person is asked. Otherwise it waits, for however long its participant is away.</summary>
    private static DateTimeOffset? DeadlineOf(StepPlan step, StepRecord record) =>
        record.Since + (MayBeGivenUp(step, record) ? (step.Work as StepWork.Remote)?.Within ?? StepWork.Remote.DefaultDeadline : step.Work.ParkAfter);

    private static bool MayBeGivenUp(StepPlan step, StepRecord record) => record.State == StepState.Sent && step.MayBeGivenUpInDoubt && !record.IsAskedAgain;
}
