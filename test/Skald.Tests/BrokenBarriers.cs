using Skald.Decisions;

namespace Skald.Tests;

/// <summary>The barrier with one rule broken: the verifier and the runtime must each notice every one of them.</summary>
internal static class BrokenBarriers
{
    public static IReadOnlyDictionary<string, BarrierRule> All { get; } = new Dictionary<string, BarrierRule>
    {
        [nameof(NothingIsKnown)] = NothingIsKnown,
        [nameof(AppliesARepeat)] = AppliesARepeat,
        [nameof(UndoesARepeat)] = UndoesARepeat,
        [nameof(UndoesAgainForANewAttempt)] = UndoesAgainForANewAttempt,
        [nameof(UndoesWhatWasNeverDone)] = UndoesWhatWasNeverDone,
        [nameof(ForgetsAnUndoThatFoundNothing)] = ForgetsAnUndoThatFoundNothing,
        [nameof(ActsAfterItsUndo)] = ActsAfterItsUndo,
        [nameof(AnswersWithAnotherAttempt)] = AnswersWithAnotherAttempt,
        [nameof(SaysThatWhatItLostIsUndone)] = SaysThatWhatItLostIsUndone,
        [nameof(ActsAgainAfterWhatItLost)] = ActsAgainAfterWhatItLost,
    };

    public static Verdict NothingIsKnown(ReadOnlySpan<LedgerMark> entries, bool undo, int attempt, bool wasDone) => new(VerdictKind.Apply);

    public static Verdict AppliesARepeat(ReadOnlySpan<LedgerMark> entries, bool undo, int attempt, bool wasDone) =>
        !undo && LedgerBarrier.Judge(entries, undo, attempt, wasDone) is { Kind: VerdictKind.AnswerAgain } ? new(VerdictKind.Apply) : LedgerBarrier.Judge(entries, undo, attempt, wasDone);

    public static Verdict UndoesARepeat(ReadOnlySpan<LedgerMark> entries, bool undo, int attempt, bool wasDone) =>
        undo && LedgerBarrier.Judge(entries, undo, attempt, wasDone) is { Kind: VerdictKind.AnswerAgain } ? new(VerdictKind.Apply) : LedgerBarrier.Judge(entries, undo, attempt, wasDone);

    public static Verdict UndoesAgainForANewAttempt(ReadOnlySpan<LedgerMark> entries, bool undo, int attempt, bool wasDone)
    {
        var others = entries.ToArray().Where(e => !(undo && e.Undo && e.Attempt != attempt)).ToArray();
        return undo && LedgerBarrier.Judge(entries, undo, attempt, wasDone) is { Kind: VerdictKind.AnswerAgain, Entry: var entry } && entries[entry].Attempt != attempt
            ? LedgerBarrier.Judge(others, undo, attempt, wasDone)
            : LedgerBarrier.Judge(entries, undo, attempt, wasDone);
    }

    public static Verdict UndoesWhatWasNeverDone(ReadOnlySpan<LedgerMark> entries, bool undo, int attempt, bool wasDone) =>
        LedgerBarrier.Judge(entries, undo, attempt, wasDone) is { Kind: not VerdictKind.NothingToUndo } verdict ? verdict : new(VerdictKind.Apply);

    public static Verdict ForgetsAnUndoThatFoundNothing(ReadOnlySpan<LedgerMark> entries, bool undo, int attempt, bool wasDone) =>
        LedgerBarrier.Judge(entries, undo, attempt, wasDone) is { Kind: not VerdictKind.NothingToUndo } verdict ? verdict : new(VerdictKind.NothingToUndo);

    public static Verdict ActsAfterItsUndo(ReadOnlySpan<LedgerMark> entries, bool undo, int attempt, bool wasDone) =>
        LedgerBarrier.Judge(entries, undo, attempt, wasDone) is { Kind: not VerdictKind.RefuseUndone } verdict ? verdict : new(VerdictKind.Apply);

    public static Verdict SaysThatWhatItLostIsUndone(ReadOnlySpan<LedgerMark> entries, bool undo, int attempt, bool wasDone) =>
        LedgerBarrier.Judge(entries, undo, attempt, wasDone: false);

    public static Verdict ActsAgainAfterWhatItLost(ReadOnlySpan<LedgerMark> entries, bool undo, int attempt, bool wasDone) =>
        LedgerBarrier.Judge(entries, undo, attempt, wasDone) is { Kind: not VerdictKind.RefuseMissing } verdict ? verdict : new(VerdictKind.RefuseMissing);

    /// <summary>A refusal of an earlier attempt is given as the answer to a later one.</summary>
    public static Verdict AnswersWithAnotherAttempt(ReadOnlySpan<LedgerMark> entries, bool undo, int attempt, bool wasDone)
    {
        for (var i = 0; i < entries.Length; i++)
        {
            if (entries[i].Undo == undo && entries[i].Outcome == LedgerOutcome.Refused)
            {
                return new(VerdictKind.AnswerAgain, i);
            }
        }

        return LedgerBarrier.Judge(entries, undo, attempt, wasDone);
    }
}
