using Skald.Decisions;
using Skald.Definition;
using Skald.Storage;

namespace Skald.Hosting;

/// <summary>Flows as people see them.</summary>
internal static class FlowViews
{
    public static FlowSnapshot Of(FlowPlan plan, FlowRow row)
    {
        var flow = FlowCodec.FromRow(row, out var problem);
        var snapshot = flow is null
            ? new FlowSnapshot(row.Flow, row.Definition, FlowStatus.Stuck, problem, [], [], UnixTime.To(row.StartedAt), UnixTime.To(row.UpdatedAt))
            : new FlowSnapshot(
                flow.Id, plan.Name, flow.Status, flow.Reason,
                [.. flow.Seen.Select(s => new FlowEventSeen(s.Event, s.By, s.At))],
                [.. FlowDecider.Waits(plan, flow).Select(w => Expectation(plan, w))],
                flow.StartedAt, UnixTime.To(row.UpdatedAt));
        return snapshot with { Cursor = Cursors.Write(new PagePosition(row.StartedAt, row.Id)) };
    }

    private static FlowExpectation Expectation(FlowPlan plan, FlowWait wait) => new(
        wait.Rule.After, [.. wait.Rule.Expected.Select(e => new FlowExpectedEvent(e, plan.Find(e)?.By ?? ""))], wait.Since, wait.Due);
}
