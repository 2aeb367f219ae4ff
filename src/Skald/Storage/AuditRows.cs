namespace Skald.Storage;

/// <summary>What somebody did to something, kept for good: nothing changes or removes it.</summary>
/// <param name="Number">The row; given by the store, each larger than those before.</param>
/// <param name="At">When, in Unix milliseconds.</param>
/// <param name="Actor">Who; null when nobody is known.</param>
/// <param name="Act">What they did, in a word: <c>resume</c>, <c>hold</c>, ...</param>
/// <param name="Kind">What kind of thing it was done to: one of <see cref="AuditKinds"/>.</param>
/// <param name="Target">The thing.</param>
/// <param name="Reason">Why; null when it was not said.</param>
/// <param name="Before">How it was; null when that does not matter.</param>
/// <param name="After">How it is; null when that does not matter.</param>
/// <param name="Outcome">What came of it: <c>done</c>, or a sentence.</param>
public sealed record AuditRow(long Number, long At, string? Actor, string Act, string Kind, string Target, string? Reason, string? Before, string? After, string Outcome);

/// <summary>What acts are done to.</summary>
public static class AuditKinds
{
    /// <summary>A saga, by its id.</summary>
    public const string Saga = "saga";

    /// <summary>A dead letter, by its number.</summary>
    public const string DeadLetter = "dead-letter";

    /// <summary>A job, by its id.</summary>
    public const string Job = "job";

    /// <summary>A projection, by its name.</summary>
    public const string Projection = "projection";
}

/// <summary>Which acts are meant. Whatever is null does not matter. What only several of them tell apart costs what one of them finds.</summary>
public sealed record AuditFilter
{
    /// <summary>Who did them.</summary>
    public string? Actor { get; init; }

    /// <summary>What was done.</summary>
    public string? Act { get; init; }

    /// <summary>To what kind of thing.</summary>
    public string? Kind { get; init; }

    /// <summary>To which thing.</summary>
    public string? Target { get; init; }
}
