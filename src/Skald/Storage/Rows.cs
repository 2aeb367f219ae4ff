using Skald.Decisions;

namespace Skald.Storage;

/// <summary>A saga as stored. Times are Unix milliseconds, UTC.</summary>
public sealed record SagaRow
{
    /// <summary>The saga.</summary>
    public required Guid Id { get; init; }

    /// <summary>The definition's name.</summary>
    public required string Definition { get; init; }

    /// <summary>The version of the definition that it runs. Never changes.</summary>
    public int PlanVersion { get; init; } = 1;

    /// <summary>1 for a new saga; one more with each change. Writing version 1 inserts; any other replaces the version before it, and nothing else.</summary>
    public required long Version { get; init; }

    /// <summary>Where it stands, as a number: 0 and up. Stores do not interpret it.</summary>
    public required SagaStatus Status { get; init; }

    /// <summary>The author's state as JSON.</summary>
    public required ReadOnlyMemory<byte> State { get; init; }

    /// <summary>
    /// When written: whether the version before has the same state, so that a store need not write it again; <see cref="State"/> is complete
    /// all the same. Not stored, and without meaning in a row that was read.
    /// </summary>
    public bool StateIsUnchanged { get; init; }

    /// <summary>The steps, as <see cref="StepCodec"/> writes them.</summary>
    public required string Steps { get; init; }

    /// <summary>The step that made it turn back.</summary>
    public string? FailedStep { get; init; }

    /// <summary>The refusal's or fault's type.</summary>
    public string? FailureType { get; init; }

    /// <summary>One sentence for people.</summary>
    public string? FailureMessage { get; init; }

    /// <summary>Why it waits for a person.</summary>
    public string? ParkReason { get; init; }

    /// <summary>When the engine must look at it again.</summary>
    public long? WakeAt { get; init; }

    /// <summary>When it was started. Never changes.</summary>
    public required long StartedAt { get; init; }

    /// <summary>When it last changed.</summary>
    public required long UpdatedAt { get; init; }

    /// <summary>When it ended; null while it has not.</summary>
    public long? EndedAt { get; init; }

    /// <summary>What people and programs know it by, such as an order's number; null when the definition names no key.</summary>
    public string? BusinessKey { get; init; }

    /// <summary>The W3C trace context that was current when its start was written; null when there was none.</summary>
    public string? TraceParent { get; init; }

    /// <summary>
    /// The instance that has its open commands, as <see cref="IStore.Incarnation"/> says; 0 for nobody. Null when there is nothing to take over: it has
    /// ended, is parked, or its commands are written with its state; <see cref="OfNobodyWhoKnowsIt"/> when it is parked for want of a process that knows its version.
    /// </summary>
    public long? Incarnation { get; init; }

    /// <summary>Who keeps it from being removed, and why; null for nobody.</summary>
    public string? Hold { get; init; }

    /// <summary>The number of no instance, which <see cref="IStore.FindStrangersAsync"/> looks for: see <see cref="Incarnation"/>.</summary>
    public const long OfNobodyWhoKnowsIt = -1;
}

/// <summary>Where a saga stands, without its state.</summary>
/// <param name="Id">The saga.</param>
/// <param name="Definition">The definition's name.</param>
/// <param name="PlanVersion">The version of the definition that it runs.</param>
/// <param name="Version">How often it was written.</param>
/// <param name="Status">Where it stands, as a number. Stores do not interpret it.</param>
/// <param name="Steps">The steps, as they are stored.</param>
public sealed record SagaOutlineRow(Guid Id, string Definition, int PlanVersion, long Version, SagaStatus Status, string Steps);

/// <summary>A flow as its owner stores it. Times are Unix milliseconds, UTC.</summary>
public sealed record FlowRow
{
    /// <summary>Derived from definition and flow: the id of its timeline in every service that takes part.</summary>
    public required Guid Id { get; init; }

    /// <summary>The declaration's name.</summary>
    public required string Definition { get; init; }

    /// <summary>The id that its events carry.</summary>
    public required string Flow { get; init; }

    /// <summary>1 for a new flow; one more with each change. Writing version 1 inserts; any other replaces the version before it, and nothing else.</summary>
    public required long Version { get; init; }

    /// <summary>Where it stands, as a number: 0 and up. Stores do not interpret it.</summary>
    public required FlowStatus Status { get; init; }

    /// <summary>The events seen, as JSON.</summary>
    public required ReadOnlyMemory<byte> Seen { get; init; }

    /// <summary>Where it is stuck; null when it is not.</summary>
    public string? Reason { get; init; }

    /// <summary>When its owner must look at it again.</summary>
    public long? WakeAt { get; init; }

    /// <summary>When it was started. Never changes.</summary>
    public required long StartedAt { get; init; }

    /// <summary>When it last changed.</summary>
    public required long UpdatedAt { get; init; }

    /// <summary>When it ended; null while it has not.</summary>
    public long? EndedAt { get; init; }
}

/// <summary>What a request was answered, so that a repeat gets the same answer.</summary>
/// <param name="Key">The caller's key, with the scope it is unique in.</param>
/// <param name="Fingerprint">A hash of what was asked.</param>
/// <param name="Answer">The answer, as JSON.</param>
/// <param name="At">When, in Unix milliseconds.</param>
public sealed record RequestRow(string Key, string Fingerprint, ReadOnlyMemory<byte> Answer, long At);

