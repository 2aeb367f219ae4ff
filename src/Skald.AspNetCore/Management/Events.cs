using System.Text.Json;

namespace Skald.Management;

/// <summary>A part of an aggregate's history, oldest first.</summary>
/// <param name="Service">Whose it is.</param>
/// <param name="Aggregate">The kind of aggregate.</param>
/// <param name="Id">The aggregate.</param>
/// <param name="Events">What happened to it.</param>
/// <param name="Next">Where it goes on: the next question's <c>after</c>. Null at the end.</param>
public sealed record StreamHistory(string Service, string Aggregate, string Id, IReadOnlyList<StreamEvent> Events, long? Next);

/// <summary>An event of an aggregate.</summary>
public sealed record StreamEvent
{
    /// <summary>Its place in the aggregate's history, from 1.</summary>
    public required long Version { get; init; }

    /// <summary>Its place among all events of the service.</summary>
    public required string Position { get; init; }

    /// <summary>The wire name that it was stored under.</summary>
    public required string Type { get; init; }

    /// <summary>The event as today's code knows it; null when it is not shown.</summary>
    public JsonElement? Body { get; init; }

    /// <summary>Why it is not shown; null when it is.</summary>
    public string? BodyHidden { get; init; }

    /// <summary>When it was appended.</summary>
    public required DateTimeOffset At { get; init; }

    /// <summary>The saga or flow that it belongs to, or else the message or request that caused it.</summary>
    public string? Correlation { get; init; }

    /// <summary>The message or request that caused it.</summary>
    public string? Causation { get; init; }

    /// <summary>Who asked for it, where that was said.</summary>
    public string? Actor { get; init; }
}

/// <summary>How a projection stands.</summary>
public sealed record ProjectionItem
{
    /// <summary>Whose it is.</summary>
    public required string Service { get; init; }

    /// <summary>Its name.</summary>
    public required string Name { get; init; }

    /// <summary>Its database, for people; no secrets.</summary>
    public required string Store { get; init; }

    /// <summary><c>starting</c>, <c>catching-up</c>, <c>current</c>, <c>stopped</c> or <c>unreachable</c>.</summary>
    public required string State { get; init; }

    /// <summary>The last event that its rows contain.</summary>
    public required string Position { get; init; }

    /// <summary>How many events they do not contain yet.</summary>
    public required CappedCount LagEvents { get; init; }

    /// <summary>The age of the oldest of those, in seconds.</summary>
    public required double LagSeconds { get; init; }

    /// <summary>Why it stands still; null when it does not.</summary>
    public string? Problem { get; init; }

    /// <summary>The event at which it stands still, for skipping it; null when it does not.</summary>
    public string? StopsAt { get; init; }

    /// <summary>How often that event was tried.</summary>
    public int Attempts { get; init; }

    /// <summary>When it is tried again; null when it is not.</summary>
    public DateTimeOffset? RetryAt { get; init; }

    /// <summary>The last time that this process has built it anew; null when it has not.</summary>
    public RebuildInfo? Rebuild { get; init; }

    /// <summary>How it stands, in one sentence.</summary>
    public required string Why { get; init; }
}

/// <summary>How far a projection is built anew.</summary>
/// <param name="State"><c>running</c>, <c>switched</c>, <c>kept</c> (the old rows are still the live ones) or <c>failed</c>.</param>
/// <param name="Done">How many events are projected.</param>
/// <param name="Total">How many there were when it began.</param>
/// <param name="Seconds">Since it began, or how long it took.</param>
/// <param name="Problem">Why it failed; null when it did not.</param>
public sealed record RebuildInfo(string State, long Done, long Total, double Seconds, string? Problem = null);

/// <summary>Which event a projection is to leave out.</summary>
public sealed record ProjectionSkip
{
    /// <summary>The event, as <see cref="ProjectionItem.StopsAt"/> said.</summary>
    public string? Position { get; init; }

    /// <summary>Why the rows are right without it.</summary>
    public string? Reason { get; init; }
}
