namespace Skald.Management;

/// <summary>Whether effects of sagas whose ids follow each other balance: each was applied once, undone once, or is open.</summary>
/// <param name="Sagas">How many sagas were looked at.</param>
/// <param name="Applied">Effects that were applied once, and stay.</param>
/// <param name="Undone">Effects that were undone once, or cannot come to be any more.</param>
/// <param name="Open">Effects whose saga has not ended, or that changed while they were looked at.</param>
/// <param name="Unjudged">Effects that cannot be judged: of services that did not answer, of sagas that nobody here asks for, or of definitions that nobody here knows.</param>
/// <param name="Imbalances">Those that are none of it. Each was looked at twice.</param>
public sealed record BalanceReport(long Sagas, long Applied, long Undone, long Open, long Unjudged, IReadOnlyList<ImbalanceItem> Imbalances)
{
    /// <summary>Where it goes on: the next question's <c>cursor</c>. Null at the end.</summary>
    public string? Next { get; init; }

    /// <summary>Sagas that were started until then were looked at; null at the end, or where ids do not say it.</summary>
    public DateTimeOffset? Reached { get; init; }

    /// <summary>The services whose ledgers were not read: what they did is not judged.</summary>
    public IReadOnlyList<MissingService> Missing { get; init; } = [];

    /// <summary>This and what comes after it, as one.</summary>
    /// <param name="next">The piece that begins where this one ends.</param>
    public BalanceReport With(BalanceReport next)
    {
        ArgumentNullException.ThrowIfNull(next);
        return new BalanceReport(Sagas + next.Sagas, Applied + next.Applied, Undone + next.Undone, Open + next.Open, Unjudged + next.Unjudged, [.. Imbalances, .. next.Imbalances])
        {
            Next = next.Next, Reached = next.Reached, Missing = [.. Missing.Concat(next.Missing).DistinctBy(missing => missing.Service)],
        };
    }
}

/// <summary>An effect of a saga that does not balance.</summary>
/// <param name="Kind">What is wrong, in a word: <c>not-applied</c>, <c>not-undone</c>, <c>undo-missing</c>, <c>undone</c>, <c>not-asked</c>, <c>action-missing</c>, <c>twice</c>, <c>unknown-step</c>, <c>unknown-saga</c> or <c>unreadable</c>.</param>
/// <param name="Service">The service that has applied it, or should have.</param>
/// <param name="Saga">The saga.</param>
/// <param name="Owner">The service that has the saga; null when none does.</param>
/// <param name="Step">The step, as the ledger knows it.</param>
/// <param name="Says">What is wrong, in a sentence.</param>
public sealed record ImbalanceItem(string Kind, string Service, string Saga, string? Owner, string Step, string Says);

/// <summary>What services know of the effects of sagas whose ids follow each other. All that they have of the page's sagas is on it.</summary>
/// <param name="Services">The services that were read.</param>
/// <param name="Sagas">What sagas say of their effects.</param>
/// <param name="Lines">What ledgers say.</param>
public sealed record Books(IReadOnlyList<BookedService> Services, IReadOnlyList<BookedSaga> Sagas, IReadOnlyList<BookedLine> Lines)
{
    /// <summary>The saga with which the next page begins; null at the end.</summary>
    public string? Next { get; init; }

    /// <summary>The services that did not answer.</summary>
    public IReadOnlyList<MissingService> Missing { get; init; } = [];
}

/// <summary>A service whose books were read.</summary>
/// <param name="Service">Its full name.</param>
/// <param name="RemovedKnownForSeconds">For how long it remembers which sagas it has removed.</param>
/// <param name="Asks">The steps for which its sagas ask participants.</param>
public sealed record BookedService(string Service, double RemovedKnownForSeconds, IReadOnlyList<BookedAsk> Asks);

/// <summary>A step for which a service asks another.</summary>
/// <param name="Step">The step.</param>
/// <param name="Participant">The service that is asked.</param>
/// <param name="Message">The type of the command.</param>
public sealed record BookedAsk(string Step, string Participant, string Message);

/// <summary>What a saga says of its effects.</summary>
/// <param name="Service">Whose it is.</param>
/// <param name="Saga">The saga.</param>
/// <param name="Definition">Its definition.</param>
/// <param name="Status">Where it stands.</param>
/// <param name="Version">How often it was written; 0 when it was removed.</param>
/// <param name="Steps">What it says of the steps that participants do.</param>
public sealed record BookedSaga(string Service, string Saga, string Definition, string Status, long Version, IReadOnlyList<BookedStep> Steps)
{
    /// <summary>Whether it was removed some time after its end, and is only known to have been there.</summary>
    public bool Removed { get; init; }

    /// <summary>Why its steps cannot be read; null when they can.</summary>
    public string? Unread { get; init; }
}

/// <summary>What a saga says of a step.</summary>
/// <param name="Step">The step, as the participant's ledger knows it.</param>
/// <param name="Participant">The service that was asked.</param>
/// <param name="State"><c>open</c>, <c>applied</c>, <c>undone</c>, <c>gone</c> (undone if it was applied), <c>never</c> or <c>either</c> (anything is right).</param>
public sealed record BookedStep(string Step, string Participant, string State);

/// <summary>A row of a ledger.</summary>
/// <param name="Service">Whose ledger it is.</param>
/// <param name="Saga">The saga, whichever service's it is.</param>
/// <param name="Step">The step.</param>
/// <param name="Undo">Whether it is about the step's undo.</param>
/// <param name="Attempt">The attempt.</param>
/// <param name="Message">The type of the message that asked for it.</param>
/// <param name="Outcome"><c>done</c>, <c>refused</c>, <c>empty</c>, <c>missing</c> or <c>begun</c>; <c>unreadable</c> when the row says what there is not.</param>
/// <param name="At">When.</param>
public sealed record BookedLine(string Service, string Saga, string Step, bool Undo, int Attempt, string Message, string Outcome, DateTimeOffset At);
