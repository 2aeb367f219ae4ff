using Skald.EventSourcing;
using Skald.Hosting;
using Skald.Storage;

namespace Skald;

// What tools ask of events and flows without knowing their types.
public sealed partial class SkaldService
{
    /// <summary>The names of its aggregates.</summary>
    public IReadOnlyList<string> Aggregates => [.. Engine.Projections.Model.Plans.Select(plan => plan.Name).Order(StringComparer.Ordinal)];

    /// <summary>Events of an aggregate as they are stored, oldest first, with what is sensitive hidden; none when there is no such aggregate, or when the store keeps no events.</summary>
    /// <param name="aggregate">The kind of aggregate.</param>
    /// <param name="id">The aggregate's id.</param>
    /// <param name="after">Only events after this version.</param>
    /// <param name="limit">The most.</param>
    /// <param name="cancellationToken">Abandons the reading.</param>
    public async Task<IReadOnlyList<StoredEvent>> StreamAsync(string aggregate, string id, long after = 0, int limit = 200, CancellationToken cancellationToken = default) =>
        Store.EventLog is { } log && Engine.Projections.Model.Plans.FirstOrDefault(plan => plan.Name == aggregate) is { } plan
            ? [.. (await log.ReadStreamAsync(plan.Stream(id), after, limit, cancellationToken)).Select(stored => Shown(plan, stored))]
            : [];

    private StoredEvent Shown(AggregatePlan plan, StoredEvent stored) =>
        stored with { Event = stored.Event with { Body = Engine.Serializer.Redaction.Hide(stored.Event.Body, plan.TypesNamed(stored.Event.Type)) } };

    /// <summary>A page of the flows that this service owns, the latest started first.</summary>
    /// <exception cref="ArgumentException">The cursor is none, or the limit is out of range.</exception>
    public async Task<FlowPage> FlowsAsync(FlowQuery query, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(query);
        if (query.Limit is < 1 or > 1000)
        {
            throw new ArgumentException($"A page has 1 to 1,000 flows, not {query.Limit}.", nameof(query));
        }

        var (found, after) = (new List<(FlowSnapshot Flow, PagePosition Position)>(), Cursors.ReadPage(query.Cursor));
        foreach (var part in Engine.Model.Routing.Flows.Where(f => f.Owned && (query.Flow is null || f.Plan.Name == query.Flow)))
        {
            var rows = await Store.Operations.FlowsAsync(
                new InstanceFilter { Definition = part.Plan.Name, Statuses = query.Status is { } only ? [(int)only] : null }, after, query.Limit + 1, cancellationToken);
            found.AddRange(rows.Select(row => (FlowViews.Of(part.Plan, row), new PagePosition(row.StartedAt, row.Id))));
        }

        var page = found.OrderByDescending(one => one.Position.StartedAt).ThenByDescending(one => one.Position.Id).Take(query.Limit).ToList();
        return new FlowPage([.. page.Select(one => one.Flow)], found.Count > query.Limit ? Cursors.Write(page[^1].Position) : null);
    }
}

/// <summary>Which flows are asked for. Whatever is null does not matter.</summary>
public sealed record FlowQuery
{
    /// <summary>The declaration's name.</summary>
    public string? Flow { get; init; }

    /// <summary>Where they stand.</summary>
    public FlowStatus? Status { get; init; }

    /// <summary>Where the page before ended, as <see cref="FlowPage.Next"/> said; null for the first page.</summary>
    public string? Cursor { get; init; }

    /// <summary>The most on one page.</summary>
    /// <value>1 to 1,000; 100 unless set.</value>
    public int Limit { get; init; } = 100;
}

/// <summary>Flows, the latest started first.</summary>
/// <param name="Flows">The page.</param>
/// <param name="Next">The next page's cursor; null when this is the last one.</param>
public sealed record FlowPage(IReadOnlyList<FlowSnapshot> Flows, string? Next);
