using Skald.Decisions;
using Skald.Definition;
using Skald.Hosting;
using Skald.Messaging;
using Skald.Runtime;
using Skald.Storage;

namespace Skald;

// Events and flows.
public sealed partial class SkaldService
{
    /// <summary>The flows that it takes part in.</summary>
    public IReadOnlyCollection<FlowPlan> Flows => [.. Engine.Model.Routing.Flows.Select(f => f.Plan)];

    /// <summary>The events that it publishes or handles, and those of its flows.</summary>
    public IReadOnlyList<MessageContract> Events =>
    [
        .. Engine.Model.Routing.Published.Concat(Engine.Model.Handlers.Subscribers.Select(h => h.Contract))
            .Concat(Flows.SelectMany(f => f.Events).Select(e => MessageCatalog.Of(e.Type)))
            .DistinctBy(c => c.Name),
    ];

    /// <summary>Publishes an event in a transaction of its own. When the task ends it will reach every subscription, whatever happens to this process.</summary>
    /// <param name="event">The event.</param>
    /// <param name="flow">The flow it starts or belongs to; null for none.</param>
    /// <exception cref="InvalidOperationException">It is called from inside a message of this service.</exception>
    public Task PublishAsync(IEvent @event, string? flow = null)
    {
        Engine.OwnCode.Refuse(nameof(PublishAsync), "Use context.Publish(...), which publishes it with the same transaction.");
        return ExecuteAsync(context =>
        {
            context.Publish(@event, flow);
            return ValueTask.FromResult(true);
        });
    }

    /// <summary>Whether this service owns a flow: it keeps the record of its instances.</summary>
    public bool Owns(FlowPlan flow) => Engine.Model.Routing.Flows.Any(f => f.Owned && f.Plan == flow);

    /// <summary>One instance of a flow that this service owns; null when there is none.</summary>
    /// <param name="id">The id that its events carry.</param>
    /// <param name="cancellationToken">Abandons the attempt.</param>
    public async Task<FlowSnapshot?> FindFlowAsync(string id, CancellationToken cancellationToken = default)
    {
        foreach (var part in Engine.Model.Routing.Flows.Where(f => f.Owned))
        {
            if (await Store.Operations.FindFlowAsync(part.RowOf(id), cancellationToken) is { } row)
            {
                return FlowViews.Of(part.Plan, row);
            }
        }

        return null;
    }

    /// <summary>Instances of the flows that this service owns, the latest started first.</summary>
    /// <param name="status">Only those in this status; null for all.</param>
    /// <param name="limit">The most of each flow.</param>
    /// <param name="cancellationToken">Abandons the attempt.</param>
    public async Task<IReadOnlyList<FlowSnapshot>> FlowsAsync(FlowStatus? status = null, int limit = 100, CancellationToken cancellationToken = default)
    {
        var found = new List<FlowSnapshot>();
        foreach (var part in Engine.Model.Routing.Flows.Where(f => f.Owned))
        {
            var rows = await Store.Operations.FlowsAsync(new InstanceFilter { Definition = part.Plan.Name, Statuses = status is { } only ? [(int)only] : null }, null, limit, cancellationToken);
            found.AddRange(rows.Select(row => FlowViews.Of(part.Plan, row)));
        }

        return found;
    }

    /// <summary>What this service published and received in a flow, oldest first: its part of the timeline.</summary>
    public async Task<IReadOnlyList<TimelineEntry>> FlowTimelineAsync(string id, CancellationToken cancellationToken = default)
    {
        var entries = new List<TimelineEntry>();
        foreach (var part in Engine.Model.Routing.Flows)
        {
            entries.AddRange(await Operations.TimelineAsync(part.RowOf(id), cancellationToken));
        }

        return entries;
    }
}
