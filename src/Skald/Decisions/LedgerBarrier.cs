namespace Skald.Decisions;

/// <summary>What became of a message that a participant handled, as its ledger keeps it.</summary>
public enum LedgerOutcome
{
    /// <summary>An outside call was begun; its outcome is not known yet.</summary>
    Begun = 0,

    /// <summary>The effect was applied, or undone.</summary>
    Done = 1,

    /// <summary>Refused: no effect.</summary>
    Refused = 2,

    /// <summary>An undo found nothing to undo: recorded, so that the action cannot come after it.</summary>
    Empty = 3,

    /// <summary>An undo came for an action that its saga knows to be done, and nothing was remembered of it: recorded, so that no copy of the action can come after it.</summary>
    Missing = 4,
}

/// <summary>One entry of the ledger about a saga's step.</summary>
/// <param name="Undo">Whether it is about the step's undo.</param>
/// <param name="Attempt">The attempt.</param>
/// <param name="Outcome">What became of it.</param>
internal readonly record struct LedgerMark(bool Undo, int Attempt, LedgerOutcome Outcome);

/// <summary>What a participant does with a command.</summary>
internal enum VerdictKind
{
    /// <summary>Apply the effect, and remember what comes of it.</summary>
    Apply,

    /// <summary>Apply it, knowing that it was begun before: outside, it may have had its effect already.</summary>
    ApplyAgain,

    /// <summary>It was handled: give the remembered answer again.</summary>
    AnswerAgain,

    /// <summary>There is nothing to undo: remember that, and answer that it is undone.</summary>
    NothingToUndo,

    /// <summary>Its undo came first: refuse, and remember that.</summary>
    RefuseUndone,

    /// <summary>It undoes what was done, and the ledger does not know it: refuse, for nobody can say that it is undone.</summary>
    RefuseMissing,
}

/// <summary>The barrier's answer.</summary>
/// <param name="Kind">What to do.</param>
/// <param name="Entry">For <see cref="VerdictKind.AnswerAgain"/>, which of the entries has the answer; else -1.</param>
/// <param name="Remember">What the ledger remembers without any effect; null when the effect decides, or when nothing is new.</param>
internal readonly record struct Verdict(VerdictKind Kind, int Entry = -1, LedgerOutcome? Remember = null);

/// <summary>Says what a participant does with a command, from what its ledger knows of the step.</summary>
/// <param name="entries">All that the ledger knows of this saga and step, in any order.</param>
/// <param name="undo">Whether the command undoes the step.</param>
/// <param name="attempt">The command's attempt.</param>
/// <param name="wasDone">Whether the command undoes what its saga knows to be done.</param>
internal delegate Verdict BarrierRule(ReadOnlySpan<LedgerMark> entries, bool undo, int attempt, bool wasDone);

/// <summary>
/// The promise to whoever takes part in a saga: an effect is applied once and undone once, whatever order copies, undos and actions
/// arrive in. Production and <c>SagaVerifier</c> ask this one rule.
/// </summary>
internal static class LedgerBarrier
{
    /// <inheritdoc cref="BarrierRule"/>
    public static Verdict Judge(ReadOnlySpan<LedgerMark> entries, bool undo, int attempt, bool wasDone)
    {
        var (applied, undone, begun) = (false, false, false);
        for (var i = 0; i < entries.Length; i++)
        {
            var entry = entries[i];
            // What is undone is not undone again, whichever attempt asks: a person may have resumed a saga that never heard of it.
            var same = entry.Undo == undo && (entry.Attempt == attempt || entry is { Undo: true, Outcome: LedgerOutcome.Done });
            if (same && entry.Outcome != LedgerOutcome.Begun)
            {
                return new Verdict(VerdictKind.AnswerAgain, i);
            }

            begun |= same;
            // A call that was begun may have had its effect outside.
            applied |= entry is { Undo: false, Outcome: LedgerOutcome.Done or LedgerOutcome.Begun };
            undone |= entry is { Undo: true, Outcome: LedgerOutcome.Done or LedgerOutcome.Empty or LedgerOutcome.Missing };
        }

        return undo switch
        {
            true when !applied && wasDone => new Verdict(VerdictKind.RefuseMissing, Remember: LedgerOutcome.Missing),
            true when !applied => new Verdict(VerdictKind.NothingToUndo, Remember: LedgerOutcome.Empty),
            false when undone => new Verdict(VerdictKind.RefuseUndone, Remember: LedgerOutcome.Refused),
            _ => new Verdict(begun ? VerdictKind.ApplyAgain : VerdictKind.Apply),
        };
    }
}
