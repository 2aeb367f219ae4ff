namespace Skald.Storage;

/// <summary>One act that is done to all sagas that match, a saga after the other. Times are Unix milliseconds.</summary>
public sealed record JobRow
{
    /// <summary>The job.</summary>
    public required Guid Id { get; init; }

    /// <summary>1 for a new job; one more with each change. Writing version 1 inserts; any other replaces the version before it, and nothing else.</summary>
    public required long Version { get; init; }

    /// <summary>What is done, as JSON. Never changes.</summary>
    public required string Act { get; init; }

    /// <summary>To which sagas, as JSON. Never changes.</summary>
    public required string Query { get; init; }

    /// <summary>Who began it; null when nobody is known. Never changes.</summary>
    public string? Actor { get; init; }

    /// <summary>Why; null when it was not said. Never changes.</summary>
    public string? Reason { get; init; }

    /// <summary>How many sagas a second. Never changes.</summary>
    public required double Rate { get; init; }

    /// <summary>Where it stands, as a number. Stores do not interpret it.</summary>
    public JobState State { get; init; }

    /// <summary>The last saga that it came to; null when it has come to none.</summary>
    public string? Cursor { get; init; }

    /// <summary>How many sagas matched when it began, counted up to a cap. Never changes.</summary>
    public long Matched { get; init; }

    /// <summary>Of how many it was done.</summary>
    public long Done { get; init; }

    /// <summary>How many did not allow it.</summary>
    public long Refused { get; init; }

    /// <summary>Of how many it failed.</summary>
    public long Failed { get; init; }

    /// <summary>When it was begun. Never changes.</summary>
    public required long CreatedAt { get; init; }

    /// <summary>When it ended; null while it has not.</summary>
    public long? EndedAt { get; init; }
}

/// <summary>What a job's act came to with one saga.</summary>
/// <param name="Job">The job.</param>
/// <param name="Number">Its place among the job's, from 1 on.</param>
/// <param name="Target">The saga.</param>
/// <param name="Outcome">What came of it, as a number. Stores do not interpret it.</param>
/// <param name="Detail">Why it was not done; null when it was.</param>
/// <param name="At">When, in Unix milliseconds.</param>
public sealed record JobItemRow(Guid Job, long Number, Guid Target, JobItemOutcome Outcome, string? Detail, long At);
