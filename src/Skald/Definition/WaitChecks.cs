using Skald.Diagnostics;

namespace Skald.Definition;

/// <summary>What a plan alone can tell about the mistakes in its waits.</summary>
internal static class WaitChecks
{
    public static void Check(SagaPlan plan, List<string> problems)
    {
        List<(StepPlan Step, StepWork.Wait Wait)> waits = [.. plan.Steps.Where(s => s.Work is StepWork.Wait).Select(s => (s, (StepWork.Wait)s.Work))];
        var sameTwice = waits.SelectMany(w => w.Wait.Ends).GroupBy(e => e.EventType)
            // A saga that turns back takes no copy: several waits may turn back with one event.
            .Where(g => g.Count() > 1 && (g.Any(e => e.Refuse is null) || waits.Exists(w => w.Wait.Ends.Count(e => e.EventType == g.Key) > 1)));
        problems.AddRange(sameTwice.Select(g => ErrorCodes.SameEventTwice(plan.Name, g.Key)));
        foreach (var (step, wait) in waits)
        {
            if (plan.PivotIndex >= 0 && step.Index > plan.PivotIndex)
            {
                problems.AddRange(wait.Ends.Where(e => e.Refuse is not null).Select(e => ErrorCodes.TurnsBackAfterPivot(plan.Name, step.Name, e.EventType)));
            }

            if (plan.Key is null)
            {
                problems.AddRange(wait.Ends.Where(e => e.Key is not null).Select(e => ErrorCodes.ByKeyWithoutKey(plan.Name, step.Name, e.EventType)));
            }
        }
    }
}
