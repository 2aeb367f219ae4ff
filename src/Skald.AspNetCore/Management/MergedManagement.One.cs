namespace Skald.Management;

// What is about one service.
public sealed partial class MergedManagement
{
    /// <inheritdoc/>
    public async Task<SagaDetail?> FindSagaAsync(string service, string id, CancellationToken cancellationToken = default) =>
        await OneAsync(service, (part, token) => part.FindSagaAsync(service, id, token), cancellationToken);

    /// <inheritdoc/>
    public async Task<Timeline> TimelineAsync(string service, string id, int skip = 0, int limit = ManagementLimits.LargestPage, CancellationToken cancellationToken = default) =>
        await OneAsync(service, (part, token) => part.TimelineAsync(service, id, skip, limit, token), cancellationToken);

    /// <inheritdoc/>
    public async Task<Exchanges> ExchangesAsync(string service, string id, CancellationToken cancellationToken = default)
    {
        var exchanges = await OneAsync(service, (part, token) => part.ExchangesAsync(service, id, token), cancellationToken);
        // A lane of a service that does not answer has a gap, and says why; what the others have written down is put beside what the saga knows.
        var ledgers = await Task.WhenAll(exchanges.Lanes.Where(lane => lane.Service != service).Select(lane => LaneAsync(lane, id, cancellationToken)));
        var lanes = ledgers.ToDictionary(one => one.Lane.Service, one => one.Lane);
        var handled = ledgers.SelectMany(one => one.Ledger).GroupBy(line => (line.Service, line.Step, line.Undo, line.Attempt)).ToDictionary(same => same.Key, same => same.First().At);
        return exchanges with
        {
            Lanes = [.. exchanges.Lanes.Select(lane => lanes.GetValueOrDefault(lane.Service, lane))],
            Messages = [.. exchanges.Messages.Select(message => message.Kind == "command" && handled.TryGetValue((message.To, message.Step ?? "", message.Undo, message.Attempt), out var at) ? message with { HandledAt = at } : message)],
        };
    }

    /// <inheritdoc/>
    public async Task<IReadOnlyList<LedgerItem>> LedgerAsync(string service, string saga, CancellationToken cancellationToken = default) =>
        await OneAsync(service, (part, token) => part.LedgerAsync(service, saga, token), cancellationToken);

    /// <inheritdoc/>
    public async Task<FlowDetail?> FindFlowAsync(string service, string id, CancellationToken cancellationToken = default)
    {
        var flow = await OneAsync(service, (part, token) => part.FindFlowAsync(service, id, token), cancellationToken);
        if (flow is null)
        {
            return null;
        }

        var partakers = (await ServicesAsync(cancellationToken)).Items.Where(one => one.Service != service && one.Flows.Contains(flow.Flow.Flow)).Select(one => one.Service).ToList();
        var parts = await Task.WhenAll(partakers.Select(partaker => PartAsync(partaker, id, cancellationToken)));
        return flow with
        {
            Timeline = [.. flow.Timeline.Concat(parts.SelectMany(part => part.Timeline)).OrderBy(line => line.At)],
            Missing = [.. flow.Missing, .. parts.Select(part => part.Missing).OfType<MissingService>()],
        };
    }

    /// <inheritdoc/>
    public async Task<IReadOnlyList<TimelineItem>> FlowTimelineAsync(string service, string id, CancellationToken cancellationToken = default) =>
        await OneAsync(service, (part, token) => part.FlowTimelineAsync(service, id, token), cancellationToken);

    /// <inheritdoc/>
    public async Task<DeadLetterDetail?> FindDeadLetterAsync(string service, long number, CancellationToken cancellationToken = default) =>
        await OneAsync(service, (part, token) => part.FindDeadLetterAsync(service, number, token), cancellationToken);

    /// <inheritdoc/>
    public async Task<StreamHistory?> StreamAsync(
        string service, string aggregate, string id, long after = 0, int limit = ManagementLimits.LargestPage, CancellationToken cancellationToken = default) =>
        await OneAsync(service, (part, token) => part.StreamAsync(service, aggregate, id, after, limit, token), cancellationToken);

    /// <inheritdoc/>
    public async Task<ActForecast> PreviewAsync(string service, string id, ActRequest act, CancellationToken cancellationToken = default) =>
        await OneAsync(service, (part, token) => part.PreviewAsync(service, id, act, token), cancellationToken);

    /// <inheritdoc/>
    public async Task<ActResult> ActAsync(string service, string id, ActRequest act, ActTerms terms, CancellationToken cancellationToken = default) =>
        await _parts.DoAsync(service, part => part.ActAsync(service, id, act, terms, cancellationToken), cancellationToken);

    /// <inheritdoc/>
    public async Task<DeadLetterResult> ReplayAsync(string service, long number, DeadLetterRequest request, ActTerms terms, CancellationToken cancellationToken = default) =>
        await _parts.DoAsync(service, part => part.ReplayAsync(service, number, request, terms, cancellationToken), cancellationToken);

    /// <inheritdoc/>
    public async Task<ProjectionItem> RetryProjectionAsync(string service, string name, ActTerms terms, CancellationToken cancellationToken = default) =>
        await _parts.DoAsync(service, part => part.RetryProjectionAsync(service, name, terms, cancellationToken), cancellationToken);

    /// <inheritdoc/>
    public async Task<ProjectionItem> SkipEventAsync(string service, string name, ProjectionSkip skip, ActTerms terms, CancellationToken cancellationToken = default) =>
        await _parts.DoAsync(service, part => part.SkipEventAsync(service, name, skip, terms, cancellationToken), cancellationToken);

    /// <inheritdoc/>
    public async Task<ProjectionItem> RebuildProjectionAsync(string service, string name, ActTerms terms, CancellationToken cancellationToken = default) =>
        await _parts.DoAsync(service, part => part.RebuildProjectionAsync(service, name, terms, cancellationToken), cancellationToken);

    private async Task<T> OneAsync<T>(string service, Func<IManagement, CancellationToken, Task<T>> ask, CancellationToken cancellationToken) =>
        await _parts.InTimeAsync(service, await _parts.OfAsync(service, cancellationToken), ask, cancellationToken);

    private async Task<(IReadOnlyList<TimelineItem> Timeline, MissingService? Missing)> PartAsync(string service, string id, CancellationToken cancellationToken)
    {
        try
        {
            return (await FlowTimelineAsync(service, id, cancellationToken), null);
        }
        catch (ManagementException exception)
        {
            return ([], new MissingService(service, exception.Problem.Detail ?? exception.Problem.Title));
        }
    }

    private async Task<(Lane Lane, IReadOnlyList<LedgerItem> Ledger)> LaneAsync(Lane lane, string saga, CancellationToken cancellationToken)
    {
        try
        {
            // Whoever has the saga may not have had this service.
            return (lane with { Missing = null }, await LedgerAsync(lane.Service, saga, cancellationToken));
        }
        catch (ManagementException exception)
        {
            return (lane with { Missing = exception.Problem.Status == 404 ? "Nobody who was asked has it." : exception.Problem.Detail ?? exception.Problem.Title }, []);
        }
    }
}
