using System.Collections.Immutable;
using Skald.Decisions;
using Skald.Definition;

namespace Skald.Testing;

/// <summary>The participants of a saga in a verification: they ask the barrier, and remember what happened.</summary>
/// <param name="plan">The saga's plan.</param>
/// <param name="barrier">The rule that they keep.</param>
internal sealed class VerifierParticipants(SagaPlan plan, BarrierRule barrier)
{
    /// <summary>Every way in which a command can be handled.</summary>
    public void Handle(VerifierState state, Flight command, string label, bool calm, List<Move> moves)
    {
        var marks = Ledger(state, command);
        var verdict = barrier(marks.AsSpan(), command.Undo, command.Attempt, command.WasDone);
        switch (verdict.Kind)
        {
            case VerdictKind.AnswerAgain:
                moves.Add(AnsweredAgain(state, command, marks[verdict.Entry], label, calm));
                break;
            case VerdictKind.NothingToUndo:
                moves.Add(Answered(Remember(state, command, verdict.Remember), command, refused: false, label + "; there is nothing to undo", calm));
                break;
            case VerdictKind.RefuseUndone:
                moves.Add(Answered(Remember(state, command, verdict.Remember), command, refused: true, label + "; it was undone before, so it is refused", calm));
                break;
            case VerdictKind.RefuseMissing:
                moves.Add(Answered(Remember(state, command, verdict.Remember), command, refused: true, label + "; what it undoes is not remembered, so it is refused", calm));
                break;
            default:
                Apply(state, command, label, calm, moves);
                break;
        }
    }

    /// <summary>What a participant knows of a step under the name that it has in the command's round.</summary>
    private static ImmutableArray<LedgerMark> Ledger(VerifierState state, Flight command)
    {
        var all = state.Witnesses[command.Step].Ledger;
        return state.Rounds.IsEmpty ? all : [.. all.Where(mark => state.RoundOf(command.Step, mark.Attempt) == state.RoundOf(command.Step, command.Attempt))];
    }

    private Move AnsweredAgain(VerifierState state, Flight command, LedgerMark mark, string label, bool calm)
    {
        var refused = mark.Outcome is LedgerOutcome.Refused or LedgerOutcome.Missing;
        var violation = refused && mark.Attempt != command.Attempt ? $"'{plan.Steps[command.Step].Name}' was refused for what another attempt was refused for" : null;
        return Answered(state, command, refused, label + "; the ledger answers", calm) with { Violation = violation };
    }

    private void Apply(VerifierState state, Flight command, string label, bool calm, List<Move> moves)
    {
        var isUndone = Ledger(state, command).Any(m => m is { Undo: true, Outcome: LedgerOutcome.Done or LedgerOutcome.Empty });
        string? violation = null;
        var remembered = Remember(state, command, LedgerOutcome.Done);
        // What comes of a round that nobody has waited for, or that need not be undone, says nothing about this one.
        var isPast = (state.Waived.Has(command.Step) || !plan.Steps[command.Step].CanBeUndone) && state.Rounds.Any(round => round.Step == command.Step && round.LastAttempt >= command.Attempt);
        var done = isPast ? remembered : TakeEffect(remembered, command.Step, command.Undo, out violation);
        if (!command.Undo && isUndone)
        {
            violation ??= $"'{plan.Steps[command.Step].Name}' took effect after its undo";
        }

        moves.Add(Answered(done, command, refused: false, label + (command.Undo ? "; it is undone" : "; it is done"), calm) with { Violation = violation });

        var left = command.Undo ? state.Budget.UndoFailures : state.Budget.Refusals;
        if (left > 0)
        {
            var spent = VerifierWorld.Spend(state, b => command.Undo ? b with { UndoFailures = left - 1 } : b with { Refusals = left - 1 });
            moves.Add(Answered(Remember(spent, command, LedgerOutcome.Refused), command, refused: true, label + "; it is refused", calm: false));
        }
    }

    private static Move Answered(VerifierState state, Flight command, bool refused, string label, bool calm) =>
        new(label, state.With(command with { Kind = FlightKind.Answer, Refused = refused }), calm, null);

    private static VerifierState Remember(VerifierState state, Flight command, LedgerOutcome? outcome)
    {
        if (outcome is not { } known)
        {
            return state;
        }

        var witness = state.Witnesses[command.Step];
        var mark = new LedgerMark(command.Undo, command.Attempt, known);
        return state.With(command.Step, witness with { Ledger = [.. witness.Ledger.Where(m => m.Undo != mark.Undo || m.Attempt != mark.Attempt), mark] });
    }

    /// <summary>The effect, or the undo, of a step happens.</summary>
    public VerifierState TakeEffect(VerifierState state, int step, bool undo, out string? violation)
    {
        violation = null;
        var name = plan.Steps[step].Name;
        var witness = state.Witnesses[step];
        witness = undo ? witness with { Undone = witness.Undone + 1 } : witness with { Applied = witness.Applied + 1 };
        if (witness.Applied > 1)
        {
            violation = $"'{name}' took effect twice";
        }
        else if (witness.Undone > 1)
        {
            violation = $"'{name}' was undone twice";
        }
        else if (witness.Undone > witness.Applied)
        {
            violation = $"'{name}' was undone although it had not taken effect";
        }
        else if (undo && !state.Waived.Has(step) && LaterInEffect(state, step) is { } later)
        {
            violation = $"'{name}' was undone while '{later.Name}', which came after it, was in effect";
        }

        return state.With(step, witness);
    }

    /// <summary>A later step whose effect stands, although undoing it was not given up.</summary>
    private StepPlan? LaterInEffect(VerifierState state, int step) => plan.Steps.FirstOrDefault(s =>
        s.Stage > plan.Steps[step].Stage && s.CanBeUndone
        && state.Witnesses[s.Index].Applied > state.Witnesses[s.Index].Undone
        && !state.GivenUp.Has(s.Index) && !state.Waived.Has(s.Index));
}
