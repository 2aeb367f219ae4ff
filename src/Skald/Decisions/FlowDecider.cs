using System.Collections.Immutable;
using Skald.Definition;

namespace Skald.Decisions;

/// <summary>An event that a flow's owner has seen.</summary>
/// <param name="Event">The wire name.</param>
/// <param name="By">The service that published it, by its full name.</param>
/// <param name="At">When the owner saw it, by the owner's clock.</param>
internal readonly record struct FlowSighting(string Event, string By, DateTimeOffset At);

/// <summary>What a flow waits for.</summary>
/// <param name="Rule">The rule that says so.</param>
/// <param name="Since">Since when.</param>
/// <param name="Due">Until when; null for however long it takes.</param>
internal readonly record struct FlowWait(FlowRule Rule, DateTimeOffset Since, DateTimeOffset? Due);

/// <summary>One run of a flow, as its owner knows it. Immutable.</summary>
internal sealed record FlowInstance
{
    /// <summary>The id that the events of this run carry.</summary>
    public required string Id { get; init; }

    /// <summary>0 before it is stored, one more with each stored change.</summary>
    public required long Version { get; init; }

    /// <summary>Where it stands.</summary>
    public required FlowStatus Status { get; init; }

    /// <summary>The events seen, in the order in which they came.</summary>
    public required ImmutableArray<FlowSighting> Seen { get; init; }

    /// <summary>Where it is stuck; null when it is not.</summary>
    public string? Reason { get; init; }

    /// <summary>When the owner must look at it again.</summary>
    public DateTimeOffset? WakeAt { get; init; }

    /// <summary>When it was started.</summary>
    public required DateTimeOffset StartedAt { get; init; }
}

/// <summary>The next flow, and the rules whose events are to be raised.</summary>
/// <param name="Next">The flow as decided.</param>
/// <param name="Changed">False when there is nothing to store.</param>
/// <param name="Raise">Rules that are overdue and raise an event.</param>
internal sealed record FlowDecision(FlowInstance Next, bool Changed, IReadOnlyList<FlowRule> Raise);

/// <summary>
/// Where a flow stands follows from the set of events seen, not from their order: copies and late ones change nothing.
/// </summary>
internal static class FlowDecider
{
    /// <summary>An event of the flow was seen.</summary>
    public static FlowDecision Saw(FlowPlan plan, FlowInstance flow, FlowSighting sighting)
    {
        ArgumentNullException.ThrowIfNull(plan);
        ArgumentNullException.ThrowIfNull(flow);
        return Knows(flow, sighting.Event)
            ? new FlowDecision(flow, false, [])
            : Decide(plan, flow with { Seen = flow.Seen.Add(sighting) }, sighting.At, changed: true);
    }

    /// <summary>Time has passed.</summary>
    public static FlowDecision Woken(FlowPlan plan, FlowInstance flow, DateTimeOffset now) => Decide(plan, flow, now, changed: false);

    /// <summary>What the flow waits for; nothing once it has ended.</summary>
    public static IEnumerable<FlowWait> Waits(FlowPlan plan, FlowInstance flow)
    {
        ArgumentNullException.ThrowIfNull(plan);
        ArgumentNullException.ThrowIfNull(flow);
        return flow.Status is FlowStatus.Completed or FlowStatus.Undone
            ? []
            : from sighting in flow.Seen
              from rule in plan.Rules
              where rule.After == sighting.Event && !rule.Expected.Any(e => Knows(flow, e)) && !(rule.Raised is { } raised && Knows(flow, raised))
              select new FlowWait(rule, sighting.At, sighting.At + rule.Within);
    }

    private static FlowDecision Decide(FlowPlan plan, FlowInstance flow, DateTimeOffset now, bool changed)
    {
        var completed = Ends(plan, flow, FlowRole.Completes);
        var undone = Ends(plan, flow, FlowRole.EndsUndone);
        if (completed is not null || undone is not null)
        {
            var both = completed is not null && undone is not null;
            var status = both ? FlowStatus.Stuck : completed is not null ? FlowStatus.Completed : FlowStatus.Undone;
            return To(flow, flow with { Status = status, WakeAt = null, Reason = both ? $"it ended both ways: {completed} and {undone}" : null }, changed, []);
        }

        var waits = Waits(plan, flow with { Status = FlowStatus.Running }).ToList();
        var overdue = waits.Where(w => w.Due <= now).ToList();
        var stuck = overdue.Where(w => w.Rule.Raise is null).ToList();
        var next = flow with
        {
            Status = stuck.Count > 0 ? FlowStatus.Stuck : FlowStatus.Running,
            Reason = stuck.Count > 0 ? string.Join("; ", stuck.Select(w => Describe(plan, w))) : null,
            WakeAt = waits.Where(w => w.Due > now).Min(w => w.Due),
        };
        return To(flow, next, changed, [.. overdue.Where(w => w.Rule.Raise is not null).Select(w => w.Rule)]);
    }

    private static FlowDecision To(FlowInstance before, FlowInstance next, bool changed, IReadOnlyList<FlowRule> raise) =>
        new(next, changed || next.Status != before.Status || next.Reason != before.Reason || next.WakeAt != before.WakeAt, raise);

    private static string Describe(FlowPlan plan, FlowWait wait) =>
        $"{string.Join(" or ", wait.Rule.Expected.Select(e => $"{e} of {plan.Find(e)?.By}"))} did not come within {wait.Rule.Within} after {wait.Rule.After}";

    private static string? Ends(FlowPlan plan, FlowInstance flow, FlowRole role) =>
        flow.Seen.Select(s => s.Event).FirstOrDefault(e => plan.Find(e)?.Role == role);

    private static bool Knows(FlowInstance flow, string @event) => flow.Seen.Any(s => s.Event == @event);
}
