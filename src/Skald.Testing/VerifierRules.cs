using Skald.Decisions;
using Skald.Definition;

namespace Skald.Testing;

/// <summary>What must hold of every decision and in every state.</summary>
internal static class VerifierRules
{
    /// <summary>The first rule that a decision breaks.</summary>
    public static string? Check(SagaPlan plan, SagaInstance before, Decision decision)
    {
        var after = decision.Next;
        if (before.Status.IsFinal() && (decision.Changed || decision.Effects.Count > 0))
        {
            return $"a {before.Status.Word()} saga changed again";
        }

        if (after.Status != before.Status && (!before.Status.Next().Contains(after.Status) || ComesBackUnasked(before, decision)))
        {
            return $"a {before.Status.Word()} saga became {after.Status.Word()}";
        }

        if (after.Version != before.Version + (decision.Changed ? 1 : 0))
        {
            return $"version {before.Version} was followed by {after.Version}";
        }

        return decision.Effects.Select(e => CheckUndo(plan, before, after, e)).FirstOrDefault(v => v is not null);
    }

    /// <summary>Only a person has a saga on its way back go on, and then from a step.</summary>
    private static bool ComesBackUnasked(SagaInstance before, Decision decision) =>
        before.Status == SagaStatus.Compensating && decision.Next.Status is SagaStatus.Running or SagaStatus.Completed
        && !decision.Journal.Exists(entry => entry.Kind is JournalKind.GoesOn or JournalKind.GoesOnFrom);

    /// <summary>What is open is sent again only when its sender is gone, or for a person.</summary>
    public static string? CheckRepeats(SagaPlan plan, SagaInstance before, Decision decision) => decision.Effects.OfType<Effect.Send>()
        .Where(send => before.Steps[send.Step].State == (send.Undo ? StepState.Undoing : StepState.Sent) && before.Steps[send.Step].Attempt == send.Attempt)
        .Select(send => $"'{plan.Steps[send.Step].Name}' was sent again without a reason").FirstOrDefault();

    /// <summary>The first rule that a state breaks.</summary>
    public static string? Check(SagaPlan plan, VerifierState state) => state.Saga.Status switch
    {
        SagaStatus.Completed => plan.Steps.Where(s => !state.Waived.Has(s.Index)).Select(s => CheckCompleted(s, state)).FirstOrDefault(v => v is not null),
        SagaStatus.Compensated => plan.Steps.Where(s => !state.Waived.Has(s.Index)).Select(s => CheckCompensated(s, state)).FirstOrDefault(v => v is not null),
        _ => null,
    };

    private static string? CheckUndo(SagaPlan plan, SagaInstance before, SagaInstance after, Effect effect)
    {
        var index = effect switch
        {
            Effect.Send { Undo: true } send => send.Step,
            Effect.RunLocal { Undo: true } local => local.Step,
            _ => -1,
        };
        if (index < 0)
        {
            return null;
        }

        var step = plan.Steps[index];
        if (after.Status != SagaStatus.Compensating)
        {
            return $"'{step.Name}' is being undone by a {after.Status.Word()} saga";
        }

        if (plan.PivotIndex >= 0 && after.Steps[plan.PivotIndex].State == StepState.Done)
        {
            return $"'{step.Name}' is being undone after the point of no return";
        }

        if (before.Steps[index].State is StepState.Pending or StepState.Skipped or StepState.Refused or StepState.Undone or StepState.Waiting)
        {
            return $"'{step.Name}' is being undone although it is {before.Steps[index].State}";
        }

        var open = plan.Steps.FirstOrDefault(s => s.Stage > step.Stage && after.Steps[s.Index].State
            is StepState.Done or StepState.InDoubt or StepState.Sent or StepState.RetryWait or StepState.Undoing or StepState.UndoWait);
        return open is null ? null : $"'{step.Name}' is being undone before '{open.Name}', which came after it, is";
    }

    private static string? CheckCompleted(StepPlan step, VerifierState state)
    {
        var (applied, undone, _) = state.Witnesses[step.Index];
        return state.Saga.Steps[step.Index].State switch
        {
            StepState.Done when step.Work is StepWork.Wait || (applied == 1 && undone == 0) => null,
            StepState.Done => $"the saga is completed, but '{step.Name}' took effect {applied} times and was undone {undone} times",
            StepState.Skipped when applied == 0 => null,
            var other => $"the saga is completed, but '{step.Name}' is {other} and took effect {applied} times",
        };
    }

    private static string? CheckCompensated(StepPlan step, VerifierState state)
    {
        var (applied, undone, _) = state.Witnesses[step.Index];
        if (state.Saga.Steps[step.Index].State == StepState.Waiting)
        {
            return $"the saga is compensated, and '{step.Name}' still waits";
        }

        if (step.CanBeUndone && applied != undone)
        {
            return $"the saga is compensated, but '{step.Name}' took effect {applied} times and was undone {undone} times";
        }

        return state.Saga.Steps[step.Index].State is StepState.Refused or StepState.Pending or StepState.Skipped && applied > 0
            ? $"the saga is compensated and '{step.Name}' is {state.Saga.Steps[step.Index].State}, but it took effect"
            : null;
    }
}
