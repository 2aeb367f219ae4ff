using System.Collections.Immutable;

namespace Skald.Decisions;

/// <summary>Where one step of a saga stands. The character is how it is stored.</summary>
public enum StepState
{
    /// <summary>Not reached.</summary>
    Pending = 'P',

    /// <summary>Its command is open.</summary>
    Sent = 'S',

    /// <summary>It waits for an event.</summary>
    Waiting = 'W',

    /// <summary>It failed and will be tried again when due.</summary>
    RetryWait = 'T',

    /// <summary>It is done.</summary>
    Done = 'D',

    /// <summary>Its condition did not hold.</summary>
    Skipped = 'K',

    /// <summary>It was refused: certainly not done.</summary>
    Refused = 'R',

    /// <summary>Its deadline passed: it may have been done, so it is undone too.</summary>
    InDoubt = 'I',

    /// <summary>Its undo command is open.</summary>
    Undoing = 'U',

    /// <summary>Undoing failed and will be tried again when due.</summary>
    UndoWait = 'V',

    /// <summary>It is undone.</summary>
    Undone = 'X',

    /// <summary>Undoing used up its attempts; a person has to look.</summary>
    UndoFailed = 'F',
}

/// <summary>What a saga remembers of one step.</summary>
/// <param name="State">Where it stands.</param>
/// <param name="Attempt">Part of the message id: a new attempt is a new request, a repeat of one attempt is not.</param>
/// <param name="Tries">How often the local code, or the undo, has failed.</param>
/// <param name="Since">When the present wait began.</param>
/// <param name="Due">When the saga must look at this step again.</param>
/// <param name="Name">
/// The name under which it was begun, which its messages and the participant's ledger know it by: a later rename of the step changes
/// nothing for what is open. Null before it was begun.
/// </param>
/// <param name="Held">As JSON, an event that came before the saga waited for it, or past the pivot a reply that the saga could not take in; empty when that reply was not kept and is asked for again.</param>
public readonly record struct StepRecord(
    StepState State, int Attempt, int Tries, DateTimeOffset Since, DateTimeOffset? Due, string? Name = null, string? Held = null)
{
    /// <summary>A step not reached yet.</summary>
    public static readonly StepRecord Initial = new(StepState.Pending, 0, 0, default, null);

    /// <summary>Whether the step is known to be done, while it is undone or that has failed: then a participant that does not know it has lost something.</summary>
    public bool WasDone { get; init; }

    /// <summary>A person has the saga do again what it did from here on; first all of it is undone. At most one step of a saga says so.</summary>
    public bool IsDoneAgain { get; init; }

    /// <summary>Past the pivot an answer came that could not be taken in, and was not kept either: resuming asks for it again.</summary>
    internal const string AskAgain = "";

    /// <summary>Whether the step is known to be done, and only its answer is asked for again.</summary>
    internal bool IsAskedAgain => State == StepState.Sent && Held == AskAgain;

    /// <summary>What the step's messages and the participant's ledger call it.</summary>
    /// <param name="step">The step in the running definition.</param>
    public string NameOnTheWire(Definition.StepPlan step) => Name ?? (step ?? throw new ArgumentNullException(nameof(step))).Name;
}

/// <summary>Why a saga turned back.</summary>
/// <param name="Step">The first step that failed.</param>
/// <param name="Type">The refusal's or the fault's type.</param>
/// <param name="Message">One sentence for people.</param>
public sealed record SagaFailure(string Step, string Type, string Message)
{
    /// <summary>The type when a deadline has passed.</summary>
    internal const string Timeout = nameof(Timeout);

    /// <summary>The type when somebody asked it to turn back.</summary>
    internal const string Cancelled = nameof(Cancelled);
}

/// <summary>One run of a definition. Immutable: a change is a new value with the next version.</summary>
public sealed record SagaInstance
{
    /// <summary>The saga.</summary>
    public required SagaId Id { get; init; }

    /// <summary>The definition's name.</summary>
    public required string Definition { get; init; }

    /// <summary>1 for a new saga, one more with each stored change.</summary>
    public required long Version { get; init; }

    /// <summary>Where it stands.</summary>
    public required SagaStatus Status { get; init; }

    /// <summary>The author's state record.</summary>
    public required object State { get; init; }

    /// <summary>One record per step of the plan, in its order.</summary>
    public required ImmutableArray<StepRecord> Steps { get; init; }

    /// <summary>Why it turned back, if it did.</summary>
    public SagaFailure? Failure { get; init; }

    /// <summary>Why it waits for a person, when parked.</summary>
    public string? ParkReason { get; init; }

    /// <summary>When the engine must look at it again; null when only a message can move it.</summary>
    public DateTimeOffset? WakeAt { get; init; }

    /// <summary>When it was started.</summary>
    public required DateTimeOffset StartedAt { get; init; }
}
