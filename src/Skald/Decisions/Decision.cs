namespace Skald.Decisions;

/// <summary>What the engine has to do because of a decision.</summary>
internal abstract record Effect
{
    private Effect()
    {
    }

    /// <summary>Send a step's command, or its undo.</summary>
    /// <param name="Step">The step's index.</param>
    /// <param name="Name">The name under which the step was begun.</param>
    /// <param name="Attempt">The attempt.</param>
    /// <param name="Undo">Whether it is the undo.</param>
    /// <param name="Command">The command.</param>
    /// <param name="WasDone">In an undo: whether the step is known to be done.</param>
    public sealed record Send(int Step, string Name, int Attempt, bool Undo, ICommand Command, bool WasDone = false) : Effect;

    /// <summary>Run a step's local code in this transaction, and decide again with its result.</summary>
    /// <param name="Step">The step's index.</param>
    /// <param name="Name">The name under which the step was begun.</param>
    /// <param name="Attempt">The attempt: what the code sends gets its ids from it.</param>
    /// <param name="Undo">Whether it is the undo.</param>
    /// <param name="Run">The code.</param>
    public sealed record RunLocal(int Step, string Name, int Attempt, bool Undo, Definition.LocalAction Run) : Effect;
}

/// <summary>What happened, for the journal. Stored as a number: a new one comes last.</summary>
public enum JournalKind
{
    /// <summary>The saga was started.</summary>
    Started,

    /// <summary>A command went out.</summary>
    Sent,

    /// <summary>A command went out again: whoever sent it is gone or could not send it, or a person resumed the saga.</summary>
    Resent,

    /// <summary>A step is done.</summary>
    Done,

    /// <summary>A step's condition did not hold.</summary>
    Skipped,

    /// <summary>A step was refused, or its code failed.</summary>
    Refused,

    /// <summary>A step will be tried again.</summary>
    Retrying,

    /// <summary>A step's deadline passed.</summary>
    TimedOut,

    /// <summary>The saga began to wait for an event.</summary>
    Waiting,

    /// <summary>The saga turned back.</summary>
    Compensating,

    /// <summary>An undo command went out.</summary>
    Undoing,

    /// <summary>A step is undone.</summary>
    Undone,

    /// <summary>Undoing used up its attempts.</summary>
    UndoFailed,

    /// <summary>The saga ended well.</summary>
    Completed,

    /// <summary>The saga is undone.</summary>
    Compensated,

    /// <summary>The saga waits for a person.</summary>
    Parked,

    /// <summary>A person resumed it.</summary>
    Resumed,

    /// <summary>A person or a program asked it to turn back.</summary>
    Cancelled,

    /// <summary>A reply or event came that changes nothing any more.</summary>
    Late,

    /// <summary>An event came before it was waited for.</summary>
    Early,

    /// <summary>This service published an event of the flow.</summary>
    Published,

    /// <summary>An event of the flow came here.</summary>
    Received,

    /// <summary>An event that the flow waits for is overdue.</summary>
    Stuck,

    /// <summary>The flow ended undone.</summary>
    EndedUndone,

    /// <summary>Something that this version does not know, or that is damaged.</summary>
    Unknown,

    /// <summary>A person keeps the saga from being removed.</summary>
    Held,

    /// <summary>Nobody keeps it from being removed any longer.</summary>
    Released,

    /// <summary>A person had what has failed tried again at once, and what is open asked once more.</summary>
    Retried,

    /// <summary>A person changed its state.</summary>
    Edited,

    /// <summary>A person had a step's time come at once.</summary>
    TimerFired,

    /// <summary>A person had a step's time come at another time.</summary>
    TimerMoved,

    /// <summary>A person has it undo what it has done from a step on, and then do it again.</summary>
    GoesOnFrom,

    /// <summary>What was done from a step on is undone, and it is done again.</summary>
    GoesOn,
}

/// <summary>One line of the timeline that people see.</summary>
/// <param name="Kind">What happened.</param>
/// <param name="Step">To which step; null for the saga as a whole.</param>
/// <param name="Detail">What else there is to know.</param>
public readonly record struct JournalEntry(JournalKind Kind, string? Step = null, string? Detail = null);

/// <summary>The next saga, what to do, and what to remember. A value: same inputs, same decision.</summary>
/// <param name="Next">The saga as decided.</param>
/// <param name="Changed">False when only the journal grows: the input was late or repeated.</param>
/// <param name="Effects">What to do, in order.</param>
/// <param name="Journal">What happened, in order.</param>
internal sealed record Decision(SagaInstance Next, bool Changed, IReadOnlyList<Effect> Effects, List<JournalEntry> Journal)
{
    /// <summary>What became of an event that arrived.</summary>
    public EventOutcome Event { get; init; }

    /// <summary>Why an act of a person does nothing; null when it does something, and for other inputs.</summary>
    public string? Refused { get; init; }

    /// <summary>What became of the wish that it turns back; null for other inputs.</summary>
    public CancelAnswer? Cancel { get; init; }
}
