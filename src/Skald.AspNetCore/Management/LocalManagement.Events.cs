namespace Skald.Management;

// Flows, aggregates and projections.
public sealed partial class LocalManagement
{
    /// <inheritdoc/>
    public Task<Page<FlowItem>> FlowsAsync(FlowListQuery query, CancellationToken cancellationToken = default) => AskAsync(async () =>
    {
        Asked.Check(query);
        if (!IsMeant(query))
        {
            return new Page<FlowItem>([]);
        }

        var (now, status) = (Now, FlowItems.StatusOf(query.Status));
        var page = await _service.FlowsAsync(new FlowQuery { Status = status, Flow = query.Flow, Cursor = query.Cursor, Limit = query.Limit }, cancellationToken);
        return new Page<FlowItem>([.. page.Flows.Select(flow => FlowItems.Of(_service.Name, flow, now))]) { Next = page.Next };
    });

    /// <inheritdoc/>
    public Task<FlowDetail?> FindFlowAsync(string service, string id, CancellationToken cancellationToken = default) => AskAsync(service, async () =>
        await _service.FindFlowAsync(id, cancellationToken) is { } flow
            ? FlowItems.Detail(_service, flow, Now) with { Timeline = await OwnTimelineAsync(id, cancellationToken) }
            : null);

    /// <inheritdoc/>
    public Task<IReadOnlyList<TimelineItem>> FlowTimelineAsync(string service, string id, CancellationToken cancellationToken = default) =>
        AskAsync(service, () => OwnTimelineAsync(id, cancellationToken));

    /// <inheritdoc/>
    public Task<StreamHistory?> StreamAsync(
        string service, string aggregate, string id, long after = 0, int limit = ManagementLimits.LargestPage, CancellationToken cancellationToken = default) => AskAsync(service, async () =>
    {
        Asked.Check(limit);
        ArgumentOutOfRangeException.ThrowIfNegative(after);
        var events = await _service.StreamAsync(aggregate, id, after, limit + 1, cancellationToken);
        return events.Count == 0 && after == 0 ? null : new StreamHistory(
            _service.Name, aggregate, id, [.. events.Take(limit).Select(StreamEvents.Of)], events.Count > limit ? events[limit - 1].Event.Version : null);
    });

    /// <inheritdoc/>
    public Task<Page<ProjectionItem>> ProjectionsAsync(CancellationToken cancellationToken = default) => AskAsync(async () =>
    {
        var items = new List<ProjectionItem>();
        foreach (var projection in _service.Projections.OrderBy(p => p.Name, StringComparer.Ordinal))
        {
            items.Add(await ItemAsync(projection, cancellationToken));
        }

        return new Page<ProjectionItem>(items);
    });

    private async Task<IReadOnlyList<TimelineItem>> OwnTimelineAsync(string id, CancellationToken cancellationToken) =>
        [.. (await _service.FlowTimelineAsync(id, cancellationToken)).Select(entry => TimelineItems.Of(_service.Name, entry))];

    private ProjectionHandle Projection(string name) =>
        _service.Projections.FirstOrDefault(p => p.Name == name) ?? throw Refusals.NotFound($"projection '{name}' in service '{_service.Name}'");

    private async Task<ProjectionItem> ItemAsync(ProjectionHandle projection, CancellationToken cancellationToken)
    {
        var status = await projection.StatusAsync(cancellationToken);
        return new ProjectionItem
        {
            Service = _service.Name,
            Name = projection.Name,
            Store = projection.Description,
            State = Words.Of(status.State),
            Position = status.Position.ToString(),
            LagEvents = new CappedCount(status.LagEvents, status.LagEvents >= ManagementLimits.LargestCount),
            LagSeconds = status.Lag.TotalSeconds,
            Problem = status.State == ProjectionState.Unreachable ? "its database cannot be used" : status.Problem,
            StopsAt = status.StopsAt?.ToString(),
            Attempts = status.Attempts,
            RetryAt = status.RetryAt,
            Rebuild = _rebuilds.Of(projection.Name),
            Why = OtherSentences.OfProjection(status, Now),
        };
    }
}
