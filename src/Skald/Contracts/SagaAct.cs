using System.Text.Json;

namespace Skald;

/// <summary>
/// Something that a person, or a tool for one, does to a saga from outside. Closed: the same rules that carry sagas on decide what comes of each
/// (<see cref="SkaldService.ActAsync"/>), and say it beforehand without doing it (<see cref="SkaldService.PreviewAsync"/>).
/// </summary>
public abstract record SagaAct
{
    private SagaAct()
    {
    }

    /// <summary>What it is called in the API, on the command line and in the audit: <c>resume</c>, <c>go-on-from</c>, ...</summary>
    public abstract string Name { get; }

    /// <summary>The step that it is about; null for the saga as a whole.</summary>
    public virtual string? AboutStep => null;

    /// <summary>A parked saga goes on where it stood.</summary>
    public sealed record Resume : SagaAct
    {
        /// <inheritdoc/>
        public override string Name => "resume";
    }

    /// <summary>What is to be tried again later is tried now, and what is open is asked once more, under the same ids. A parked saga goes on.</summary>
    public sealed record Retry : SagaAct
    {
        /// <inheritdoc/>
        public override string Name => "retry";
    }

    /// <summary>
    /// The saga goes on without a step, or without its undo. What its participant may have done of it stays in doubt, and before the point of no return it is
    /// undone should the saga turn back.
    /// </summary>
    /// <param name="Step">The step's name.</param>
    public sealed record Skip(string Step) : SagaAct
    {
        /// <inheritdoc/>
        public override string Name => "skip";

        /// <inheritdoc/>
        public override string? AboutStep => Step;
    }

    /// <summary>As <see cref="Cancel"/>, also where the definition forbids that, and without waiting for what is open: that is in doubt, and undone too. Never past the point of no return.</summary>
    public sealed record Compensate : SagaAct
    {
        /// <inheritdoc/>
        public override string Name => "compensate";
    }

    /// <summary>The saga undoes what it has done from a step on, in reverse order, and then does it again from there. Never past the point of no return.</summary>
    /// <param name="Step">The step's name.</param>
    public sealed record GoOnFrom(string Step) : SagaAct
    {
        /// <inheritdoc/>
        public override string Name => "go-on-from";

        /// <inheritdoc/>
        public override string? AboutStep => Step;
    }

    /// <summary>The saga stands still until it is resumed. Answers and events that come meanwhile are kept.</summary>
    public sealed record Pause : SagaAct
    {
        /// <inheritdoc/>
        public override string Name => "pause";
    }

    /// <summary>Changes the saga's state.</summary>
    /// <param name="Patch">The members to set, and those to remove as null: a JSON merge patch (RFC 7396). The result is held against the state's type.</param>
    public sealed record EditState(JsonElement Patch) : SagaAct
    {
        /// <inheritdoc/>
        public override string Name => "edit";
    }

    /// <summary>Asks the saga to turn back, as <see cref="SkaldService.CancelAsync(SagaId, string?, string?, CancellationToken)"/> does.</summary>
    public sealed record Cancel : SagaAct
    {
        /// <inheritdoc/>
        public override string Name => "cancel";
    }

    /// <summary>A step's time comes now.</summary>
    /// <param name="Step">The step's name.</param>
    public sealed record FireTimer(string Step) : SagaAct
    {
        /// <inheritdoc/>
        public override string Name => "fire-timer";

        /// <inheritdoc/>
        public override string? AboutStep => Step;
    }

    /// <summary>A step's time comes at another time.</summary>
    /// <param name="Step">The step's name.</param>
    /// <param name="To">When; null for never, where the step would otherwise only be given up.</param>
    public sealed record MoveTimer(string Step, DateTimeOffset? To) : SagaAct
    {
        /// <inheritdoc/>
        public override string Name => "move-timer";

        /// <inheritdoc/>
        public override string? AboutStep => Step;
    }

    /// <summary>Gives the saga the event that it waits for, or will wait for.</summary>
    /// <param name="Event">The event's wire name.</param>
    /// <param name="Body">The event as JSON.</param>
    public sealed record Raise(string Event, JsonElement Body) : SagaAct
    {
        /// <inheritdoc/>
        public override string Name => "raise";
    }
}

/// <summary>How an act is done, besides what it is.</summary>
public sealed record ActOptions
{
    /// <summary>The version that was looked at: the act is refused if the saga has moved on. Null for whichever it has.</summary>
    public long? ExpectedVersion { get; init; }

