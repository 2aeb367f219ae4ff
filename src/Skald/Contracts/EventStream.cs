namespace Skald;

/// <summary>An aggregate as it is after its last event: load it, decide, append what follows.</summary>
/// <typeparam name="TState">The aggregate's state: an immutable record.</typeparam>
/// <param name="Id">The aggregate's own id, without its kind.</param>
/// <param name="Version">How many events it has; 0 for one that does not exist yet.</param>
/// <param name="State">The fold of its events; null when there is none yet.</param>
public sealed record EventStream<TState>(string Id, long Version, TState? State) where TState : class
{
    /// <summary>Whether it has any event.</summary>
    public bool Exists => Version > 0;
}

/// <summary>Where an event stands among all events of a service. Positions only grow; numbers may be missing between two.</summary>
/// <param name="Transaction">The order of the transaction that wrote it; 0 where one writer alone makes the order.</param>
/// <param name="Number">Its place within that order.</param>
public readonly record struct EventPosition(long Transaction, long Number) : IComparable<EventPosition>
{
    /// <summary>Before the first event.</summary>
    public static readonly EventPosition Start;

    /// <inheritdoc/>
    public int CompareTo(EventPosition other) =>
        Transaction == other.Transaction ? Number.CompareTo(other.Number) : Transaction.CompareTo(other.Transaction);

    /// <summary>Whether one comes before the other.</summary>
    public static bool operator <(EventPosition left, EventPosition right) => left.CompareTo(right) < 0;

    /// <summary>Whether one comes after the other.</summary>
    public static bool operator >(EventPosition left, EventPosition right) => left.CompareTo(right) > 0;

    /// <summary>Whether one comes before the other, or is the same.</summary>
    public static bool operator <=(EventPosition left, EventPosition right) => left.CompareTo(right) <= 0;

    /// <summary>Whether one comes after the other, or is the same.</summary>
    public static bool operator >=(EventPosition left, EventPosition right) => left.CompareTo(right) >= 0;

    /// <summary>As people see it.</summary>
    public override string ToString() => Transaction == 0 ? $"{Number}" : $"{Transaction}/{Number}";
}

/// <summary>The stream is not at the version that the caller expected: someone else appended to it. Nothing is stored.</summary>
public sealed class StreamVersionException(string stream, long expected, long actual)
    : Exception($"Stream '{stream}' is at version {actual}, not at {expected}: someone else has changed it. Load it again and decide again.")
{
    /// <summary>The stream.</summary>
    public string Stream { get; } = stream;

    /// <summary>What the caller expected.</summary>
    public long Expected { get; } = expected;

    /// <summary>What it is.</summary>
    public long Actual { get; } = actual;
}

/// <summary>The event store as a context sees it.</summary>
internal interface IEventSession
{
    ValueTask<EventStream<TState>> LoadAsync<TState>(string id, long? expectedVersion) where TState : class;

    EventStream<TState> Append<TState>(StepContext context, EventStream<TState> stream, IReadOnlyList<IEvent> events) where TState : class;
}
