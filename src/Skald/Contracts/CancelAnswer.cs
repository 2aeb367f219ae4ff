namespace Skald;

/// <summary>What became of the wish that a saga turns back.</summary>
public enum CancelOutcome
{
    /// <summary>It turns back: what was done is undone, as soon as what is open has been answered or given up.</summary>
    TurnsBack,

    /// <summary>It had turned back before.</summary>
    TurnsBackAlready,

    /// <summary>It has ended.</summary>
    Ended,

    /// <summary>It goes on: its point of no return is done or under way, or its definition forbids it.</summary>
    Refused,
}

/// <summary>The answer to the wish that a saga turns back.</summary>
/// <param name="Outcome">What became of it.</param>
/// <param name="Reason">Why, in a sentence; null where it turns back.</param>
public sealed record CancelAnswer(CancelOutcome Outcome, string? Reason = null);
