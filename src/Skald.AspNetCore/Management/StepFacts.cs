using Skald.Decisions;
using Skald.Definition;

namespace Skald.Management;

/// <summary>A step of a plan with where a saga stands in it: all that a sentence about it needs.</summary>
/// <param name="Step">What its definition says of it.</param>
/// <param name="View">Where it stands.</param>
/// <param name="Service">Who is asked to do it; null for nobody.</param>
/// <param name="UndoService">Who is asked to undo it; null for nobody.</param>
internal sealed record StepFacts(StepPlan Step, StepView View, string? Service, string? UndoService)
{
    public string Name => Step.Name;

    public StepState State => View.State;

    /// <summary>Where it stands, as a word.</summary>
    public string Word => State == StepState.Undone && Step is { NothingToUndo: not null, CanBeUndone: false } ? StepWords.NothingToUndo : State.Word();

    /// <summary>Something has to come for it: an answer, an event, its time.</summary>
    public bool IsOpen => State is StepState.Sent or StepState.Waiting or StepState.RetryWait or StepState.Undoing or StepState.UndoWait;

    public bool IsUndo => State is StepState.Undoing or StepState.UndoWait;

    /// <summary>It has to be undone, or is, when its saga turns back.</summary>
    public bool IsOfTheWayBack => IsUndo || State is StepState.Done or StepState.InDoubt or StepState.Undone or StepState.UndoFailed;

    /// <summary>Which attempt this is; 0 before the first.</summary>
    public int Attempt => IsUndo ? View.Tries + 1 : View.Attempt;

    /// <summary>How many attempts there are; null where there is only one.</summary>
    public int? Attempts => IsUndo ? Many(Step.UndoRetry) : Step.Work is StepWork.Remote { RefusalRetry: var retry } ? Many(retry) : null;

    private static int? Many(RetryPolicy retry) => retry.Retries > 0 ? retry.Retries + 1 : null;
}