    /// <summary>Who does it, for timeline and audit; null when nobody is known.</summary>
    public string? Actor { get; init; }

    /// <summary>Why, for timeline and audit; null when it was not said.</summary>
    public string? Reason { get; init; }
}

/// <summary>What came of an act.</summary>
/// <param name="Saga">The saga.</param>
/// <param name="Version">Its version afterwards.</param>
/// <param name="Status">Where it stands afterwards.</param>
/// <param name="Refused">Why nothing was done, in a sentence; null when it was done.</param>
public sealed record ActOutcome(SagaId Saga, long Version, SagaStatus Status, string? Refused = null);

/// <summary>What an act would do, said without doing it.</summary>
/// <param name="Act">The act.</param>
/// <param name="Saga">The saga.</param>
/// <param name="Version">The version for which this holds: <see cref="ActOptions.ExpectedVersion"/> names it.</param>
/// <param name="Refused">Why it would be refused, in a sentence; null when it would be done. Then all that follows is empty.</param>
/// <param name="Before">Where the saga stands.</param>
/// <param name="After">Where it would stand right after the act.</param>
/// <param name="Now">What happens in the act's own transaction, in order: exactly this.</param>
/// <param name="Then">What follows if everything that is asked is done: each entry once the one before is. It ends where an answer decides what is next.</param>
/// <param name="End">How it ends if everything that is asked is done; null where that cannot be said.</param>
/// <param name="InDoubt">Steps of which nobody will know whether they were done, each with a sentence.</param>
/// <param name="Stays">Steps that stay done, because nothing undoes them.</param>
/// <param name="State">The state afterwards, where the act changes it; null where it does not.</param>
public sealed record ActPreview(
    SagaAct Act, SagaId Saga, long Version, string? Refused, SagaStatus Before, SagaStatus After, IReadOnlyList<PlannedAction> Now,
    IReadOnlyList<PlannedAction> Then, SagaStatus? End, IReadOnlyList<StepDoubt> InDoubt, IReadOnlyList<string> Stays, JsonElement? State);

/// <summary>One thing that happens because of an act.</summary>
/// <param name="Kind">What is done.</param>
/// <param name="Step">For which step.</param>
/// <param name="Undo">Whether it undoes the step.</param>
/// <param name="Command">The command's wire name; null when nothing is sent.</param>
/// <param name="Service">Who is asked; null when nobody is.</param>
/// <param name="Attempt">The attempt that it is.</param>
/// <param name="Repeats">Whether exactly this was sent before: its participant recognises it.</param>
/// <param name="Due">When its time comes; null when it has none.</param>
public sealed record PlannedAction(
    PlannedActionKind Kind, string Step, bool Undo = false, string? Command = null, string? Service = null, int Attempt = 0, bool Repeats = false, DateTimeOffset? Due = null);

/// <summary>What is done for a step.</summary>
public enum PlannedActionKind
{
    /// <summary>A command is sent to a participant.</summary>
    Sends,

    /// <summary>Code of the definition runs in the saga's own transaction.</summary>
    Runs,

    /// <summary>An event is waited for.</summary>
    Waits,

    /// <summary>The step is passed over.</summary>
    Skips,

    /// <summary>It is tried again at its time.</summary>
    RetriesLater,

    /// <summary>The step counts as undone: nothing has to be done for it.</summary>
    NothingToUndo,

    /// <summary>The step is done again later: it counts as not begun.</summary>
    Resets,
}

/// <summary>A step of which nobody will know whether it was done.</summary>
/// <param name="Step">The step.</param>
/// <param name="Why">Why, in a sentence.</param>
public sealed record StepDoubt(string Step, string Why);

/// <summary>A saga is not as it was when the act was decided on. Nothing was done.</summary>
/// <param name="saga">The saga.</param>
/// <param name="expected">The version that was looked at.</param>
/// <param name="actual">The version it has.</param>
public sealed class SagaMovedOnException(SagaId saga, long expected, long actual)
    : Exception($"Saga {saga} has moved on: it is at version {actual}, and the act was meant for version {expected}. Look at it again; nothing was done.")
{
    /// <summary>The saga.</summary>
    public SagaId Saga { get; } = saga;

    /// <summary>The version that was looked at.</summary>
    public long Expected { get; } = expected;

    /// <summary>The version it has.</summary>
    public long Actual { get; } = actual;
}
