using System.Collections.Immutable;
using System.Text.Json;
using Skald.Decisions;
using Skald.Definition;
using Skald.Messaging;
using Skald.Runtime;
using Skald.Storage;

namespace Skald.Hosting;

/// <summary>Sagas as people see them, made from rows. What cannot be read is said, and is no error.</summary>
internal static class SagaViews
{
    public static SagaSummary Of(EngineModel model, MessageSerializer serializer, SagaRow row)
    {
        var plan = model.FindPlan(row.Definition, row.PlanVersion);
        var (saga, problem) = Read(plan, serializer, row);
        var steps = saga?.Steps ?? Steps(plan, row);
        return new SagaSummary(
            new SagaId(row.Id), row.Definition, row.Status, row.BusinessKey, Summary(plan, saga), Current(plan, steps), row.FailedStep,
            row.FailureType is null ? null : new Refusal(row.FailureType, row.FailureMessage ?? ""), row.ParkReason, problem,
            UnixTime.To(row.StartedAt), UnixTime.To(row.UpdatedAt), row.EndedAt is { } ended ? UnixTime.To(ended) : null) 
        {
            Version = row.PlanVersion,
            Hold = row.Hold,
            Revision = row.Version,
            Steps = Views(plan, steps),
            NextAt = row.WakeAt is { } wakeAt ? UnixTime.To(wakeAt) : null,
        };
    }

    public static SagaDetails Details(EngineModel model, MessageSerializer serializer, SagaRow row)
    {
        var summary = Of(model, serializer, row);
        return new SagaDetails(summary, State(model.ShownState(row, serializer)), summary.Steps, row.TraceParent);
    }

    private static IReadOnlyList<StepView> Views(SagaPlan? plan, ImmutableArray<StepRecord> steps) => plan is null || steps.IsEmpty ? [] : [.. plan.Steps.Select(step => View(step.Name, steps[step.Index]))];

    private static StepView View(string name, StepRecord step) => new(name, step.State, step.Attempt, step.Tries, step.Due)
    {
        Since = step.Since == default ? null : step.Since,
        Keeps = step.Held is { Length: > 0 },
    };

    /// <summary>The steps that a saga will look at again, soonest first.</summary>
    public static IEnumerable<TimerView> Timers(EngineModel model, SagaRow row)
    {
        var plan = model.FindPlan(row.Definition, row.PlanVersion);
        var steps = Steps(plan, row);
        var timers = plan is null || steps.IsEmpty ? [] : plan.Steps.Where(s => steps[s.Index].Due is not null)
            .Select(s => new TimerView(new SagaId(row.Id), row.Definition, s.Name, Reason(steps[s.Index].State), steps[s.Index].Due!.Value)) // Only those that have one.
            .OrderBy(t => t.Due).ToList();
        return timers.Count > 0 ? timers : [new TimerView(new SagaId(row.Id), row.Definition, null, null, UnixTime.To(row.WakeAt ?? 0))];
    }

    /// <summary>The state, when it is JSON at all.</summary>
    public static JsonElement? State(ReadOnlyMemory<byte> stored)
    {
        try
        {
            using var state = JsonDocument.Parse(stored);
            return state.RootElement.Clone();
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private static (SagaInstance? Saga, string? Problem) Read(SagaPlan? plan, MessageSerializer serializer, SagaRow row)
    {
        if (plan is null)
        {
            return (null, $"this process does not know version {row.PlanVersion} of '{row.Definition}'");
        }

        var saga = SagaCodec.FromRow(plan, row, serializer, out var problem);
        return (saga, problem);
    }

    private static ImmutableArray<StepRecord> Steps(SagaPlan? plan, SagaRow row) => plan is null ? [] : StepCodec.Decode(plan, row.Steps, out _);

    private static string? Current(SagaPlan? plan, ImmutableArray<StepRecord> steps)
    {
        if (plan is null || steps.IsEmpty)
        {
            return null;
        }

        var open = plan.Steps.FirstOrDefault(s => steps[s.Index].State
            is StepState.Sent or StepState.Waiting or StepState.RetryWait or StepState.Undoing or StepState.UndoWait);
        return (open ?? plan.Steps.LastOrDefault(s => steps[s.Index].State != StepState.Pending))?.Name;
    }

    private static string? Summary(SagaPlan? plan, SagaInstance? saga)
    {
        if (saga is null || plan?.Summary is not { } summary)
        {
            return null;
        }

        try
        {
            return summary(saga.State);
        }
        catch (Exception exception) when (exception is not OutOfMemoryException)
        {
            // The author's code: a list is still a list.
            return $"(its summary threw {exception.GetType().Name})";
        }
    }

    private static string Reason(StepState state) => state switch
    {
        StepState.Sent => "reply",
        StepState.Waiting => "event",
        StepState.RetryWait => "retry",
        StepState.Undoing => "undo",
        _ => "undo retry",
    };
}
