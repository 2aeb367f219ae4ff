using Skald.Decisions;
using Skald.Definition;
using Skald.Diagnostics;
using Skald.Messaging;

namespace Skald.Runtime;

/// <summary>A flow that a service takes part in.</summary>
/// <param name="Plan">The declaration.</param>
/// <param name="Owned">Whether this service keeps the record of its instances.</param>
internal sealed record FlowPart(FlowPlan Plan, bool Owned)
{
    public Guid RowOf(string flow) => MessageIds.Flow(Plan.Name, flow);
}

/// <summary>A queue that gets a copy of every message of a topic. Full names.</summary>
internal readonly record struct Binding(string Topic, string Queue);

/// <summary>The events of one service: what it publishes, what it subscribes to, and in which flows. Immutable.</summary>
internal sealed class EventRouting
{
    private readonly HandlerTable _handlers;
    private readonly Dictionary<Type, MessageContract> _published = [];
    private readonly Dictionary<string, FlowPart> _flowOfEvent = [];
    private readonly Dictionary<string, FlowPart> _flows = [];
    private readonly Dictionary<string, IReadOnlyList<KeyedWait>> _waits;

    public EventRouting(string service, IEnumerable<Flow> flows, IEnumerable<Type> published, HandlerTable handlers, IEnumerable<KeyedWait> waits, List<string> problems)
    {
        Service = service;
        _handlers = handlers;
        _waits = waits.GroupBy(w => w.Contract.Name).ToDictionary(g => g.Key, IReadOnlyList<KeyedWait> (g) => [.. g]);
        foreach (var flow in flows)
        {
            AddFlow(flow.BuildPlan(problems), problems);
        }

        foreach (var type in published)
        {
            AddPublished(type, problems);
        }

        Bindings = [.. OwnBindings().Concat(Others()).Distinct()];
        Queues = [.. OwnBindings().Select(b => b.Queue).Distinct()];
    }

    public string Service { get; }

    /// <summary>What the transport must know before anything is published: this service's subscriptions and those of its flows' other services.</summary>
    public IReadOnlyList<Binding> Bindings { get; }

    /// <summary>The queues that this service consumes events from.</summary>
    public IReadOnlyList<string> Queues { get; }

    public IReadOnlyCollection<FlowPart> Flows => _flows.Values;

    /// <summary>The events that it says it publishes.</summary>
    public IReadOnlyCollection<MessageContract> Published => _published.Values;

    public EventSubscriber? FindHandler(string @event) => _handlers.FindEvent(@event);

    /// <summary>The waits of sagas for an event that is published.</summary>
    public IReadOnlyList<KeyedWait> WaitsFor(string @event) => _waits.GetValueOrDefault(@event) ?? [];

    public FlowPart? FlowOf(string @event) => _flowOfEvent.GetValueOrDefault(@event);

    /// <summary>The topic that events of a type are published to; null when this service does not publish them.</summary>
    public string? PublishedTopic(Type type) => _published.GetValueOrDefault(type)?.Topic;

    /// <summary>A flow by its name; null when it is none of this service's.</summary>
    public FlowPart? FindFlow(string definition) => _flows.GetValueOrDefault(definition);

    /// <exception cref="InvalidOperationException">The service does not say that it publishes this.</exception>
    public MessageContract Publication(Type type) => _published.GetValueOrDefault(type)
        ?? throw new InvalidOperationException(ErrorCodes.NotPublished(Service, MessageCatalog.Of(type).Name));

    /// <summary>Where the messages of an event wait for a service.</summary>
    public Binding BindingOf(FlowPlan plan, FlowEvent @event, string service) => new(
        TopicOf(@event.Type),
        plan.Subscriptions.FirstOrDefault(s => s.Event.Name == @event.Name && s.Of is not null && Full(s.Of) == service) is { } named
            ? Address.Topic(Service, named.Name)
            : Address.Events(service));

