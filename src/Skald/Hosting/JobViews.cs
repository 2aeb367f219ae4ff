namespace Skald;

/// <summary>How a job goes, besides what it does.</summary>
public sealed record JobOptions
{
    /// <summary>The job's id, by which a repeated beginning is known; a new one unless set.</summary>
    public Guid? Id { get; init; }

    /// <summary>How many sagas it acts on in a second.</summary>
    /// <value>0.01 to 1,000; 10 unless set.</value>
    public double RatePerSecond { get; init; } = 10;

    /// <summary>Who begins it, for timelines and audit; null when nobody is known.</summary>
    public string? Actor { get; init; }

    /// <summary>Why, for timelines and audit; null when it was not said.</summary>
    public string? Reason { get; init; }
}

/// <summary>An act that is done to all sagas that match.</summary>
/// <param name="Id">The job.</param>
/// <param name="Act">What is done; null when it was begun by a newer version of the program and cannot be read.</param>
/// <param name="Query">To which sagas.</param>
/// <param name="State">Where it stands.</param>
/// <param name="RatePerSecond">How many sagas it acts on in a second.</param>
public sealed record SagaJob(Guid Id, SagaAct? Act, SagaQuery Query, JobState State, double RatePerSecond)
{
    /// <summary>Who began it; null when nobody is known.</summary>
    public string? Actor { get; init; }

    /// <summary>Why; null when it was not said.</summary>
    public string? Reason { get; init; }

    /// <summary>How many sagas matched when it began, counted up to a cap.</summary>
    public CappedCount Matched { get; init; }

    /// <summary>Of how many it was done.</summary>
    public long Done { get; init; }

    /// <summary>How many did not allow it, or were not meant any more.</summary>
    public long Refused { get; init; }

    /// <summary>Of how many it failed.</summary>
    public long Failed { get; init; }

    /// <summary>When it was begun.</summary>
    public DateTimeOffset CreatedAt { get; init; }

    /// <summary>When it ended; null while it has not.</summary>
    public DateTimeOffset? EndedAt { get; init; }
}

/// <summary>What a job came to with one saga.</summary>
/// <param name="Number">Its place among the job's, from 1 on.</param>
/// <param name="Saga">The saga.</param>
/// <param name="Outcome">What came of it.</param>
/// <param name="Detail">Why it was not done, in a sentence; null when it was.</param>
/// <param name="At">When.</param>
public sealed record SagaJobItem(long Number, SagaId Saga, JobItemOutcome Outcome, string? Detail, DateTimeOffset At);

/// <summary>Jobs, those begun last first.</summary>
/// <param name="Jobs">The page.</param>
/// <param name="Next">The next page's cursor; null when this is the last one.</param>
public sealed record JobPage(IReadOnlyList<SagaJob> Jobs, string? Next);

/// <summary>Which acts of people are asked for. Whatever is null does not matter.</summary>
public sealed record AuditQuery
{
    /// <summary>Who did them.</summary>
    public string? Actor { get; init; }

    /// <summary>What was done, in a word.</summary>
    public string? Act { get; init; }

    /// <summary>To what kind of thing: <c>saga</c>, <c>dead-letter</c>, <c>job</c> or <c>projection</c>.</summary>
    public string? Kind { get; init; }

    /// <summary>To which thing.</summary>
    public string? Target { get; init; }

    /// <summary>The last number of the page before; null for the first page.</summary>
    public long? Before { get; init; }

    /// <summary>The most.</summary>
    /// <value>1 to 1,000; 100 unless set.</value>
    public int Limit { get; init; } = 100;
}

/// <summary>What somebody did to something.</summary>
/// <param name="Number">Its number: larger than those of acts before it.</param>
/// <param name="At">When.</param>
/// <param name="Actor">Who; null when nobody is known.</param>
/// <param name="Act">What, in a word.</param>
/// <param name="Kind">What kind of thing it was done to.</param>
/// <param name="Target">The thing: a saga's or a job's id, a dead letter's number, a projection's name.</param>
/// <param name="Reason">Why; null when it was not said.</param>
/// <param name="Before">How it was: JSON for a saga; null when that does not matter.</param>
/// <param name="After">How it was afterwards.</param>
/// <param name="Outcome">What came of it: <c>done</c>, or why not, in a sentence.</param>
public sealed record AuditEntry(long Number, DateTimeOffset At, string? Actor, string Act, string Kind, string Target, string? Reason, string? Before, string? After, string Outcome);
