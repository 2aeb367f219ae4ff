using Skald.Diagnostics;
using Skald.EventSourcing;

namespace Skald;

/// <summary>Collects what an aggregate is made of.</summary>
/// <typeparam name="TState">Its state.</typeparam>
public sealed class AggregateBuilder<TState> where TState : class
{
    private readonly List<EventRule> _events = [];
    private readonly List<Upcaster> _upcasters = [];
    private int? _snapshotEvery;
    private int _snapshotShape;

    internal AggregateBuilder()
    {
    }

    /// <summary>An event with which an aggregate begins.</summary>
    public AggregateBuilder<TState> Begins<TEvent>(Func<TEvent, TState> evolve) where TEvent : class, IEvent
    {
        ArgumentNullException.ThrowIfNull(evolve);
        _events.Add(new EventRule(typeof(TEvent), Begins: true, (_, e) => evolve((TEvent)e)));
        return this;
    }

    /// <summary>An event that happens to an aggregate that has begun.</summary>
    public AggregateBuilder<TState> On<TEvent>(Func<TState, TEvent, TState> evolve) where TEvent : class, IEvent
    {
        ArgumentNullException.ThrowIfNull(evolve);
        // Only called for aggregates that have begun.
        _events.Add(new EventRule(typeof(TEvent), Begins: false, (state, e) => evolve((TState)state!, (TEvent)e)));
        return this;
    }

    /// <summary>An event that was stored under another name, or with other fields: it is read as the new one from now on.</summary>
    /// <typeparam name="TOld">The event as it was, with its old name in <c>[Event("...")]</c>.</typeparam>
    /// <typeparam name="TNew">What it is today; may be an old event of another upcaster.</typeparam>
    public AggregateBuilder<TState> Upcast<TOld, TNew>(Func<TOld, TNew> upcast)
        where TOld : class, IEvent where TNew : class, IEvent
    {
        ArgumentNullException.ThrowIfNull(upcast);
        _upcasters.Add(new Upcaster(typeof(TOld), null, typeof(TNew), old => upcast((TOld)old)));
        return this;
    }

    /// <summary>An event that was stored under another name, with the same fields.</summary>
    /// <param name="oldName">The wire name it had.</param>
    public AggregateBuilder<TState> Renamed<TEvent>(string oldName) where TEvent : class, IEvent
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(oldName);
        _upcasters.Add(new Upcaster(typeof(TEvent), oldName, typeof(TEvent), same => same));
        return this;
    }

    /// <summary>Keeps the state beside the stream now and then, so that a long stream is not read from its beginning.</summary>
    /// <param name="events">After how many events: 10 to 1,000,000.</param>
    /// <param name="shape">Raise it when the fold computes something else from the same events: older snapshots are not read then.
    /// A state with other properties is recognised without it.</param>
    public AggregateBuilder<TState> SnapshotEvery(int events, int shape = 1)
    {
        (_snapshotEvery, _snapshotShape) = (events, shape);
        return this;
    }

    internal AggregatePlan Build(string name, List<string> problems)
    {
        if (string.IsNullOrEmpty(name) || name.Length > 100 || name.Any(c => c is not ((>= 'a' and <= 'z') or (>= '0' and <= '9') or '-' or '_' or '.')))
        {
            problems.Add(ErrorCodes.AggregateName(GetType().GenericTypeArguments[0], name));
        }

        if (!_events.Any(e => e.Begins))
        {
            problems.Add(ErrorCodes.AggregateNeverBegins(name));
        }

        if (_snapshotEvery is < 10 or > 1_000_000)
        {
            problems.Add(ErrorCodes.SnapshotsTooOften(name, _snapshotEvery.Value));
        }

        var rules = new Dictionary<Type, EventRule>();
        foreach (var rule in _events)
        {
            if (!rules.TryAdd(rule.Type, rule))
            {
                problems.Add(ErrorCodes.EventTwice(name, rule.Type));
            }
        }

        return new AggregatePlan(name, typeof(TState), rules, _upcasters, _snapshotEvery, _snapshotEvery is null ? null : $"{_snapshotShape}:{StateShape.Of(typeof(TState))}", problems);
    }
}
