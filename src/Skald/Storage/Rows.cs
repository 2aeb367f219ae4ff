using Skald.Decisions;
using Skald.Messaging;

namespace Skald.Storage;

/// <summary>A saga as stored. Times are Unix milliseconds, UTC.</summary>
/// <param name="Id">The saga.</param>
/// <param name="Definition">The definition's name.</param>
/// <param name="Version">1 for a new saga; one more with each change.</param>
/// <param name="Status">Where it stands.</param>
/// <param name="State">The author's state as JSON.</param>
/// <param name="Steps">The steps, as <see cref="StepCodec"/> writes them.</param>
/// <param name="FailedStep">The step that made it turn back.</param>
/// <param name="FailureType">The refusal's or fault's type.</param>
/// <param name="FailureMessage">One sentence for people.</param>
/// <param name="ParkReason">Why it waits for a person.</param>
/// <param name="WakeAt">When the engine must look at it again.</param>
/// <param name="StartedAt">When it was started.</param>
/// <param name="UpdatedAt">When it last changed.</param>
public sealed record SagaRow(
    Guid Id, string Definition, long Version, SagaStatus Status, ReadOnlyMemory<byte> State, string Steps,
    string? FailedStep, string? FailureType, string? FailureMessage, string? ParkReason,
    long? WakeAt, long StartedAt, long UpdatedAt);

/// <summary>What a start with an idempotency key was answered, so that a repeat gets the same answer.</summary>
/// <param name="Key">The caller's key, with the scope it is unique in.</param>
/// <param name="Fingerprint">A hash of what was asked.</param>
/// <param name="Saga">The saga that was started.</param>
/// <param name="State">Its state right after the start, as JSON.</param>
public sealed record StartRow(string Key, string Fingerprint, Guid Saga, ReadOnlyMemory<byte> State);

/// <summary>
/// One handled message: inbox, barrier and remembered reply in one. A saga's messages are found by (saga, step);
/// others by (message id, "").
/// </summary>
/// <param name="Scope">The saga, or the message id where there is none.</param>
/// <param name="Step">The saga's step; empty where there is none.</param>
/// <param name="Undo">Whether it was the step's undo.</param>
/// <param name="Attempt">The step's attempt.</param>
/// <param name="Message">The message's type, for people.</param>
/// <param name="Outcome">What became of it.</param>
/// <param name="ReplyType">The wire name of the remembered answer; null while an outside call is under way.</param>
/// <param name="Reply">The remembered answer's body.</param>
/// <param name="At">When.</param>
public sealed record LedgerRow(
    Guid Scope, string Step, bool Undo, int Attempt, string Message, LedgerOutcome Outcome,
    string? ReplyType, ReadOnlyMemory<byte> Reply, long At)
{
    /// <summary>What the barrier looks at.</summary>
    public LedgerMark Mark => new(Undo, Attempt, Outcome);
}

/// <summary>Finds the ledger's rows of one saga step, or of one message.</summary>
/// <param name="Scope">The saga, or the message id.</param>
/// <param name="Step">The step; empty for a message without saga.</param>
public readonly record struct LedgerKey(Guid Scope, string Step);

/// <summary>What one transaction did to a saga: the lines it adds to the timeline.</summary>
/// <param name="Saga">The saga.</param>
/// <param name="Version">The saga's version after it.</param>
/// <param name="At">When.</param>
/// <param name="Entries">What happened, in order.</param>
public sealed record JournalRow(Guid Saga, long Version, DateTimeOffset At, IReadOnlyList<JournalEntry> Entries);

/// <summary>A message committed with the state and not yet confirmed by the transport.</summary>
/// <param name="Message">The message.</param>
/// <param name="ClaimedUntil">Until when a process has it in hand; another may send it after that. 0 for nobody.</param>
public sealed record OutboxRow(OutgoingMessage Message, long ClaimedUntil);

/// <summary>A message that failed and will be tried again; a durable timer.</summary>
/// <param name="Envelope">The message's metadata.</param>
/// <param name="Body">The message's body.</param>
/// <param name="Attempts">How often it was tried; below zero, how often it came before its turn in a stream of events.</param>
/// <param name="Due">When it is tried again.</param>
/// <param name="Error">What went wrong last.</param>
public sealed record DelayedRow(Envelope Envelope, ReadOnlyMemory<byte> Body, int Attempts, long Due, string Error);

/// <summary>A message that cannot be handled, kept with the reason until a person deals with it.</summary>
/// <param name="Id">The row.</param>
/// <param name="Envelope">The metadata; null when it could not be read.</param>
/// <param name="Body">The body as it came.</param>
/// <param name="Reason">Why it is here.</param>
/// <param name="Attempts">How often it was tried.</param>
/// <param name="At">When it came here.</param>
public sealed record DeadLetterRow(long Id, Envelope? Envelope, ReadOnlyMemory<byte> Body, string Reason, int Attempts, long At);
