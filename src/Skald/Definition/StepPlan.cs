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

/// <summary>One step of a plan: what every kind of step has. What only some have is in its <see cref="Work"/>.</summary>
public sealed record StepPlan
{
    /// <summary>The step's stable identity.</summary>
    public required string Name { get; init; }

    /// <summary>Names this step had in earlier versions of the definition.</summary>
    public IReadOnlyList<string> FormerNames { get; init; } = [];

    /// <summary>Position in the plan, from 0.</summary>
    public required int Index { get; init; }

    /// <summary>Steps of one stage run side by side; a stage begins when the one before it has ended.</summary>
    public required int Stage { get; init; }

    /// <summary>What it means for the way back.</summary>
    public required StepKind Kind { get; init; }

    /// <summary>What it does.</summary>
    public required StepWork Work { get; init; }

    /// <summary>Whether the step is taken at all; null for always.</summary>
    public Func<object, bool>? When { get; init; }

    /// <summary>Why there is nothing to undo, when the author said so.</summary>
    public string? NothingToUndo { get; init; }

    /// <summary>How undoing is retried before the saga is parked.</summary>
    public RetryPolicy UndoRetry { get; init; } = RetryPolicy.Persistent;

    /// <summary>Whether undoing this step takes work, rather than being said to need none.</summary>
    public bool CanBeUndone => Work.UndoCommand is not null || Work.UndoAction is not null;

    /// <summary>Whether a step in doubt may be undone instead of waited for.</summary>
    public bool MayBeGivenUpInDoubt => Kind != StepKind.Retriable && (CanBeUndone || NothingToUndo is not null);
}