    /// <summary>Lists what <paramref name="other"/>, which runs in this process, would have to do in this service's flows.</summary>
    public void CheckAgainst(EventRouting other, List<string> problems)
    {
        foreach (var plan in Flows.Select(f => f.Plan))
        {
            var listens = plan.Events.Where(e => plan.Listeners(e).Any(s => Full(s) == other.Service)).ToList();
            var takesPart = listens.Count > 0 || plan.Events.Any(e => Full(e.By) == other.Service);
            if (takesPart && other.FindFlow(plan.Name) is null)
            {
                problems.Add(ErrorCodes.FlowNotAdded(plan.Name, other.Service));
            }

            problems.AddRange(listens.Where(e => other.FindHandler(e.Name) is null && other.WaitsFor(e.Name).Count == 0).Select(e => ErrorCodes.FlowEventUnhandled(plan.Name, e.Name, other.Service)));
        }
    }

    private void AddFlow(FlowPlan plan, List<string> problems)
    {
        var part = new FlowPart(plan, Full(plan.Owner) == Service);
        if (!_flows.TryAdd(plan.Name, part))
        {
            problems.Add(ErrorCodes.FlowNameTaken(Service, plan.Name));
        }

        foreach (var @event in plan.Events)
        {
            if (MessageCatalog.TryOf(@event.Type, problems) is null)
            {
                continue;
            }

            if (!_flowOfEvent.TryAdd(@event.Name, part) && _flowOfEvent[@event.Name] != part)
            {
                problems.Add(ErrorCodes.FlowEventShared(Service, @event.Name, _flowOfEvent[@event.Name].Plan.Name, plan.Name));
            }

            if (Full(@event.By) == Service)
            {
                AddPublished(@event.Type, problems);
            }
        }
    }

    private void AddPublished(Type type, List<string> problems)
    {
        if (MessageCatalog.TryOf(type, problems) is { Topic: not null } contract)
        {
            _published[type] = contract;
        }
    }

    private IEnumerable<Binding> OwnBindings() => Subscriptions().Select(s => s.Binding);

    /// <summary>The events that this service gets, each with the queue it comes through.</summary>
    public IEnumerable<(Type Event, Binding Binding)> Subscriptions()
    {
        foreach (var contract in _handlers.Subscribers.Select(h => h.Contract).Concat(_waits.Values.Select(w => w[0].Contract)).DistinctBy(c => c.Name))
        {
            var part = FlowOf(contract.Name);
            yield return (contract.Type, part?.Plan.Find(contract.Name) is { } @event
                ? BindingOf(part.Plan, @event, Service)
                : new Binding(Address.Topic(Service, contract.Topic!), Address.Events(Service)));
        }

        // An owner sees every event of its flow; those it publishes itself it has seen when it commits them.
        foreach (var part in Flows.Where(f => f.Owned))
        {
            foreach (var @event in part.Plan.Events.Where(e => Full(e.By) != Service && _handlers.FindEvent(e.Name) is null && WaitsFor(e.Name).Count == 0))
            {
                yield return (@event.Type, new Binding(TopicOf(@event.Type), Address.Events(Service)));
            }
        }
    }

    /// <summary>
    /// The subscriptions of services that may never have run yet: what is published before their first start waits for them.
    /// </summary>
    private IEnumerable<Binding> Others()
    {
        foreach (var plan in Flows.Select(f => f.Plan))
        {
            foreach (var @event in plan.Events)
            {
                foreach (var service in plan.Listeners(@event).Select(Full).Where(s => s != Service))
                {
                    yield return BindingOf(plan, @event, service);
                }

                if (Full(@event.By) != Full(plan.Owner) && Full(plan.Owner) != Service)
                {
                    yield return BindingOf(plan, @event, Full(plan.Owner));
                }
            }

            foreach (var named in plan.Subscriptions.Where(s => s.Of is null))
            {
                yield return new Binding(TopicOf(named.Event.Type), Address.Topic(Service, named.Name));
            }
        }
    }

    private string TopicOf(Type type)
    {
        var problems = new List<string>();
        // A type without a wire name is on the list of problems already; the service does not start.
        return Address.Topic(Service, MessageCatalog.TryOf(type, problems)?.Topic ?? type.Name);
    }

    private string Full(string service) => Address.Service(Service, service);
}
