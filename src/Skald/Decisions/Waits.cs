using Skald.Definition;

namespace Skald.Decisions;

/// <summary>Which wait of a saga an event is for.</summary>
internal static class Waits
{
    /// <summary>The wait that it ends now, or else the first one that it will end, or else one that it is too late for. Null when none is for such an event.</summary>
    public static (StepPlan Step, StepWork.Wait Wait, WaitEnd End)? Find(SagaPlan plan, ReadOnlySpan<StepRecord> steps, Type eventType)
    {
        (StepPlan, StepWork.Wait, WaitEnd)? found = null;
        var best = int.MaxValue;
        foreach (var step in plan.Steps)
        {
            if (step.Work is StepWork.Wait wait && wait.Find(eventType) is { } end && Rank(steps[step.Index]) is var rank && rank < best)
            {
                (found, best) = ((step, wait, end), rank);
            }
        }

        return found;
    }

    private static int Rank(StepRecord record) => record.State switch
    {
        StepState.Waiting when record.Held is null => 0,
        StepState.RetryWait when record.Held is null => 1,
        StepState.Pending when record.Held is null => 2,
        StepState.Waiting or StepState.RetryWait or StepState.Pending => 3,
        _ => 4,
    };
}
