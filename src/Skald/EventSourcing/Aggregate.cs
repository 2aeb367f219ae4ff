using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Skald.Diagnostics;
using Skald.EventSourcing;
using Skald.Messaging;

namespace Skald;

/// <summary>Base of aggregate definitions. Use <see cref="Aggregate{TState}"/>.</summary>
public abstract class Aggregate
{
    private protected Aggregate()
    {
    }

    /// <summary>The aggregate's stable name, the first part of its streams' names: the class name in kebab case without <c>Aggregate</c>, unless overridden.</summary>
    public virtual string Name => DefaultName(GetType().Name);

    internal abstract Type StateType { get; }

    internal abstract AggregatePlan BuildPlan(List<string> problems);

    private static string DefaultName(string typeName)
    {
        var name = typeName.EndsWith("Aggregate", StringComparison.Ordinal) ? typeName[..^9] : typeName;
        return string.Concat(name.Select((c, i) => char.IsUpper(c) ? (i == 0 ? "" : "-") + char.ToLowerInvariant(c) : c.ToString()));
    }
}

/// <summary>
/// Says how an aggregate follows from its events: a pure fold, without clock, chance or database. Commands are plain functions
/// from a state to the events that follow.
/// </summary>
/// <typeparam name="TState">An immutable record.</typeparam>
public abstract class Aggregate<TState> : Aggregate where TState : class
{
    private readonly Lazy<AggregatePlan> _plan;

    /// <summary>An aggregate definition; the container makes one.</summary>
    protected Aggregate() => _plan = new Lazy<AggregatePlan>(() =>
    {
        var problems = new List<string>();
        var plan = BuildPlan(problems);
        return problems.Count == 0 ? plan : throw new SagaDefinitionException(problems);
    });

    /// <summary>Says which events there are and what each changes. Called once.</summary>
    protected abstract void Define(AggregateBuilder<TState> aggregate);

    /// <summary>The state after one more event. Same arguments, same answer.</summary>
    /// <exception cref="SagaDefinitionException">The definition makes no sense; lists every problem.</exception>
    /// <exception cref="InvalidOperationException">The event cannot follow this state.</exception>
    public TState Evolve(TState? state, IEvent @event) => (TState)_plan.Value.Evolve(state, @event);

    /// <summary>The state after a whole history; null when there is none.</summary>
    public TState? Fold(IEnumerable<IEvent> history) => (history ?? throw new ArgumentNullException(nameof(history))).Aggregate((TState?)null, Evolve);

    internal override Type StateType => typeof(TState);

    internal override AggregatePlan BuildPlan(List<string> problems)
    {
        var builder = new AggregateBuilder<TState>();
        Define(builder);
        return builder.Build(Name, problems);
    }
}

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
    /// <param name="events">After how many events; 10 or more.</param>
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

        if (_snapshotEvery is < 10)
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
