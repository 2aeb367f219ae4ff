namespace Skald.Definition;

/// <summary>What a step means for the saga's way back.</summary>
public enum StepKind
{
    /// <summary>Before the pivot: can be undone.</summary>
    Compensatable,

    /// <summary>The point of no return: once done, the saga only goes forward.</summary>
    Pivot,

    /// <summary>After the pivot: retried until done.</summary>
    Retriable,
}

/// <summary>How a step acts.</summary>
public enum StepAction
{
    /// <summary>Code that runs in the saga's own transaction.</summary>
    Local,

    /// <summary>A command to a participant, and its reply.</summary>
    Command,

    /// <summary>Waiting for an event from people or from outside.</summary>
    Event,
}

/// <summary>How often something is tried again, and how long to wait in between.</summary>
/// <param name="Retries">Tries after the first: 0, for none, to 1,000. Checked at start-up, as the delays are.</param>
/// <param name="Delay">Before the first retry: zero to 30 days.</param>
/// <param name="MaxDelay">The delay doubles with each retry up to this; equal to <paramref name="Delay"/> for a fixed one, at most 30 days.</param>
public sealed record RetryPolicy(int Retries, TimeSpan Delay, TimeSpan MaxDelay)
{
    /// <summary>No retry.</summary>
    public static readonly RetryPolicy None = new(0, TimeSpan.Zero, TimeSpan.Zero);

    /// <summary>For steps after the pivot and for undoing: 12 tries in about seven minutes, then the saga is parked.</summary>
    public static readonly RetryPolicy Persistent = new(11, TimeSpan.FromSeconds(1), TimeSpan.FromMinutes(1));

    /// <summary>The wait before retry <paramref name="retry"/> (1 for the first).</summary>
    public TimeSpan DelayBefore(int retry)
    {
        // In floating point: an hour doubled 28 times is more than a TimeSpan holds.
        var doubled = Delay.Ticks * Math.Pow(2, Math.Min(retry - 1, 30));
        return doubled < MaxDelay.Ticks ? TimeSpan.FromTicks((long)doubled) : MaxDelay;
    }
}

/// <summary>Runs a local step or its undo.</summary>
/// <param name="state">The saga's state.</param>
/// <param name="context">The transaction and the clock.</param>
/// <returns>The next state, or a refusal.</returns>
public delegate ValueTask<(object? State, Refusal? Refusal)> LocalAction(object state, StepContext context);

/// <summary>One step of a plan. Functions over state are pure; only <see cref="LocalAction"/> may do I/O.</summary>
public sealed record StepPlan
{
    /// <summary>The step's stable identity.</summary>
    public required string Name { get; init; }

    /// <summary>Position in the plan, from 0.</summary>
    public int Index { get; init; }

    /// <summary>Steps of one stage run side by side; a stage begins when the one before it has ended.</summary>
    public int Stage { get; init; }

    /// <summary>What it means for the way back.</summary>
    public required StepKind Kind { get; init; }

    /// <summary>How it acts.</summary>
    public StepAction Action { get; init; }

    /// <summary>Names this step had in earlier versions of the definition.</summary>
    public IReadOnlyList<string> Aliases { get; init; } = [];

    /// <summary>The command's type, when <see cref="Action"/> is a command.</summary>
    public Type? CommandType { get; init; }

    /// <summary>The type of the command that undoes it, if one does.</summary>
    public Type? UndoCommandType { get; init; }

    /// <summary>The awaited event's type, when <see cref="Action"/> is an event.</summary>
    public Type? EventType { get; init; }

    /// <summary>The refusal type that <see cref="OnRefusal"/> reads; <see cref="Refusal"/> unless declared.</summary>
    public Type RefusalType { get; init; } = typeof(Refusal);

    /// <summary>Whether the step is taken at all; null for always.</summary>
    public Func<object, bool>? When { get; init; }

    /// <summary>Builds the command from the state.</summary>
    public Func<object, ICommand>? BuildCommand { get; init; }

    /// <summary>Builds the undo command from the state.</summary>
    public Func<object, ICommand>? BuildUndo { get; init; }

    /// <summary>Takes the reply, or the awaited event, into the state.</summary>
    public Func<object, object, object>? OnReply { get; init; }

    /// <summary>The type of what <see cref="OnReply"/> takes; null without it.</summary>
    public Type? AnswerType { get; init; }

    /// <summary>Takes a refusal into the state.</summary>
    public Func<object, Refusal, object>? OnRefusal { get; init; }

    /// <summary>The local action.</summary>
    public LocalAction? Do { get; init; }

    /// <summary>The local undo.</summary>
    public LocalAction? Undo { get; init; }

    /// <summary>Why there is nothing to undo, when the author said so.</summary>
    public string? NothingToUndo { get; init; }

    /// <summary>How long a reply or an event may take before the step is in doubt.</summary>
    public TimeSpan Within { get; init; } = DefaultDeadline;

    /// <summary>Whether the author set <see cref="Within"/>; a wait without it has no deadline.</summary>
    public bool HasDeadline { get; init; }

    /// <summary>What happens after a refusal: tried again this often, then the step has failed.</summary>
    public RetryPolicy RefusalRetry { get; init; } = RetryPolicy.None;

    /// <summary>Whether the author said what a refusal of a retriable step means.</summary>
    public bool SaysWhatRefusalMeans { get; init; }

    /// <summary>How undoing is retried before the saga is parked.</summary>
    public RetryPolicy UndoRetry { get; init; } = RetryPolicy.Persistent;

    /// <summary>How long a remote step waits for its reply unless told otherwise.</summary>
    public static readonly TimeSpan DefaultDeadline = TimeSpan.FromSeconds(30);

    /// <summary>Whether undoing this step takes work, rather than being said to need none.</summary>
    public bool CanBeUndone => Undo is not null || BuildUndo is not null;

    /// <summary>Whether a step in doubt may be undone instead of asked again.</summary>
    public bool MayBeGivenUpInDoubt => Kind != StepKind.Retriable && (CanBeUndone || NothingToUndo is not null);
}
