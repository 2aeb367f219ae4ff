using System.Text.Json;
using Skald.Decisions;
using Skald.Messaging;

namespace Skald;

/// <summary>A saga in a list.</summary>
/// <param name="Id">The saga.</param>
/// <param name="Definition">The definition's name.</param>
/// <param name="Status">Where it stands.</param>
/// <param name="Key">Its business key; null when it has none.</param>
/// <param name="Summary">One line about it, written by its definition; null when that writes none.</param>
/// <param name="Step">The step it is at; the last one it took when it has ended.</param>
/// <param name="FailedStep">The step that made it turn back.</param>
/// <param name="Failure">Why it turned back.</param>
/// <param name="ParkReason">Why it waits for a person.</param>
/// <param name="Damage">Why its row cannot be read; null when it can.</param>
/// <param name="StartedAt">When it was started.</param>
/// <param name="UpdatedAt">When it last changed.</param>
/// <param name="EndedAt">When it ended; null while it has not.</param>
public sealed record SagaSummary(
    SagaId Id, string Definition, SagaStatus Status, string? Key, string? Summary, string? Step, string? FailedStep, Refusal? Failure,
    string? ParkReason, string? Damage, DateTimeOffset StartedAt, DateTimeOffset UpdatedAt, DateTimeOffset? EndedAt)
{
    /// <summary>The version of the definition that it runs.</summary>
    public int Version { get; init; }

    /// <summary>Who keeps it from being removed after its end, and why; null for nobody.</summary>
    public string? Hold { get; init; }

    /// <summary>How often it was written: what an act names as the version that was looked at.</summary>
    public long Revision { get; init; }

    /// <summary>Its steps in order; empty when they cannot be read.</summary>
    public IReadOnlyList<StepView> Steps { get; init; } = [];

    /// <summary>When it looks at one of them again; null when only a message or a person moves it.</summary>
    public DateTimeOffset? NextAt { get; init; }
}

/// <summary>A saga that was removed some time after its end.</summary>
/// <param name="Id">The saga.</param>
/// <param name="Definition">The definition's name.</param>
/// <param name="Key">Its business key; null when it had none.</param>
/// <param name="Status">How it ended.</param>
/// <param name="StartedAt">When it was started.</param>
/// <param name="EndedAt">When it ended.</param>
/// <param name="RemovedAt">When it was removed.</param>
public sealed record RemovedSaga(SagaId Id, string Definition, string? Key, SagaStatus Status, DateTimeOffset StartedAt, DateTimeOffset EndedAt, DateTimeOffset RemovedAt);

/// <summary>Which sagas are asked for. Whatever is null does not matter.</summary>
public sealed record SagaQuery
{
    /// <summary>The definition's name.</summary>
    public string? Definition { get; init; }

    /// <summary>Where they stand.</summary>
    public SagaStatus? Status { get; init; }

    /// <summary>Where they stand: any of these. <see cref="Status"/> goes before it.</summary>
    public IReadOnlyCollection<SagaStatus>? Statuses { get; init; }

    /// <summary>Their business key.</summary>
    public string? Key { get; init; }

    /// <summary>Started before this time.</summary>
    public DateTimeOffset? StartedBefore { get; init; }

    /// <summary>Started at this time or later.</summary>
    public DateTimeOffset? StartedFrom { get; init; }

    /// <summary>Not changed since this time.</summary>
    public DateTimeOffset? UpdatedBefore { get; init; }

    /// <summary>The step that made them turn back.</summary>
    public string? FailedStep { get; init; }

    /// <summary>The type of what went wrong with them.</summary>
    public string? FailureType { get; init; }

    /// <summary>Where the page before ended, as <see cref="SagaPage.Next"/> said; null for the first page.</summary>
    public string? Cursor { get; init; }

    /// <summary>The most on one page.</summary>
    /// <value>1 to 1,000; 100 unless set.</value>
    public int Limit { get; init; } = 100;
}

