namespace Skald;

/// <summary>A flow as its owner knows it at one moment.</summary>
/// <param name="Id">The id that its events carry.</param>
/// <param name="Flow">The declaration's name.</param>
/// <param name="Status">Where it stands.</param>
/// <param name="Reason">Where it is stuck; null when it is not.</param>
/// <param name="Events">The events seen, in the order in which they came.</param>
/// <param name="Waits">What is expected next.</param>
/// <param name="StartedAt">When it was started.</param>
/// <param name="UpdatedAt">When it last changed.</param>
public sealed record FlowSnapshot(
    string Id, string Flow, FlowStatus Status, string? Reason, IReadOnlyList<FlowEventSeen> Events, IReadOnlyList<FlowExpectation> Waits,
    DateTimeOffset StartedAt, DateTimeOffset UpdatedAt)
{
    /// <summary>Where a list of flows goes on after it: see <see cref="FlowQuery.Cursor"/>.</summary>
    public string Cursor { get; init; } = "";
}

/// <summary>An event of a flow that its owner has seen.</summary>
/// <param name="Event">The wire name.</param>
/// <param name="By">The service that published it.</param>
/// <param name="At">When the owner saw it.</param>
public sealed record FlowEventSeen(string Event, string By, DateTimeOffset At);

/// <summary>What a flow waits for.</summary>
/// <param name="After">The event after which it is expected.</param>
/// <param name="Expected">The events, any of which may come, each with the service that has to publish it.</param>
/// <param name="Since">Since when.</param>
/// <param name="Due">Until when; null for however long it takes.</param>
public sealed record FlowExpectation(string After, IReadOnlyList<FlowExpectedEvent> Expected, DateTimeOffset Since, DateTimeOffset? Due);

/// <summary>An event that a flow waits for.</summary>
/// <param name="Event">The wire name.</param>
/// <param name="By">The service that has to publish it, within the system.</param>
public sealed record FlowExpectedEvent(string Event, string By);
