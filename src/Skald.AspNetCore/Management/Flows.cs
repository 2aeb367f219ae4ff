namespace Skald.Management;

/// <summary>A flow in a list.</summary>
public sealed record FlowItem
{
    /// <summary>The service that owns it.</summary>
    public required string Service { get; init; }

    /// <summary>The id that its events carry.</summary>
    public required string Id { get; init; }

    /// <summary>The declaration's name.</summary>
    public required string Flow { get; init; }

    /// <summary><c>running</c>, <c>stuck</c>, <c>completed</c> or <c>undone</c>.</summary>
    public required string Status { get; init; }

    /// <summary>Why it stands there, in one sentence: which event it waits for, from whom, until when; or how it ended.</summary>
    public required string Why { get; init; }

    /// <summary>The wire name of the event that was seen last; null before the first.</summary>
    public string? Last { get; init; }

    /// <summary>When it was started.</summary>
    public required DateTimeOffset StartedAt { get; init; }

    /// <summary>When it last changed.</summary>
    public required DateTimeOffset UpdatedAt { get; init; }

    /// <summary>When the event that it waits for is overdue; null for never.</summary>
    public DateTimeOffset? NextAt { get; init; }

    /// <summary>Where a list goes on after it.</summary>
    public required string Cursor { get; init; }
}

/// <summary>All there is to know about one flow.</summary>
public sealed record FlowDetail
{
    /// <summary>What a list shows of it.</summary>
    public required FlowItem Flow { get; init; }

    /// <summary>The events of its declaration, in order, and whether each was seen.</summary>
    public IReadOnlyList<FlowEventInfo> Events { get; init; } = [];

    /// <summary>What it waits for.</summary>
    public IReadOnlyList<FlowWaitInfo> Waits { get; init; } = [];

    /// <summary>What the services that take part published and received, as far as they answer; oldest first.</summary>
    public IReadOnlyList<TimelineItem> Timeline { get; init; } = [];

    /// <summary>The services that take part and did not answer.</summary>
    public IReadOnlyList<MissingService> Missing { get; init; } = [];
}

/// <summary>An event of a flow.</summary>
/// <param name="Event">The wire name.</param>
/// <param name="By">The service that publishes it.</param>
/// <param name="Role"><c>starts</c>, <c>happens</c>, <c>raised</c>, <c>completes</c> or <c>ends-undone</c>.</param>
/// <param name="At">When its owner saw it; null when it did not.</param>
public sealed record FlowEventInfo(string Event, string By, string Role, DateTimeOffset? At);

/// <summary>Events that a flow waits for.</summary>
/// <param name="After">The event after which they are expected.</param>
/// <param name="Expected">The events, any of which may come, each with the service that publishes it.</param>
/// <param name="Since">Since when.</param>
/// <param name="Due">Until when; null for however long it takes.</param>
public sealed record FlowWaitInfo(string After, IReadOnlyList<FlowEventInfo> Expected, DateTimeOffset Since, DateTimeOffset? Due);
