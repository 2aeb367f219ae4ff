using Skald.Diagnostics;

namespace Skald.Definition;

/// <summary>What a plan alone can tell about its mistakes. Every problem is listed, none stops the search.</summary>
internal static class PlanChecks
{
    /// <param name="plans">Those of all versions of a definition, the newest last.</param>
    /// <param name="problems">Takes the problems. One of an older version that the newest has as well is said once.</param>
    public static void Check(IReadOnlyList<SagaPlan> plans, List<string> problems)
    {
        List<string> present = [];
        Check(plans[^1], present);
        problems.AddRange(present);
        foreach (var plan in plans.SkipLast(1))
        {
            List<string> older = [];
            Check(plan, older);
            problems.AddRange(older.Except(present).Select(problem => $"{problem} (In version {plan.Version}.)"));
        }
    }

    private static void Check(SagaPlan plan, List<string> problems)
    {
        NameRule.Check("the saga name", plan.Name, problems);
        // A former name is an identity too: stored sagas are found by it.
        foreach (var name in plan.Steps.SelectMany(s => s.FormerNames.Prepend(s.Name).Distinct()).GroupBy(n => n).Where(g => g.Count() > 1).Select(g => g.Key))
        {
            problems.Add(ErrorCodes.DuplicateStep(plan.Name, name));
        }

        WaitChecks.Check(plan, problems);
        var pivots = plan.Steps.Count(s => s.Kind == StepKind.Pivot);
        if (pivots > 1)
        {
            problems.Add(ErrorCodes.SeveralPivots(plan.Name, pivots));
        }

        foreach (var step in plan.Steps)
        {
            CheckStep(plan, step, problems);
        }
    }

    private static void CheckStep(SagaPlan plan, StepPlan step, List<string> problems)
    {
        var undoable = step.CanBeUndone || step.NothingToUndo is not null;
        var afterPivot = plan.PivotIndex >= 0 && step.Index > plan.PivotIndex;
        // A wait changes nothing, so it may stand on either side of the pivot.
        if (step.Kind == StepKind.Compensatable && afterPivot && step.Work is not StepWork.Wait)
        {
            problems.Add(ErrorCodes.CompensatableAfterPivot(plan.Name, step.Name));
        }
        else if (step.Kind == StepKind.Compensatable && !undoable)
        {
            problems.Add(ErrorCodes.CannotBeUndone(plan.Name, step.Name));
        }

        if (step.Kind == StepKind.Retriable && !afterPivot)
        {
            problems.Add(ErrorCodes.RetriableBeforePivot(plan.Name, step.Name));
        }

        if (step is { Kind: StepKind.Retriable, Work: StepWork.Remote { SaysWhatRefusalMeans: false } })
        {
            problems.Add(ErrorCodes.RefusalUnanswered(plan.Name, step.Name));
        }

        if (step.CanBeUndone && step.NothingToUndo is not null)
        {
            problems.Add(ErrorCodes.UndoContradiction(plan.Name, step.Name));
        }

        // What ends a line for text.EnumerateLines(), with which stored steps are read.
        if (step.FormerNames.Prepend(step.Name).Any(name => name.Any(c => char.IsControl(c) || c is '\u2028' or '\u2029')))
        {
            problems.Add(ErrorCodes.StepNameOnSeveralLines(plan.Name, step.Name));
        }

        if (NameRule.IsTooLong(step.Name))
        {
            problems.Add(ErrorCodes.UnusableName($"in saga '{plan.Name}' the step name", step.Name));
        }

        RetryChecks.Check(plan, step, problems);
        foreach (var time in TimesOf(step).Where(time => time <= TimeSpan.Zero || time > TimeSpan.FromDays(3650)))
        {
            problems.Add(ErrorCodes.DeadlineOutOfRange(plan.Name, step.Name, time));
        }
    }

    private static IEnumerable<TimeSpan> TimesOf(StepPlan step)
    {
        TimeSpan?[] times = [(step.Work as StepWork.Remote)?.Within, (step.Work as StepWork.Wait)?.Within, step.Work.ParkAfter];
        return times.OfType<TimeSpan>();
    }
}
