using System.Text.Json;
using Skald.Diagnostics;
using Skald.Messaging;
using Skald.Storage;

namespace Skald.EventSourcing;

/// <summary>What one event changes.</summary>
internal sealed record EventRule(Type Type, bool Begins, Func<object?, IEvent, object> Evolve);

/// <summary>Reads an event of the past as one of today.</summary>
/// <param name="Old">The type its body is read as.</param>
/// <param name="OldName">Its wire name; null when the type says it.</param>
/// <param name="New">What it becomes.</param>
/// <param name="Upcast">Makes it.</param>
internal sealed record Upcaster(Type Old, string? OldName, Type New, Func<IEvent, IEvent> Upcast);

/// <summary>A checked aggregate definition. Immutable.</summary>
internal sealed class AggregatePlan
{
    private readonly Dictionary<Type, EventRule> _rules;
    private readonly Dictionary<string, Reading> _readings = [];

    public AggregatePlan(string name, Type state, Dictionary<Type, EventRule> rules, List<Upcaster> upcasters, int? snapshotEvery, string? shape, List<string> problems)
    {
        (Name, StateType, _rules, SnapshotEvery, Shape) = (name, state, rules, snapshotEvery, shape);
        foreach (var rule in rules.Values)
        {
            if (MessageCatalog.TryOf(rule.Type, problems) is { } contract)
            {
                Add(contract.Name, new Reading(rule.Type, null), problems);
            }
        }

        foreach (var upcaster in upcasters)
        {
            if ((upcaster.OldName ?? MessageCatalog.TryOf(upcaster.Old, problems)?.Name) is not { } oldName)
            {
                continue;
            }

            var chain = Chain(upcaster, upcasters);
            if (chain is null || !rules.ContainsKey(chain[^1].New))
            {
                problems.Add(ErrorCodes.UpcastLeadsNowhere(name, oldName, upcaster.New));
                continue;
            }

            Add(oldName, new Reading(upcaster.Old, old => chain.Aggregate(old, (e, step) => step.Upcast(e))), problems);
        }
    }

    public string Name { get; }

    /// <summary>The type by which events of a name are read; none when there is no such event.</summary>
    public IEnumerable<Type> TypesNamed(string name) => _readings.TryGetValue(name, out var reading) ? [reading.Type] : [];

    public Type StateType { get; }

    public int? SnapshotEvery { get; }

    public string? Shape { get; }

    /// <summary>The events of today.</summary>
    public IEnumerable<Type> EventTypes => _rules.Keys;

    /// <summary>The wire names under which its events are stored, old ones included, and the types as which they are read.</summary>
    public IEnumerable<(string Name, Type Type)> Readings => _readings.Select(r => (r.Key, r.Value.Type));

    public string Stream(string id) => $"{Name}/{id}";

    public object Evolve(object? state, IEvent @event)
    {
        ArgumentNullException.ThrowIfNull(@event);
        if (!_rules.TryGetValue(@event.GetType(), out var rule))
        {
            throw new InvalidOperationException($"Aggregate '{Name}' has no event {@event.GetType().Name}. Add it with Begins or On.");
        }

        if (rule.Begins != state is null)
        {
            throw new InvalidOperationException(rule.Begins
                ? $"{@event.GetType().Name} begins aggregate '{Name}', and this one has begun already."
                : $"{@event.GetType().Name} happens to aggregate '{Name}' that has begun; this one does not exist.");
        }

        return rule.Evolve(state, @event) ?? throw new InvalidOperationException($"Aggregate '{Name}' has no state after {@event.GetType().Name}: its fold returned null.");
    }

    /// <exception cref="UnknownEventException">The code does not know such an event, or cannot read it.</exception>
    public IEvent Read(string type, ReadOnlySpan<byte> body, MessageSerializer serializer)
    {
        if (!_readings.TryGetValue(type, out var reading))
        {
            throw new UnknownEventException($"Aggregate '{Name}' has no event named '{type}'. Add it with Begins or On, or say what became of it with Upcast or Renamed.");
        }

        try
        {
            var stored = (IEvent)serializer.Read(body, reading.Type);
            return reading.Upcast is null ? stored : reading.Upcast(stored);
        }
        catch (JsonException exception)
        {
            throw new UnknownEventException($"An event '{type}' of aggregate '{Name}' cannot be read as {reading.Type.Name}: {exception.Message}", exception);
        }
    }

    /// <exception cref="UnknownEventException">It cannot be read.</exception>
    public object ReadSnapshot(SnapshotRow row, MessageSerializer serializer)
    {
        try
        {
            return serializer.Read(row.State.Span, StateType);
        }
        catch (JsonException exception)
        {
            throw new UnknownEventException(
                $"The snapshot of '{row.Stream}' at version {row.Version} cannot be read as {StateType.Name}: {exception.Message} Raise the shape in SnapshotEvery(events, shape).", exception);
        }
    }

    private void Add(string name, Reading reading, List<string> problems)
    {
        if (!_readings.TryAdd(name, reading))
        {
            problems.Add(ErrorCodes.EventNameTaken(Name, name, _readings[name].Type, reading.Type));
        }
    }

    /// <summary>The upcasters from one on; null when they run in a circle.</summary>
    private static List<Upcaster>? Chain(Upcaster first, List<Upcaster> all)
    {
        var chain = new List<Upcaster> { first };
        while (all.Find(u => u.OldName is null && u.Old == chain[^1].New) is { } next)
        {
            if (chain.Contains(next))
            {
                return null;
            }

            chain.Add(next);
        }

        return chain;
    }

    private sealed record Reading(Type Type, Func<IEvent, IEvent>? Upcast);
}