/// <summary>
/// One handled message: inbox, barrier and remembered reply in one. A saga's messages are found by (saga, step, secret);
/// others by (message id, "", none).
/// </summary>
/// <param name="Scope">The saga, or the message id where there is none.</param>
/// <param name="Step">The saga's step; empty where there is none.</param>
/// <param name="Secret">What the step's commands carry, and nobody else knows; <see cref="Guid.Empty"/> where there is nothing.</param>
/// <param name="Undo">Whether it was the step's undo.</param>
/// <param name="Attempt">The step's attempt.</param>
/// <param name="Message">The message's type, for people.</param>
/// <param name="Outcome">What became of it, as a number. Stores do not interpret it.</param>
/// <param name="ReplyType">The wire name of the remembered answer; null while an outside call is under way.</param>
/// <param name="Reply">The remembered answer's body.</param>
/// <param name="At">When, in Unix milliseconds.</param>
public sealed record LedgerRow(
    Guid Scope, string Step, Guid Secret, bool Undo, int Attempt, string Message, LedgerOutcome Outcome,
    string? ReplyType, ReadOnlyMemory<byte> Reply, long At)
{
    /// <summary>What it is found by, with those of its step's other commands.</summary>
    internal LedgerKey Key => new(Scope, Step, Secret);

    /// <summary>What the barrier looks at.</summary>
    internal LedgerMark Mark => new(Undo, Attempt, Outcome);

    /// <summary>What it is about. Its secret is left out.</summary>
    public override string ToString() => $"{Message} of {Scope} '{Step}', attempt {Attempt}: {Outcome}";
}

/// <summary>Finds the ledger's rows of one saga step, or of one message.</summary>
/// <param name="Scope">The saga, or the message id.</param>
/// <param name="Step">The step; empty for a message without saga.</param>
/// <param name="Secret">What the step's commands carry: what carries something else is about something else.</param>
public readonly record struct LedgerKey(Guid Scope, string Step, Guid Secret = default)
{
    /// <summary>What it is about. The secret is left out.</summary>
    public override string ToString() => $"{Scope} '{Step}'";
}

/// <summary>A stream of another service's events, as it comes through one topic.</summary>
/// <param name="Topic">The topic's full name.</param>
/// <param name="Source">The service whose stream it is.</param>
/// <param name="Stream">The stream.</param>
public readonly record struct PositionKey(string Topic, string Source, string Stream);

/// <summary>How far a stream has come. Never removed by age: what comes next is told from what came already by it.</summary>
/// <param name="Key">The stream.</param>
/// <param name="Version">The last version that was handled.</param>
public sealed record PositionRow(PositionKey Key, long Version);

/// <summary>What one transaction did to a saga or flow: the lines it adds to the timeline.</summary>
/// <param name="Owner">The saga, or the id of the flow's row.</param>
/// <param name="Version">Its version after it.</param>
/// <param name="At">When, to 100 ns.</param>
/// <param name="Entries">What happened, in order, as <see cref="JournalCodec"/> writes it.</param>
/// <param name="Actor">The person or program that asked for it; null when the engine went on by itself.</param>
/// <param name="Reason">Why they asked; null when it was not said.</param>
public sealed record JournalRow(Guid Owner, long Version, DateTimeOffset At, string Entries, string? Actor = null, string? Reason = null);

/// <summary>A message committed with the state and not yet confirmed by the transport.</summary>
/// <param name="Id">The message's id.</param>
/// <param name="Envelope">Its metadata, encoded.</param>
/// <param name="Body">Its body.</param>
/// <param name="ClaimedUntil">Until when a process has it in hand, in Unix milliseconds; another may send it after that. 0 for nobody.</param>
public sealed record OutboxRow(Guid Id, ReadOnlyMemory<byte> Envelope, ReadOnlyMemory<byte> Body, long ClaimedUntil);

/// <summary>A message that failed or came before its turn, and will be tried again; a durable timer.</summary>
/// <param name="Id">The message's id.</param>
/// <param name="Envelope">Its metadata, encoded.</param>
/// <param name="Body">Its body.</param>
/// <param name="Attempts">How often it was tried.</param>
/// <param name="Waits">How often it came before its turn in a stream of events.</param>
/// <param name="Due">When it is tried again, in Unix milliseconds.</param>
/// <param name="Reason">What went wrong last, or what it waits for.</param>
/// <param name="Line">The lock in whose line it stands, and whose release makes it due; null when it only waits for its time.</param>
/// <param name="Place">Its place in that line: those with a lower one come first.</param>
public sealed record DelayedRow(
    Guid Id, ReadOnlyMemory<byte> Envelope, ReadOnlyMemory<byte> Body, int Attempts, int Waits, long Due, string Reason, string? Line = null, long Place = 0)
{
    /// <summary>The plan that a process has to know to take it, as in <see cref="IStore.JoinAsync"/>; null for any process.</summary>
    public string? Plan { get; init; }

    /// <summary>The saga that the message is of, whichever service's it is; null for none.</summary>
    public Guid? Saga { get; init; }
}

/// <summary>A message that cannot be handled, kept with the reason until a person deals with it.</summary>
/// <param name="Number">The row; given by the store, each larger than those before.</param>
/// <param name="Envelope">The metadata as it came, encoded; empty when there was none.</param>
/// <param name="Body">The body as it came.</param>
/// <param name="Reason">Why it is here.</param>
/// <param name="Attempts">How often it was tried.</param>
/// <param name="At">When it came here, in Unix milliseconds.</param>
public sealed record DeadLetterRow(long Number, ReadOnlyMemory<byte> Envelope, ReadOnlyMemory<byte> Body, string Reason, int Attempts, long At)
{
    /// <summary>The saga that the message is of, whichever service's it is; null for none.</summary>
    public Guid? Saga { get; init; }

    /// <summary>The kind of <see cref="Reason"/>, by which dead letters are grouped: a store keeps it beside the row.</summary>
    public string Kind => DeadLetterKind.Of(Reason);
}
