namespace Skald.Management;

// What stores do not answer yet. IManagement gets its questions with their answers.

/// <summary>Something that a person did, as it is kept for ever.</summary>
/// <param name="Service">Where it was done.</param>
/// <param name="Number">Its number in that service.</param>
/// <param name="At">When.</param>
/// <param name="Actor">Who did it; null when nobody was known.</param>
/// <param name="Act">What was done.</param>
/// <param name="Target">To what: <c>saga ID</c>, <c>dead letter 7</c>, <c>projection NAME</c>.</param>
/// <param name="Reason">Why; null when it was not said.</param>
/// <param name="Before">What was there before; null where nothing was, or when it is not for the one who asks.</param>
/// <param name="After">What is there since.</param>
/// <param name="Outcome"><c>done</c> or <c>refused</c>.</param>
/// <param name="Detail">Why it was refused, or what else there is to know.</param>
public sealed record AuditItem(
    string Service, long Number, DateTimeOffset At, string? Actor, string Act, string Target, string? Reason, string? Before, string? After, string Outcome, string? Detail);

/// <summary>An act on many sagas at a rate.</summary>
public sealed record JobItem
{
    /// <summary>The service that carries it.</summary>
    public required string Service { get; init; }

    /// <summary>The job.</summary>
    public required string Id { get; init; }

    /// <summary>The query that chose the sagas; null when they were named one by one.</summary>
    public string? Q { get; init; }

    /// <summary>What is done to each.</summary>
    public required ActRequest Act { get; init; }

    /// <summary><c>running</c>, <c>suspended</c>, <c>stopped</c> or <c>done</c>.</summary>
    public required string Status { get; init; }

    /// <summary>How many sagas a second.</summary>
    public required int PerSecond { get; init; }

    /// <summary>How many there are.</summary>
    public required CappedCount Total { get; init; }

    /// <summary>To how many it was done.</summary>
    public required long Done { get; init; }

    /// <summary>How many refused it.</summary>
    public required long Refused { get; init; }

    /// <summary>How many failed.</summary>
    public required long Failed { get; init; }

    /// <summary>Who began it; null when nobody is known.</summary>
    public string? Actor { get; init; }

    /// <summary>When it was begun.</summary>
    public required DateTimeOffset StartedAt { get; init; }

    /// <summary>When it ended; null while it has not.</summary>
    public DateTimeOffset? EndedAt { get; init; }
}

/// <summary>An act that is to be done to many sagas.</summary>
public sealed record JobRequest
{
    /// <summary>Which sagas, as <see cref="SagaQueryText"/> reads it; null when they are named.</summary>
    public string? Q { get; init; }

    /// <summary>The sagas, each as <c>service/id</c>; null when a query chooses them.</summary>
    public IReadOnlyList<string>? Sagas { get; init; }

    /// <summary>What is to be done to each.</summary>
    public ActRequest? Act { get; init; }

    /// <summary>How many sagas a second.</summary>
    /// <value>1 to 1,000; 10 unless set.</value>
    public int PerSecond { get; init; } = 10;
}

/// <summary>What became of one saga of a job.</summary>
/// <param name="Service">Whose it is.</param>
/// <param name="Saga">The saga.</param>
/// <param name="Outcome"><c>done</c>, <c>refused</c>, <c>failed</c> or <c>gone</c>.</param>
/// <param name="Says">The same in a sentence.</param>
/// <param name="At">When.</param>
public sealed record JobLine(string Service, string Saga, string Outcome, string Says, DateTimeOffset At);

/// <summary>An effect of a saga that does not balance.</summary>
/// <param name="Service">The participant.</param>
/// <param name="Saga">The saga.</param>
/// <param name="Step">The step.</param>
/// <param name="Says">What is wrong, in a sentence.</param>
public sealed record ImbalanceItem(string Service, string Saga, string Step, string Says);

/// <summary>Whether every effect was applied once, undone once, or is open.</summary>
/// <param name="Applied">Effects that were applied once.</param>
/// <param name="Undone">Effects that were applied and undone once, or never came to be.</param>
/// <param name="Open">Effects whose saga has not ended.</param>
/// <param name="Imbalances">Those that are none of it, the first of them.</param>
public sealed record BalanceReport(long Applied, long Undone, long Open, IReadOnlyList<ImbalanceItem> Imbalances)
{
    /// <summary>The services that did not answer: what they did is not looked at.</summary>
    public IReadOnlyList<MissingService> Missing { get; init; } = [];
}
