namespace Skald.Storage;

/// <summary>An event as stored. Times are Unix milliseconds, UTC.</summary>
/// <param name="Stream">The stream: the aggregate's kind, a slash, its id.</param>
/// <param name="Version">1 for a stream's first event; one more with each.</param>
/// <param name="Type">The wire name.</param>
/// <param name="Body">UTF-8 JSON.</param>
/// <param name="At">When it was appended.</param>
/// <param name="Correlation">The saga or flow it belongs to, or else the message or request that caused it.</param>
/// <param name="Causation">The message or request that caused it.</param>
/// <param name="Actor">Who asked for it.</param>
public sealed record EventRow(
    string Stream, long Version, string Type, ReadOnlyMemory<byte> Body, long At, Guid? Correlation, Guid? Causation, string? Actor);

/// <summary>An event with its place among all.</summary>
/// <param name="Position">Its place.</param>
/// <param name="Event">The event.</param>
public readonly record struct StoredEvent(EventPosition Position, EventRow Event);

/// <summary>A stream's state at a version, kept so that a long stream need not be folded from its beginning.</summary>
/// <param name="Stream">The stream.</param>
/// <param name="Version">The last event it contains.</param>
/// <param name="Shape">What the state looked like to the code that wrote it; other code does not read it.</param>
/// <param name="State">UTF-8 JSON.</param>
public sealed record SnapshotRow(string Stream, long Version, string Shape, ReadOnlyMemory<byte> State);

/// <summary>What is needed to fold a stream.</summary>
/// <param name="Snapshot">Of the shape that was asked for; null when there is none.</param>
/// <param name="Events">Every event after it, in order.</param>
public sealed record StreamRows(SnapshotRow? Snapshot, IReadOnlyList<EventRow> Events);

/// <summary>Events in order.</summary>
/// <param name="Events">As many as were asked for, or all there are.</param>
/// <param name="HeldBack">Whether there are more that must not be read yet, because an older transaction has not ended.</param>
public readonly record struct EventPage(IReadOnlyList<StoredEvent> Events, bool HeldBack);

/// <summary>
/// Reading of a service's events. They have one order, in which they become visible: once a reader has seen a position, no event
/// appears at or before it any more. Writing goes through units of work.
/// </summary>
public interface IEventLog
{
    /// <summary>Events after a position, oldest first.</summary>
    /// <param name="after">The last position the reader has seen.</param>
    /// <param name="limit">The most to read.</param>
    /// <param name="cancellationToken">Abandons the attempt.</param>
    ValueTask<EventPage> ReadAsync(EventPosition after, int limit, CancellationToken cancellationToken);

    /// <summary>How many events come after a position, counting at most <paramref name="limit"/>; those held back included.</summary>
    ValueTask<long> CountAsync(EventPosition after, long limit, CancellationToken cancellationToken);

    /// <summary>A stream's events after a version, oldest first.</summary>
    ValueTask<IReadOnlyList<StoredEvent>> ReadStreamAsync(string stream, long afterVersion, int limit, CancellationToken cancellationToken);

    /// <summary>A stream's snapshot of a shape; null when there is none.</summary>
    ValueTask<SnapshotRow?> FindSnapshotAsync(string stream, string shape, CancellationToken cancellationToken);

    /// <summary>A line for people about what holds events back; null when nothing is known.</summary>
    ValueTask<string?> WhyHeldBackAsync(CancellationToken cancellationToken);
}