/// <summary>Sagas, the latest started first.</summary>
/// <param name="Sagas">The page.</param>
/// <param name="Next">The next page's cursor; null when this is the last one.</param>
public sealed record SagaPage(IReadOnlyList<SagaSummary> Sagas, string? Next);

/// <summary>A number of rows that was counted up to a cap.</summary>
/// <param name="Value">How many; the cap when there are more.</param>
/// <param name="IsCapped">Whether there may be more.</param>
public readonly record struct CappedCount(long Value, bool IsCapped)
{
    /// <summary>Such as <c>42</c> or <c>10,000+</c>.</summary>
    public override string ToString() => FormattableString.Invariant($"{Value:N0}{(IsCapped ? "+" : "")}");
}

/// <summary>One line of a timeline.</summary>
/// <param name="At">When, by the service's clock.</param>
/// <param name="Version">The saga's or flow's version after it.</param>
/// <param name="Kind">What happened.</param>
/// <param name="Step">To which step, or with which event; null for the whole.</param>
/// <param name="Detail">What else there is to know.</param>
/// <param name="Actor">Who asked for it; null when the engine went on by itself.</param>
/// <param name="Reason">Why they asked.</param>
public sealed record TimelineEntry(DateTimeOffset At, long Version, JournalKind Kind, string? Step, string? Detail, string? Actor, string? Reason);

/// <summary>Sagas that went wrong in one way.</summary>
/// <param name="Definition">Their definition.</param>
/// <param name="Status">Where they stand.</param>
/// <param name="FailedStep">The step that failed; null when it is none in particular.</param>
/// <param name="FailureType">The type of what went wrong; null when there is none.</param>
/// <param name="Count">How many.</param>
/// <param name="OldestStartedAt">When the first of them was started.</param>
/// <param name="Newest">The one that was started last.</param>
public sealed record FailureGroup(string Definition, SagaStatus Status, string? FailedStep, string? FailureType, CappedCount Count, DateTimeOffset OldestStartedAt, SagaId Newest);

/// <summary>Dead letters whose reasons are alike.</summary>
/// <param name="Kind">What the reasons have in common: their first 200 characters, with <c>#</c> in the place of each number and id.</param>
/// <param name="Count">How many.</param>
/// <param name="OldestAt">When the first of them came.</param>
/// <param name="Newest">The number of the last of them.</param>
public sealed record DeadLetterGroup(string Kind, CappedCount Count, DateTimeOffset OldestAt, long Newest);

/// <summary>What a service has done, or undone, for a step of a saga.</summary>
/// <param name="Saga">The saga, whichever service's it is.</param>
/// <param name="Step">The step.</param>
/// <param name="Undo">Whether it was the step's undo.</param>
/// <param name="Attempt">The step's attempt.</param>
/// <param name="Message">The type of the message that asked for it.</param>
/// <param name="Outcome">What became of it.</param>
/// <param name="ReplyType">The type of the answer; null while there is none.</param>
/// <param name="At">When.</param>
public sealed record LedgerEntry(SagaId Saga, string Step, bool Undo, int Attempt, string Message, LedgerOutcome Outcome, string? ReplyType, DateTimeOffset At);

/// <summary>A page of a service's ledger.</summary>
/// <param name="Entries">The page; it may have fewer than were asked for, even none, although there are more.</param>
/// <param name="Next">The next page's cursor; null when this is the last one.</param>
public sealed record LedgerPage(IReadOnlyList<LedgerEntry> Entries, string? Next);

/// <summary>What a service knows of sagas whose ids follow each other.</summary>
/// <param name="Sagas">What its own sagas say of their effects, and those that it has removed and still knows of.</param>
/// <param name="Effects">What its ledger says, whichever service's the sagas are.</param>
/// <param name="Next">The saga with which the next page begins; null when this is the last one.</param>
public sealed record BookPage(IReadOnlyList<SagaAccount> Sagas, IReadOnlyList<BookedEffect> Effects, SagaId? Next);

