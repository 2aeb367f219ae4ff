using Skald.Decisions;

namespace Skald.Management;

/// <summary>The words for where a step stands: the same in the API, on pages and on the command line.</summary>
public static class StepWords
{
    /// <summary>Said of a step that counts as undone because its definition says that there is nothing to undo.</summary>
    public const string NothingToUndo = "nothing-to-undo";

    /// <summary>All of them.</summary>
    public static IReadOnlyList<string> All { get; } = [.. Enum.GetValues<StepState>().Select(Word), NothingToUndo];

    /// <summary>The word for where a step stands.</summary>
    public static string Word(this StepState state) => state switch
    {
        StepState.Pending => "remaining",
        StepState.Sent => "sent",
        StepState.Waiting => "waiting",
        StepState.RetryWait => "retrying",
        StepState.Done => "done",
        StepState.Skipped => "skipped",
        StepState.Refused => "refused",
        StepState.InDoubt => "in-doubt",
        StepState.Undoing => "undoing",
        StepState.UndoWait => "undo-retrying",
        StepState.Undone => "undone",
        _ => "undo-failed",
    };
}
