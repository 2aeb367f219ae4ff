using Skald.Decisions;
using Skald.Definition;

namespace Skald.Testing;

/// <summary>Holds the ledgers of a saga that has ended against what it says: what people are told does not balance must really not.</summary>
internal static class VerifierBooks
{
    private const string Participant = "participant";

    private static readonly HashSet<string> Everybody = [Participant];

    /// <summary>The first effect that does not balance.</summary>
    public static string? Check(SagaPlan plan, VerifierState state)
    {
        if (!state.Saga.Status.IsFinal())
        {
            return null;
        }

        var skipped = plan.Steps.Where(s => state.Waived.Has(s.Index)).Select(s => s.Name).ToHashSet();
        var stated = StatedEffects.Of(plan, state.Saga.Status, state.Saga.Steps, StatedEffects.NeedTimeline(plan, state.Saga.Status, state.Saga.Steps) ? skipped : [], _ => Participant);
        var account = new SagaAccount("verified", state.Saga.Id, state.Saga.Definition, state.Saga.Status, state.Saga.Version, stated);
        return Balance.Of(account, [.. plan.Steps.SelectMany(step => Effects(state, step))], Everybody).Imbalances is [var first, ..] ? $"the books do not balance: '{first.Step}': {first.Says}" : null;
    }

    private static IEnumerable<BookedEffect> Effects(VerifierState state, StepPlan step) =>
        from mark in state.Witnesses[step.Index].Ledger
        select new BookedEffect(Participant, state.Saga.Id, NameIn(step.Name, state.RoundOf(step.Index, mark.Attempt)), mark.Undo, mark.Attempt, "", mark.Outcome, default);

    private static string NameIn(string name, int round)
    {
        for (var i = 0; i < round; i++)
        {
            name = StepRound.Next(name);
        }

        return name;
    }
}
