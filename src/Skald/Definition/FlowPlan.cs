using System.Collections.Immutable;
using System.Reflection;

namespace Skald.Definition;

/// <summary>A declared choreography as data: which event leads to which, within what time, and what undoes it.</summary>
/// <param name="Name">The flow's stable name.</param>
/// <param name="Events">Its events, in the order in which they were declared.</param>
/// <param name="Rules">What is expected after what.</param>
/// <param name="Subscriptions">Subscriptions that have names of their own.</param>
public sealed record FlowPlan(
    string Name, ImmutableArray<FlowEvent> Events, ImmutableArray<FlowRule> Rules, ImmutableArray<FlowSubscription> Subscriptions)
{
    private readonly Dictionary<string, FlowEvent> _byName = Events.DistinctBy(e => e.Name).ToDictionary(e => e.Name);

    /// <summary>Every type that the declaration names, declared or not: two of them may claim one wire name.</summary>
    internal ImmutableArray<Type> Mentioned { get; init; } = [];

    /// <summary>The event that starts it; null in a plan that makes no sense.</summary>
    public FlowEvent? Start { get; } = Events.FirstOrDefault(e => e.Role == FlowRole.Starts);

    /// <summary>The service that starts it; it keeps the record of every instance. Empty in a plan that makes no sense.</summary>
    public string Owner => Start?.By ?? "";

    /// <summary>An event by its wire name; null when it is not the flow's.</summary>
    public FlowEvent? Find(string name) => _byName.GetValueOrDefault(name);

    /// <summary>The services that have to handle an event, because the next step or an undo is theirs.</summary>
    public IEnumerable<string> Listeners(FlowEvent @event)
    {
        ArgumentNullException.ThrowIfNull(@event);
        var next = Rules.Where(r => r.After == @event.Name).Select(r => Find(r.Expected.FirstOrDefault() ?? "")?.By);
        var undo = Events.Where(e => e.UndoneBy.Contains(@event.Name)).Select(e => e.By);
        return next.Concat(undo).OfType<string>().Where(by => by != @event.By).Distinct();
    }
}

/// <summary>What an event means to its flow.</summary>
public enum FlowRole
{
    /// <summary>It starts the flow.</summary>
    Starts,

    /// <summary>It happens on the way.</summary>
    Happens,

    /// <summary>The owner raises it when another one is overdue.</summary>
    Raised,

    /// <summary>With it the flow has ended well.</summary>
    Completes,

    /// <summary>With it everything is undone.</summary>
    EndsUndone,
}

/// <summary>One event of a flow.</summary>
public sealed record FlowEvent
{
    /// <summary>The C# type.</summary>
    public required Type Type { get; init; }

    /// <summary>The wire name.</summary>
    public string Name => field ??= Type.GetCustomAttribute<EventAttribute>(inherit: false)?.Name ?? Type.Name;

    /// <summary>The service that publishes it: a short name within the system, or a full one.</summary>
    public required string By { get; init; }

    /// <summary>What it means to the flow.</summary>
    public required FlowRole Role { get; init; }

    /// <summary>The events that undo what it tells of.</summary>
    public ImmutableArray<string> UndoneBy { get; init; } = [];

    /// <summary>Why there is nothing to undo; null when there is.</summary>
    public string? NothingToUndo { get; init; }
}

/// <summary>After an event, one of others is expected.</summary>
/// <param name="After">The event's wire name.</param>
/// <param name="Expected">Any of these answers it; the first is the answer of the service whose turn it is.</param>
/// <param name="Within">From the owner's sight of the first event; null for however long it takes.</param>
/// <param name="Raised">The event that is raised when it is overdue; null when the flow is stuck then.</param>
/// <param name="Raise">Makes that event from the flow's id.</param>
public sealed record FlowRule(string After, ImmutableArray<string> Expected, TimeSpan? Within, string? Raised, Func<string, IEvent>? Raise);

/// <summary>A subscription with a name of its own.</summary>
/// <param name="Event">The event.</param>
/// <param name="Name">The subscription's name within the system.</param>
/// <param name="Of">The service that consumes it; null for people and programs that pull.</param>
public sealed record FlowSubscription(FlowEvent Event, string Name, string? Of);
