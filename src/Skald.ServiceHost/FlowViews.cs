using Skald.Decisions;

namespace Skald.ServiceHost;

/// <summary>A flow in a list.</summary>
/// <param name="Id">The id that its events carry.</param>
/// <param name="Flow">The declaration's name.</param>
/// <param name="Status"><c>stuck</c>, <c>running</c>, <c>undone</c> or <c>completed</c>.</param>
/// <param name="WaitsFor">The events that may come next, each with the service that has to publish it; null when it has ended.</param>
/// <param name="Due">Until when; null for however long it takes.</param>
/// <param name="StartedAt">When it was started.</param>
internal sealed record FlowView(string Id, string Flow, string Status, string? WaitsFor, DateTimeOffset? Due, DateTimeOffset StartedAt);

/// <summary>All there is to know about one flow.</summary>
/// <param name="Id">The id that its events carry.</param>
/// <param name="Flow">The declaration's name.</param>
/// <param name="Status"><c>stuck</c>, <c>running</c>, <c>undone</c> or <c>completed</c>; null where its owner does not run.</param>
/// <param name="Reason">Where it is stuck.</param>
/// <param name="WaitsFor">The events that may come next.</param>
/// <param name="Due">Until when.</param>
/// <param name="Events">The events that the owner has seen.</param>
/// <param name="Timeline">What each service published and received, as far as it runs here.</param>
internal sealed record FlowDetails(
    string Id, string Flow, string? Status, string? Reason, string? WaitsFor, DateTimeOffset? Due, IReadOnlyList<FlowEventSeen> Events, IReadOnlyList<FlowMoment> Timeline);

/// <summary>What is known of a flow where its owner does not run.</summary>
internal sealed record FlowPart(string Id, string Flow, IReadOnlyList<FlowMoment> Timeline);

/// <summary>A line of a flow's timeline.</summary>
/// <param name="At">When, by the service's clock.</param>
/// <param name="Service">The service.</param>
/// <param name="What"><c>published</c>, <c>received</c>, or what became of the flow.</param>
/// <param name="Event">The event, if it is about one.</param>
/// <param name="Detail">Where it came from, or the reason.</param>
internal sealed record FlowMoment(DateTimeOffset At, string Service, string What, string? Event, string? Detail);

/// <summary>Reads flows from the services that keep them and those that take part.</summary>
internal static class FlowViews
{
    /// <summary>What needs a person comes first.</summary>
    private static readonly FlowStatus[] InOrder = [FlowStatus.Stuck, FlowStatus.Running, FlowStatus.Undone, FlowStatus.Completed];

    /// <summary>The status of a word such as <c>stuck</c>; null when it is none.</summary>
    public static FlowStatus? StatusOf(string word) => InOrder.Select(s => (FlowStatus?)s).FirstOrDefault(s => s!.Value.Word() == word);

    /// <summary>At most <paramref name="limit"/> flows, the stuck ones first, within a status the latest started first.</summary>
    public static async Task<IReadOnlyList<FlowView>> ListAsync(
        IReadOnlyList<SkaldService> services, FlowStatus? status, int limit, CancellationToken cancellationToken)
    {
        var found = new List<FlowView>();
        foreach (var wanted in status is { } only ? [only] : InOrder)
        {
            foreach (var service in services.TakeWhile(_ => found.Count < limit))
            {
                var flows = await service.FlowsAsync(wanted, limit - found.Count, cancellationToken);
                found.AddRange(flows.Select(f => new FlowView(f.Id, f.Flow, f.Status.Word(), WaitsFor(f), Due(f), f.StartedAt)));
            }
        }

        return [.. found.Take(limit)];
    }

    /// <summary>One flow; null when no service knows its id.</summary>
    public static async Task<FlowDetails?> FindAsync(IReadOnlyList<SkaldService> services, string id, CancellationToken cancellationToken)
    {
        FlowSnapshot? flow = null;
        var timeline = new List<FlowMoment>();
        foreach (var service in services)
        {
            flow ??= await service.FindFlowAsync(id, cancellationToken);
            timeline.AddRange((await service.FlowTimelineAsync(id, cancellationToken)).Select(entry => Moment(service.Name, entry)));
        }

        // A stable sort: what one service did at the same moment stays in its order.
        FlowMoment[] moments = [.. timeline.OrderBy(m => m.At)];
        return flow is not null
            ? new FlowDetails(id, flow.Flow, flow.Status.Word(), flow.Reason, WaitsFor(flow), Due(flow), flow.Events, moments)
            : moments.Length > 0 ? new FlowDetails(id, string.Join(", ", services.SelectMany(s => s.Flows).Select(f => f.Name).Distinct()), null, null, null, null, [], moments)
            : null;
    }

    private static string? WaitsFor(FlowSnapshot flow) => flow.Waits.Count == 0 ? null
        : string.Join("; ", flow.Waits.Select(w => string.Join(" or ", w.Expected.Select(e => $"{e.Event} of {e.By}"))));

    private static DateTimeOffset? Due(FlowSnapshot flow) => flow.Waits.Min(w => w.Due);

    private static FlowMoment Moment(string service, TimelineEntry entry) => new(entry.At, service, What(entry.Kind), entry.Step, entry.Detail);

    private static string What(JournalKind kind) => kind switch
    {
        JournalKind.EndedUndone => "undone",
        _ => kind.ToString().ToLowerInvariant(),
    };
}
