using System.Collections.Immutable;
using Skald.Definition;

namespace Skald;

/// <summary>Collects a flow's events, then what is expected after which.</summary>
public sealed class FlowBuilder
{
    private readonly List<FlowEventBuilder> _events = [];
    private readonly List<FlowRuleBuilder> _rules = [];
    private readonly List<(Type Event, string Name, string? Of)> _subscriptions = [];
    private readonly HashSet<Type> _mentioned = [];

    internal FlowBuilder()
    {
    }

    /// <summary>The event that starts an instance. Its publisher owns the flow.</summary>
    /// <param name="by">The service that publishes it.</param>
    public FlowEventBuilder StartsWith<TEvent>(string by) where TEvent : class, IEvent => Add<TEvent>(by, FlowRole.Starts);

    /// <summary>An event on the way.</summary>
    /// <param name="by">The service that publishes it.</param>
    public FlowEventBuilder Event<TEvent>(string by) where TEvent : class, IEvent => Add<TEvent>(by, FlowRole.Happens);

    /// <summary>An event with which the flow has ended well.</summary>
    /// <param name="by">The service that publishes it.</param>
    public void CompletesWith<TEvent>(string by) where TEvent : class, IEvent => Add<TEvent>(by, FlowRole.Completes);

    /// <summary>An event with which everything is undone.</summary>
    /// <param name="by">The service that publishes it.</param>
    public void EndsUndoneWith<TEvent>(string by) where TEvent : class, IEvent => Add<TEvent>(by, FlowRole.EndsUndone);

    /// <summary>Says what has to happen after an event.</summary>
    public FlowRuleBuilder After<TEvent>() where TEvent : class, IEvent
    {
        var rule = new FlowRuleBuilder(this, typeof(TEvent));
        _rules.Add(rule);
        return rule;
    }

    /// <summary>Gives a service's subscription to an event a name, instead of the one queue of all its events.</summary>
    /// <param name="name">The subscription's name within the system.</param>
    /// <param name="of">The service that consumes it; null for people and programs that pull.</param>
    public void Subscription<TEvent>(string name, string? of = null) where TEvent : class, IEvent => _subscriptions.Add((typeof(TEvent), name, of));

    /// <returns>The wire name.</returns>
    internal string Mention(Type type)
    {
        _mentioned.Add(type);
        return new FlowEvent { Type = type, By = "", Role = FlowRole.Happens }.Name;
    }

    internal void AddRaised(Type type)
    {
        // Its publisher is the owner, who is known when all events are.
        if (_events.All(e => e.Event.Type != type))
        {
            _events.Add(new FlowEventBuilder(this, new FlowEvent { Type = type, By = "", Role = FlowRole.Raised, NothingToUndo = "it only says that time is up" }));
        }
    }

    internal FlowPlan Build(string name)
    {
        var owner = _events.FirstOrDefault(e => e.Event.Role == FlowRole.Starts)?.Event.By ?? "";
        ImmutableArray<FlowEvent> events = [.. _events.Select(e => e.Event.Role == FlowRole.Raised ? e.Event with { By = owner } : e.Event)];
        return new FlowPlan(
            name, events, [.. _rules.Select(r => r.Build())],
            [.. _subscriptions.Select(s => new FlowSubscription(EventOf(events, s.Event), s.Name, s.Of))])
        {
            Mentioned = [.. _mentioned.Union(events.Select(e => e.Type)).Union(_subscriptions.Select(s => s.Event))],
        };
    }

    private static FlowEvent EventOf(ImmutableArray<FlowEvent> events, Type type) =>
        events.FirstOrDefault(e => e.Type == type) ?? new FlowEvent { Type = type, By = "", Role = FlowRole.Happens };

    private FlowEventBuilder Add<TEvent>(string by, FlowRole role)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(by);
        var builder = new FlowEventBuilder(this, new FlowEvent { Type = typeof(TEvent), By = by, Role = role });
        _events.Add(builder);
        return builder;
    }
}

/// <summary>Says how an event of a flow is undone.</summary>
public sealed class FlowEventBuilder
{
    private readonly FlowBuilder _flow;

    internal FlowEventBuilder(FlowBuilder flow, FlowEvent @event) => (_flow, Event) = (flow, @event);

    internal FlowEvent Event { get; private set; }

    /// <summary>The event that makes its publisher undo it, or that tells that it is undone. Several may be named: any of them does.</summary>
    public FlowEventBuilder UndoneBy<TEvent>() where TEvent : class, IEvent
    {
        Event = Event with { UndoneBy = Event.UndoneBy.Add(_flow.Mention(typeof(TEvent))) };
        return this;
    }

    /// <summary>It changes nothing that would have to be undone.</summary>
    /// <param name="why">The reason, for readers and the drawing.</param>
    public void NothingToUndo(string why) => Event = Event with { NothingToUndo = why };
}

/// <summary>Says what is expected after an event.</summary>
public sealed class FlowRuleBuilder
{
    private readonly FlowBuilder _flow;
    private readonly string _after;
    private ImmutableArray<string> _expected = [];
    private TimeSpan? _within;
    private string? _raised;
    private Func<string, IEvent>? _raise;

    internal FlowRuleBuilder(FlowBuilder flow, Type after) => (_flow, _after) = (flow, flow.Mention(after));

    /// <summary>The event that has to follow: its publisher has to handle the one before.</summary>
    public FlowRuleBuilder Expect<TEvent>() where TEvent : class, IEvent
    {
        _expected = _expected.Add(_flow.Mention(typeof(TEvent)));
        return this;
    }

    /// <summary>Another event that may come instead, for whatever reason.</summary>
    public FlowRuleBuilder Or<TEvent>() where TEvent : class, IEvent => Expect<TEvent>();

    /// <summary>How long the owner waits for it before the flow counts as stuck, or before the event of <see cref="ElseRaise"/> is raised.</summary>
    public FlowRuleBuilder Within(TimeSpan time)
    {
        _within = time;
        return this;
    }

    /// <summary>When it is overdue the owner publishes an event, from the flow's id, that the participants can react to.</summary>
    public void ElseRaise<TEvent>(Func<string, TEvent> raise) where TEvent : class, IEvent
    {
        ArgumentNullException.ThrowIfNull(raise);
        (_raised, _raise) = (_flow.Mention(typeof(TEvent)), raise);
        _flow.AddRaised(typeof(TEvent));
    }

    internal FlowRule Build() => new(_after, _expected, _within, _raised, _raise);
}
