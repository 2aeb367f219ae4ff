using Skald.Definition;

namespace Skald.Decisions;

/// <summary>Reads off a saga what its participants' ledgers have to say. Pure.</summary>
internal static class StatedEffects
{
    /// <summary>Whether a person may have skipped a step's undo where the saga does not show it any more: its timeline does.</summary>
    public static bool NeedTimeline(SagaPlan plan, SagaStatus status, IReadOnlyList<StepRecord> steps) =>
        status.IsFinal() && plan.Steps.Any(step => StepRound.Number(steps[step.Index].NameOnTheWire(step)) > 1 || (step.Kind == StepKind.Pivot && steps[step.Index].State == StepState.Undone));

    /// <summary>What it says of the steps that participants do.</summary>
    /// <param name="plan">What the saga runs.</param>
    /// <param name="status">Where it stands.</param>
    /// <param name="steps">Its steps.</param>
    /// <param name="skipped">The steps that its timeline says were skipped; read when <see cref="NeedTimeline"/> says so, and empty otherwise.</param>
    /// <param name="participantOf">Who handles a command.</param>
    public static IReadOnlyList<StatedEffect> Of(SagaPlan plan, SagaStatus status, IReadOnlyList<StepRecord> steps, IReadOnlySet<string> skipped, Func<CommandPlan, string> participantOf)
    {
        var stated = new List<StatedEffect>();
        foreach (var step in plan.Steps)
        {
            var record = steps[step.Index];
            // What a step does in its saga's own transaction is in no ledger, and what is yet to be asked for is in none either.
            if (((step.Work as StepWork.Remote)?.Command ?? step.Work.UndoCommand) is not { } command || (record.Attempt == 0 && !status.IsFinal()))
            {
                continue;
            }

            var (name, participant, isSkipped) = (record.NameOnTheWire(step), participantOf(command), skipped.Contains(step.Name));
            stated.AddRange(StepRound.UpTo(name).SkipLast(1).Select(round => new StatedEffect(round, participant, OfRound(step, status, isSkipped))));
            stated.Add(new StatedEffect(name, participant, status.IsFinal() ? OfEnd(step, record, status, isSkipped) : EffectState.Open));
        }

        return stated;
    }

    /// <summary>Of a round before the last one: all of it was undone before the next began.</summary>
    private static EffectState OfRound(StepPlan step, SagaStatus status, bool isSkipped) =>
        !status.IsFinal() ? EffectState.Open : isSkipped || step.Work.UndoCommand is null ? EffectState.Either : EffectState.Gone;

    private static EffectState OfEnd(StepPlan step, StepRecord record, SagaStatus status, bool isSkipped) => record.State switch
    {
        StepState.Done when status == SagaStatus.Completed => EffectState.Applied,
        // A point of no return whose undo a person skips is said to be undone.
        StepState.Done or StepState.Undone => step.Work.UndoCommand is null || (step.Kind == StepKind.Pivot && isSkipped) ? EffectState.Either : EffectState.Undone,
        StepState.Refused or StepState.Pending => EffectState.Never,
        // One that was asked for before a person skipped it may have been done, and stays so.
        StepState.Skipped when record.Attempt == 0 => EffectState.Never,
        _ => EffectState.Either,
    };
}
