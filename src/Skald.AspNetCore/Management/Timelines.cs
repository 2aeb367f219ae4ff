namespace Skald.Management;

/// <summary>A part of what happened to a saga, oldest first.</summary>
/// <param name="Items">What happened.</param>
/// <param name="Skip">How many of its transactions lie before them.</param>
/// <param name="Next">Where it goes on: the next question's <c>skip</c>. Null at the end.</param>
/// <param name="Total">How many transactions there are; known of the beginning and of the end, null in between, and of an older process.</param>
public sealed record Timeline(IReadOnlyList<TimelineItem> Items, int Skip, int? Next, long? Total);

/// <summary>Something that happened to a saga or flow.</summary>
public sealed record TimelineItem
{
    /// <summary>The service that wrote it.</summary>
    public required string Service { get; init; }

    /// <summary>When, by that service's clock.</summary>
    public required DateTimeOffset At { get; init; }

    /// <summary>The saga's or flow's version after it.</summary>
    public required long Version { get; init; }

    /// <summary>What happened, as a word: <c>started</c>, <c>sent</c>, <c>timed-out</c>, ... The names of <see cref="Decisions.JournalKind"/> with hyphens.</summary>
    public required string Kind { get; init; }

    /// <summary>To which step, or with which event; null for the whole.</summary>
    public string? Step { get; init; }

    /// <summary>What else there is to know.</summary>
    public string? Detail { get; init; }

    /// <summary>Who asked for it; null when the engine went on by itself.</summary>
    public string? Actor { get; init; }

    /// <summary>Why they asked.</summary>
    public string? Reason { get; init; }

    /// <summary>All of it in a sentence.</summary>
    public required string Says { get; init; }
}

/// <summary>The messages of a saga over all services.</summary>
/// <param name="Lanes">The services, in the order in which they come in.</param>
/// <param name="Messages">The messages, each after the one that caused it.</param>
public sealed record Exchanges(IReadOnlyList<Lane> Lanes, IReadOnlyList<Exchange> Messages)
{
    /// <summary>Whether there were more messages than are shown.</summary>
    public bool IsCut { get; init; }
}

/// <summary>A service that takes part.</summary>
/// <param name="Service">Its full name, or the short one when that is all that is known.</param>
/// <param name="Missing">Why its side is not shown; null when it is. What the saga's own service knows of it is shown all the same.</param>
public sealed record Lane(string Service, string? Missing = null);

/// <summary>A message of a saga.</summary>
public sealed record Exchange
{
    /// <summary>Its place, from 0.</summary>
    public required int Index { get; init; }

    /// <summary>The place of the message that caused it; null for the first ones.</summary>
    public int? Cause { get; init; }

    /// <summary>Who sent it; null for people and programs from outside.</summary>
    public string? From { get; init; }

    /// <summary>Who got it.</summary>
    public required string To { get; init; }

    /// <summary><c>command</c>, <c>reply</c>, <c>refusal</c>, <c>event</c>, or <c>local</c> for code of the saga's own service.</summary>
    public required string Kind { get; init; }

    /// <summary>The wire name; null where it is not known.</summary>
    public string? Message { get; init; }

    /// <summary>The step that it belongs to.</summary>
    public string? Step { get; init; }

    /// <summary>Whether it undoes the step, or answers an undo.</summary>
    public bool Undo { get; init; }

    /// <summary>The attempt.</summary>
    public int Attempt { get; init; }

    /// <summary>What came of it, as a word: <c>open</c>, <c>answered</c>, <c>refused</c>, <c>timed-out</c>, <c>late</c> or <c>unknown</c>.</summary>
    public required string Outcome { get; init; }

    /// <summary>When, by the clock of the service that wrote it down.</summary>
    public DateTimeOffset? At { get; init; }

    /// <summary>From the command to its answer, in seconds; null where that is not known.</summary>
    public double? Seconds { get; init; }

    /// <summary>What it says, in few words.</summary>
    public string? Detail { get; init; }

    /// <summary>When the one who got it did what it asks for, by that one's own clock and ledger; null when that is not known, or nothing was asked.</summary>
    public DateTimeOffset? HandledAt { get; init; }
}

/// <summary>What a service has done, or undone, for a step of a saga.</summary>
/// <param name="Service">The service.</param>
/// <param name="Step">The step.</param>
/// <param name="Undo">Whether it was the step's undo.</param>
/// <param name="Attempt">The step's attempt.</param>
/// <param name="Message">The type of the message that asked for it.</param>
/// <param name="Outcome">What became of it, as a word.</param>
/// <param name="Reply">The type of its answer; null while there is none.</param>
/// <param name="At">When, by that service's clock.</param>
public sealed record LedgerItem(string Service, string Step, bool Undo, int Attempt, string Message, string Outcome, string? Reply, DateTimeOffset At);
