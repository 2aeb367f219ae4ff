using System.Collections.Immutable;

namespace Skald.Decisions;

/// <summary>The commands of a saga that nobody has answered.</summary>
internal static class OpenCommands
{
    /// <summary>Whether some are open besides those that are sent now. Whoever sends beside another process takes those over, too.</summary>
    /// <param name="steps">The saga's steps.</param>
    /// <param name="sent">What is sent now.</param>
    public static bool AreThereBeside(ImmutableArray<StepRecord> steps, IReadOnlySet<(int Step, int Attempt, bool Undo)> sent) =>
        steps.Where((step, index) => step.State is StepState.Sent or StepState.Undoing && !sent.Contains((index, step.Attempt, step.State == StepState.Undoing))).Any();
}
