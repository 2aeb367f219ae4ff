namespace Skald.Decisions;

/// <summary>Something that happened to a saga. Closed: the decision core covers every case in every status.</summary>
internal abstract record SagaInput
{
    private SagaInput()
    {
    }

    /// <summary>The saga was started.</summary>
    public sealed record Started : SagaInput;

    /// <summary>A participant answered a command.</summary>
    /// <param name="Step">The step's name.</param>
    /// <param name="Attempt">The attempt that was answered.</param>
    /// <param name="Undo">Whether the undo command was answered.</param>
    /// <param name="Reply">The reply; null when refused.</param>
    /// <param name="Refusal">The refusal; null when done.</param>
    public sealed record Replied(string Step, int Attempt, bool Undo, object? Reply, Refusal? Refusal) : SagaInput;

    /// <summary>An answer or an event came that cannot be read, or that leads to a state that cannot be stored.</summary>
    /// <param name="Step">The step's name.</param>
    /// <param name="Attempt">The attempt that was answered.</param>
    /// <param name="Type">The kind of trouble.</param>
    /// <param name="Message">One sentence for people.</param>
    /// <param name="Json">The answer as it came; null when there is none worth keeping.</param>
    /// <param name="Refusal">The refusal, when the answer was one: it counts, only the state misses it.</param>
    public sealed record Unusable(string Step, int Attempt, string Type, string Message, string? Json, Refusal? Refusal = null) : SagaInput;

    /// <summary>A participant gives a command up, after so many attempts that failed. Whether it was done is not known.</summary>
    /// <param name="Step">The step's name.</param>
    /// <param name="Attempt">The attempt.</param>
    /// <param name="Undo">Whether the undo command is given up.</param>
    /// <param name="Message">Why.</param>
    public sealed record GivenUp(string Step, int Attempt, bool Undo, string Message) : SagaInput;

    /// <summary>The local code of a step ran in this transaction.</summary>
    /// <param name="Step">The step's index.</param>
    /// <param name="Undo">Whether it was the undo.</param>
    /// <param name="State">The next state; null when refused.</param>
    /// <param name="Refusal">The refusal; null when done.</param>
    public sealed record LocalDone(int Step, bool Undo, object? State, Refusal? Refusal) : SagaInput;

    /// <summary>The local code of a step threw, and its transaction was rolled back.</summary>
    /// <param name="Step">The step's index.</param>
    /// <param name="Undo">Whether it was the undo.</param>
    /// <param name="Type">The exception's type.</param>
    /// <param name="Message">The exception's message.</param>
    public sealed record LocalFaulted(int Step, bool Undo, string Type, string Message) : SagaInput;

    /// <summary>An awaited event came.</summary>
    /// <param name="Event">The event.</param>
    /// <param name="Json">The event as it came, kept if it is early.</param>
    public sealed record EventArrived(object Event, string Json) : SagaInput;

    /// <summary>The time that the saga set itself has come.</summary>
    /// <param name="AwayUntil">Until when its service was away, as far as this process knows: a deadline that passed before says nothing.</param>
    /// <param name="FoundAt">When it was found due: what passed later is not judged, for its answer may have come meanwhile. Now, unless set.</param>
    public sealed record Woken(DateTimeOffset? AwayUntil = null, DateTimeOffset? FoundAt = null) : SagaInput;

    /// <summary>The process that had its open commands is gone, or could not send them.</summary>
    public sealed record TakenOver : SagaInput;

    /// <summary>A person resumes a parked saga where it stood.</summary>
    /// <param name="Reason">Why; null when it was not said.</param>
    public sealed record Resumed(string? Reason = null) : SagaInput;

    /// <summary>A person or a program asks the saga to turn back.</summary>
    /// <param name="Reason">Why; null when it was not said.</param>
    public sealed record Cancelled(string? Reason = null) : SagaInput;

    /// <summary>A person has what failed tried again now, and what is open asked once more.</summary>
    /// <param name="Reason">Why; null when it was not said.</param>
    public sealed record Retried(string? Reason = null) : SagaInput;

    /// <summary>A person has it go on without a step, or without its undo.</summary>
    /// <param name="Step">The step's name.</param>
    /// <param name="Reason">Why; null when it was not said.</param>
    public sealed record StepSkipped(string Step, string? Reason = null) : SagaInput;

    /// <summary>A person has it turn back, without waiting for what is open.</summary>
    /// <param name="Reason">Why; null when it was not said.</param>
    public sealed record ForcedBack(string? Reason = null) : SagaInput;

    /// <summary>A person has it undo what was done from a step on, and then do it again.</summary>
    /// <param name="Step">The step's name.</param>
    /// <param name="Reason">Why; null when it was not said.</param>
    public sealed record GoneBackTo(string Step, string? Reason = null) : SagaInput;

    /// <summary>A person has it stand still.</summary>
    /// <param name="Reason">Why; null when it was not said.</param>
    public sealed record Paused(string? Reason = null) : SagaInput
    {
        /// <summary>How the reason begins for which it is parked.</summary>
        public const string ParkReason = "it is paused";
    }

    /// <summary>A person has changed its state.</summary>
    /// <param name="State">The state from now on.</param>
    /// <param name="What">Which members have changed, for people.</param>
    public sealed record StateEdited(object State, string What) : SagaInput;

    /// <summary>A person has a step's time come now.</summary>
    /// <param name="Step">The step's name.</param>
    public sealed record TimerFired(string Step) : SagaInput;

    /// <summary>A person has a step's time come at another time.</summary>
    /// <param name="Step">The step's name.</param>
    /// <param name="To">When; null for never.</param>
    public sealed record TimerMoved(string Step, DateTimeOffset? To) : SagaInput;

    /// <summary>An invariant of the engine is broken for this saga.</summary>
    /// <param name="What">What was found.</param>
    public sealed record Broken(string What) : SagaInput;
}