/// <summary>A process that serves a service, or did and is gone.</summary>
/// <param name="Number">Its number with the service's database: each has another.</param>
/// <param name="Name">Its machine and process; null when that is not known.</param>
/// <param name="Lives">Whether it lives, as far as the database can tell.</param>
/// <param name="Since">When it began to serve; null when that is not known.</param>
/// <param name="GoneAt">When others found it to be gone; null when they have not.</param>
/// <param name="Plans">The definitions that it knows, each with its version; null for all.</param>
public sealed record ServiceInstance(long Number, string? Name, bool Lives, DateTimeOffset? Since, DateTimeOffset? GoneAt, IReadOnlyList<string>? Plans);

/// <summary>A message that is committed and not yet confirmed by the transport.</summary>
/// <param name="Id">The message.</param>
/// <param name="Envelope">Its metadata; null when it cannot be read.</param>
/// <param name="ClaimedUntil">Until when a process has it in hand; in the past for nobody.</param>
public sealed record UnconfirmedMessage(Guid Id, Envelope? Envelope, DateTimeOffset ClaimedUntil);

/// <summary>A page of what waits for its time, soonest first.</summary>
/// <typeparam name="T">What waits.</typeparam>
/// <param name="Items">The page.</param>
/// <param name="Next">The next page's cursor; null when this is the last one.</param>
public sealed record DuePage<T>(IReadOnlyList<T> Items, string? Next);

/// <summary>When a saga will look at a step again.</summary>
/// <param name="Saga">The saga.</param>
/// <param name="Definition">Its definition.</param>
/// <param name="Step">The step; null when the row says no more than that the saga is due.</param>
/// <param name="Reason">What for: <c>reply</c>, <c>event</c>, <c>retry</c>, <c>undo</c> or <c>undo retry</c>.</param>
/// <param name="Due">When.</param>
public sealed record TimerView(SagaId Saga, string Definition, string? Step, string? Reason, DateTimeOffset Due);

/// <summary>A message that will be tried again.</summary>
/// <param name="Id">The message.</param>
/// <param name="Envelope">Its metadata; null when it cannot be read.</param>
/// <param name="Attempts">How often it was tried.</param>
/// <param name="Waits">How often it came before its turn in a stream of events.</param>
/// <param name="Due">When it is tried again.</param>
/// <param name="Reason">What went wrong last, or what it waits for.</param>
public sealed record DelayedMessage(Guid Id, Envelope? Envelope, int Attempts, int Waits, DateTimeOffset Due, string Reason);

/// <summary>A message that cannot be handled.</summary>
/// <param name="Number">Its number, for replaying it.</param>
/// <param name="Envelope">Its metadata; null when it cannot be read.</param>
/// <param name="Body">The body as it came.</param>
/// <param name="Reason">Why it is here.</param>
/// <param name="Attempts">How often it was tried.</param>
/// <param name="At">When it came here.</param>
public sealed record DeadLetter(long Number, Envelope? Envelope, ReadOnlyMemory<byte> Body, string Reason, int Attempts, DateTimeOffset At);

/// <summary>All there is to know about one saga.</summary>
/// <param name="Summary">What a list shows of it.</param>
/// <param name="State">Its state; null when that is no JSON.</param>
/// <param name="Steps">Its steps in order; empty when they cannot be read.</param>
/// <param name="TraceParent">The W3C trace context in which it was started.</param>
public sealed record SagaDetails(SagaSummary Summary, JsonElement? State, IReadOnlyList<StepView> Steps, string? TraceParent);

/// <summary>A step of a saga.</summary>
/// <param name="Name">Its name in the running definition.</param>
/// <param name="State">Where it stands.</param>
/// <param name="Attempt">The attempt.</param>
/// <param name="Tries">How often the code, or the undo, has failed.</param>
/// <param name="Due">When the saga looks at it again; null when only a message can move it.</param>
public sealed record StepView(string Name, StepState State, int Attempt, int Tries, DateTimeOffset? Due)
{
    /// <summary>When its present wait began; null before the first.</summary>
    public DateTimeOffset? Since { get; init; }

    /// <summary>Whether an event, or an answer, is kept for it.</summary>
    public bool Keeps { get; init; }
}
