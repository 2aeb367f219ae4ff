namespace Skald.Management;

/// <summary>Something that a person did, as it is kept for good.</summary>
/// <param name="Service">Where it was done.</param>
/// <param name="Number">Its number in that service: larger than those of acts before it.</param>
/// <param name="At">When.</param>
/// <param name="Actor">Who did it; null when nobody was known.</param>
/// <param name="Act">What was done, in a word.</param>
/// <param name="Kind">To what kind of thing: <c>saga</c>, <c>dead-letter</c>, <c>job</c> or <c>projection</c>.</param>
/// <param name="Target">To which: a saga's or a job's id, a dead letter's number, a projection's name.</param>
/// <param name="Reason">Why; null when it was not said.</param>
/// <param name="Before">How it was; null where that does not matter, or when it is not for the one who asks.</param>
/// <param name="After">How it was afterwards; null as above.</param>
/// <param name="Outcome"><c>done</c>, or why not, in a sentence.</param>
public sealed record AuditItem(
    string Service, long Number, DateTimeOffset At, string? Actor, string Act, string Kind, string Target, string? Reason, string? Before, string? After, string Outcome);

/// <summary>Which acts of people are asked for. Whatever is null does not matter.</summary>
public sealed record AuditListQuery : ListQuery
{
    /// <summary>Who did them.</summary>
    public string? Actor { get; init; }

    /// <summary>What was done, in a word.</summary>
    public string? Act { get; init; }

    /// <summary>To what kind of thing.</summary>
    public string? Kind { get; init; }

    /// <summary>To which thing.</summary>
    public string? Target { get; init; }
}

/// <summary>An act on all sagas of a service that match, at a rate.</summary>
public sealed record JobItem
{
    /// <summary>The service that carries it.</summary>
    public required string Service { get; init; }

    /// <summary>The job.</summary>
    public required string Id { get; init; }

    /// <summary>Which sagas, as it can be typed.</summary>
    public required string Q { get; init; }

    /// <summary>What is done to each; null when this process is too old to know.</summary>
    public ActRequest? Act { get; init; }

    /// <summary><c>running</c>, <c>suspended</c>, <c>stopped</c> or <c>done</c>.</summary>
    public required string Status { get; init; }

    /// <summary>How many sagas a second.</summary>
    public required double PerSecond { get; init; }

    /// <summary>How many matched when it began.</summary>
    public required CappedCount Total { get; init; }

    /// <summary>To how many it was done.</summary>
    public required long Done { get; init; }

    /// <summary>How many did not allow it, or were not meant any more.</summary>
    public required long Refused { get; init; }

    /// <summary>Of how many it failed.</summary>
    public required long Failed { get; init; }

    /// <summary>Who began it; null when nobody is known.</summary>
    public string? Actor { get; init; }

    /// <summary>Why; null when it was not said.</summary>
    public string? Reason { get; init; }

    /// <summary>When it was begun.</summary>
    public required DateTimeOffset StartedAt { get; init; }

    /// <summary>When it ended; null while it has not.</summary>
    public DateTimeOffset? EndedAt { get; init; }

    /// <summary>Where it stands, in one sentence.</summary>
    public required string Why { get; init; }
}

/// <summary>Which jobs are asked for.</summary>
public sealed record JobListQuery : ListQuery
{
    /// <summary><c>running</c>, <c>suspended</c>, <c>stopped</c> or <c>done</c>; null for all.</summary>
    public string? Status { get; init; }
}

/// <summary>An act that is to be done to many sagas of one service.</summary>
public sealed record JobRequest
{
    /// <summary>The service.</summary>
    public string? Service { get; init; }

    /// <summary>Which sagas, as <see cref="SagaQueryText"/> reads it: of one definition or of all; <c>step</c> means the one that failed. An empty one is refused.</summary>
    public string? Q { get; init; }

    /// <summary>What is to be done to each, and why.</summary>
    public ActRequest? Act { get; init; }

    /// <summary>How many sagas a second.</summary>
    /// <value>0.01 to 1,000; 10 unless set.</value>
    public double? PerSecond { get; init; }
}

/// <summary>Which sagas a job would act on, were it begun now.</summary>
/// <param name="Total">How many.</param>
/// <param name="First">The first of them, in the order in which their turn would come.</param>
public sealed record JobForecast(CappedCount Total, IReadOnlyList<SagaItem> First);

/// <summary>What became of one saga of a job.</summary>
/// <param name="Number">Its place among the job's, from 1.</param>
/// <param name="Saga">The saga.</param>
/// <param name="Outcome">What came of it, as a word.</param>
/// <param name="Detail">Why it was not done, in a sentence; null when it was.</param>
/// <param name="At">When.</param>
public sealed record JobLine(long Number, string Saga, string Outcome, string? Detail, DateTimeOffset At);
