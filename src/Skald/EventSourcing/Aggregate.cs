using Skald.EventSourcing;

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
