using Skald.Diagnostics;

namespace Skald.EventSourcing;

/// <summary>The events that one service has, by aggregate.</summary>
internal sealed class AggregateModel
{
    private readonly Dictionary<Type, AggregatePlan> _byState = [];
    private readonly Dictionary<string, AggregatePlan> _byName = [];
    private readonly string _service;

    public AggregateModel(string service, IEnumerable<Aggregate> aggregates, List<string> problems)
    {
        _service = service;
        foreach (var aggregate in aggregates)
        {
            var plan = aggregate.BuildPlan(problems);
            if (!_byName.TryAdd(plan.Name, plan) || !_byState.TryAdd(aggregate.StateType, plan))
            {
                problems.Add(ErrorCodes.AggregateTwice(service, plan.Name, aggregate.StateType));
            }
        }
    }

    public IReadOnlyCollection<AggregatePlan> Plans => _byName.Values;

    public bool Any => _byName.Count > 0;

    public AggregatePlan PlanOf(Type state) => _byState.GetValueOrDefault(state)
        ?? throw new ArgumentException($"Service '{_service}' has no aggregate with the state {state.Name}. Add it with AddAggregate<...>().", nameof(state));

    /// <exception cref="UnknownEventException">The code does not know the stream's kind.</exception>
    public (AggregatePlan Plan, string Id) Split(string stream)
    {
        var slash = stream.IndexOf('/', StringComparison.Ordinal);
        return slash > 0 && _byName.TryGetValue(stream[..slash], out var plan)
            ? (plan, stream[(slash + 1)..])
            : throw new UnknownEventException($"Service '{_service}' has no aggregate for the stream '{stream}'. Add it with AddAggregate<...>().");
    }
}
