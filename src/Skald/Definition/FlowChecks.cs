using Skald.Diagnostics;

namespace Skald.Definition;

/// <summary>What must hold for a flow on its own. What its services must handle is checked where they are known.</summary>
internal static class FlowChecks
{
    private static readonly TimeSpan LongestWait = TimeSpan.FromDays(3650);

    public static void Check(FlowPlan plan, List<string> problems)
    {
        NameRule.Check("the flow name", plan.Name, problems);
        CheckEvents(plan, problems);
        CheckRules(plan, problems);
        CheckSubscriptions(plan, problems);
        CheckCycles(plan, problems);
    }

    private static void CheckEvents(FlowPlan plan, List<string> problems)
    {
        var starts = plan.Events.Count(e => e.Role == FlowRole.Starts);
        if (starts != 1)
        {
            problems.Add(ErrorCodes.FlowStarts(plan.Name, starts));
        }

        foreach (var twice in plan.Events.GroupBy(e => e.Name).Where(g => g.Count() > 1))
        {
            problems.Add(ErrorCodes.FlowEventTwice(plan.Name, twice.Key));
        }

        foreach (var @event in plan.Events.Where(e => e.Role is FlowRole.Starts or FlowRole.Happens or FlowRole.Raised))
        {
            if (plan.Rules.All(r => r.After != @event.Name))
            {
                problems.Add(ErrorCodes.FlowDeadEnd(plan.Name, @event.Name));
            }

            if (@event.UndoneBy.IsEmpty && @event.NothingToUndo is null)
            {
                problems.Add(ErrorCodes.FlowUndoMissing(plan.Name, @event.Name));
            }

            foreach (var undo in @event.UndoneBy.Where(u => plan.Find(u) is null))
            {
                problems.Add(ErrorCodes.FlowEventUnknown(plan.Name, undo));
            }
        }

        var expected = plan.Rules.SelectMany(r => r.Expected).Concat(plan.Rules.Select(r => r.Raised)).ToHashSet();
        foreach (var @event in plan.Events.Where(e => e.Role != FlowRole.Starts && !expected.Contains(e.Name)))
        {
            problems.Add(ErrorCodes.FlowEventUnreachable(plan.Name, @event.Name));
        }
    }

    private static void CheckRules(FlowPlan plan, List<string> problems)
    {
        foreach (var rule in plan.Rules)
        {
            foreach (var unknown in rule.Expected.Append(rule.After).Where(name => plan.Find(name) is null))
            {
                problems.Add(ErrorCodes.FlowEventUnknown(plan.Name, unknown));
            }

            if (rule.Expected.IsEmpty)
            {
                problems.Add(ErrorCodes.FlowExpectsNothing(plan.Name, rule.After));
            }

            if (rule.Within is { } within && (within <= TimeSpan.Zero || within > LongestWait))
            {
                problems.Add(ErrorCodes.FlowDeadlineOutOfRange(plan.Name, rule.After, within));
            }

            if (rule is { Raised: { } raised, Within: null })
            {
                problems.Add(ErrorCodes.FlowRaisesWithoutDeadline(plan.Name, rule.After, raised));
            }
        }
    }

    private static void CheckSubscriptions(FlowPlan plan, List<string> problems)
    {
        foreach (var subscription in plan.Subscriptions.Where(s => plan.Find(s.Event.Name) is null))
        {
            problems.Add(ErrorCodes.FlowEventUnknown(plan.Name, subscription.Event.Name));
        }
    }

    private static void CheckCycles(FlowPlan plan, List<string> problems)
    {
        var next = plan.Rules.GroupBy(r => r.After).ToDictionary(g => g.Key, g => g.SelectMany(r => r.Expected).ToList());
        var done = new HashSet<string>();
        foreach (var @event in plan.Events)
        {
            if (FindCycle(@event.Name, next, done, []) is { } cycle)
            {
                problems.Add(ErrorCodes.FlowCycle(plan.Name, cycle));
                return;
            }
        }
    }

    private static IReadOnlyList<string>? FindCycle(string name, Dictionary<string, List<string>> next, HashSet<string> done, List<string> path)
    {
        if (path.IndexOf(name) is var at and >= 0)
        {
            return [.. path[at..], name];
        }

        if (!done.Add(name))
        {
            return null;
        }

        path.Add(name);
        var cycle = next.GetValueOrDefault(name, []).Select(n => FindCycle(n, next, done, path)).FirstOrDefault(c => c is not null);
        path.RemoveAt(path.Count - 1);
        return cycle;
    }
}
