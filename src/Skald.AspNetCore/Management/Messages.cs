namespace Skald.Management;

/// <summary>When a saga looks at a step again.</summary>
/// <param name="Service">Whose the saga is.</param>
/// <param name="Saga">The saga.</param>
/// <param name="Definition">Its definition.</param>
/// <param name="Step">The step; null when only that the saga is due is known.</param>
/// <param name="Reason">What for: <c>reply</c>, <c>event</c>, <c>retry</c>, <c>undo</c> or <c>undo retry</c>; null when it is not known.</param>
/// <param name="Due">When.</param>
public sealed record TimerItem(string Service, string Saga, string Definition, string? Step, string? Reason, DateTimeOffset Due);

/// <summary>What is known of a message, besides its body.</summary>
public sealed record MessageInfo
{
    /// <summary>The wire name.</summary>
    public required string Type { get; init; }

    /// <summary><c>command</c>, <c>reply</c>, <c>refusal</c> or <c>event</c>.</summary>
    public required string Kind { get; init; }

    /// <summary>Its id.</summary>
    public required string Id { get; init; }

    /// <summary>The service that sent it.</summary>
    public required string Source { get; init; }

    /// <summary>The queue it went to, or the topic it was published to.</summary>
    public required string Destination { get; init; }

    /// <summary>The saga on whose behalf it travels; null for none.</summary>
    public string? Saga { get; init; }

    /// <summary>The flow it travels in; null for none.</summary>
    public string? Flow { get; init; }

    /// <summary>The step that it belongs to; null for none.</summary>
    public string? Step { get; init; }

    /// <summary>When it was made.</summary>
    public required DateTimeOffset Time { get; init; }
}

/// <summary>A message that cannot be handled.</summary>
public sealed record DeadLetterItem
{
    /// <summary>The service that could not handle it.</summary>
    public required string Service { get; init; }

    /// <summary>Its number in that service.</summary>
    public required long Number { get; init; }

    /// <summary>What is known of it; null when it cannot be read.</summary>
    public MessageInfo? Message { get; init; }

    /// <summary>Why it is here.</summary>
    public required string Reason { get; init; }

    /// <summary>How often it was tried.</summary>
    public required int Attempts { get; init; }

    /// <summary>When it came here.</summary>
    public required DateTimeOffset At { get; init; }

    /// <summary>How long its body is.</summary>
    public required int SizeBytes { get; init; }

    /// <summary>Whether it can be put back to work.</summary>
    public bool CanReplay { get; init; }
}

/// <summary>A dead letter with all there is to it.</summary>
public sealed record DeadLetterDetail
{
    /// <summary>What a list shows of it.</summary>
    public required DeadLetterItem Letter { get; init; }

    /// <summary>Its metadata by name, without what nobody may know.</summary>
    public IReadOnlyDictionary<string, string> Headers { get; init; } = new Dictionary<string, string>();

    /// <summary>Its body; null when it is not shown.</summary>
    public string? Body { get; init; }

    /// <summary>Why the body is not shown; null when it is.</summary>
    public string? BodyHidden { get; init; }

    /// <summary>Whether the body is JSON.</summary>
    public bool IsJson { get; init; }
}

/// <summary>Dead letters whose reasons are alike.</summary>
/// <param name="Service">The service that could not handle them.</param>
/// <param name="Kind">What their reasons have in common, with <c>#</c> in the place of each number and id.</param>
/// <param name="Count">How many.</param>
/// <param name="Oldest">When the first of them came here.</param>
/// <param name="Newest">The number of the last of them.</param>
public sealed record LetterGroup(string Service, string Kind, CappedCount Count, DateTimeOffset Oldest, long Newest);

/// <summary>What is to be done with a dead letter.</summary>
public sealed record DeadLetterRequest
{
    /// <summary>Why, for the audit.</summary>
    public string? Reason { get; init; }
}

/// <summary>What came of it.</summary>
/// <param name="Service">The service that has it.</param>
/// <param name="Number">The dead letter.</param>
/// <param name="Outcome"><c>put-back</c>: it is on its way to its handler.</param>
/// <param name="Says">The same in a sentence.</param>
public sealed record DeadLetterResult(string Service, long Number, string Outcome, string Says);

/// <summary>A message that is tried again later.</summary>
public sealed record DelayedItem
{
    /// <summary>The service that has it.</summary>
    public required string Service { get; init; }

    /// <summary>The message.</summary>
    public required string Id { get; init; }

    /// <summary>What is known of it; null when it cannot be read.</summary>
    public MessageInfo? Message { get; init; }

    /// <summary>How often it was tried.</summary>
    public required int Attempts { get; init; }

    /// <summary>How often it came before its turn in a stream of events.</summary>
    public required int Waits { get; init; }

    /// <summary>When it is tried again.</summary>
    public required DateTimeOffset Due { get; init; }

    /// <summary>What went wrong last, or what it waits for.</summary>
    public required string Reason { get; init; }
}
