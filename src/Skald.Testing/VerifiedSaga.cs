using System.Diagnostics.CodeAnalysis;
using Skald.Decisions;
using Skald.Definition;

namespace Skald.Testing;

/// <summary>The choices of one way through an input, so that every other way can be gone after it.</summary>
internal sealed class Choices
{
    private readonly List<(int Taken, int Of)> _tape = [];
    private int _at;

    /// <summary>One of so many possibilities: the first, unless earlier ways have gone there.</summary>
    public int Take(int of)
    {
        if (_at == _tape.Count)
        {
            _tape.Add((0, of));
        }

        return _tape[_at++].Taken;
    }

    /// <summary>Turns to the next way. False when all were gone.</summary>
    public bool MoveNext()
    {
        while (_tape is [.., var (taken, of)])
        {
            _tape.RemoveAt(_tape.Count - 1);
            if (taken + 1 < of)
            {
                _tape.Add((taken + 1, of));
                _at = 0;
                return true;
            }
        }

        return false;
    }
}

/// <summary>Decides one input: <see cref="SagaDecider.Decide"/>, or in a test of the tests a rule that is broken on purpose.</summary>
[SuppressMessage("Naming", "CA1711", Justification = "It decides; the name says so.")]
internal delegate Decision Decider(SagaPlan plan, SagaInstance saga, SagaInput input, DateTimeOffset now);

/// <summary>A saga that lives through one input in a verification, on one way.</summary>
internal sealed class VerifiedSaga(VerifierWorld world, SagaPlan plan, Decider decide, VerifierState before, Choices choices, string label, bool calm) : IDrivenSaga
{
    private static readonly Refusal Refused = new("Refused", "no");

    private VerifierState _state = before;
    private string _label = label;
    private bool _calm = calm;
    private string? _violation;
    private bool _mayRepeat;
    private int _waives = -1;

    public SagaInstance Instance => _state.Saga;

    /// <summary>Lives through it, with the production's driver.</summary>
    public Move Live(SagaInput input)
    {
        _mayRepeat = input is SagaInput.TakenOver or SagaInput.Resumed or SagaInput.Retried or SagaInput.StepSkipped or SagaInput.ForcedBack or SagaInput.GoneBackTo;
        _waives = input is SagaInput.StepSkipped skipped ? plan.Find(skipped.Step)?.Index ?? -1 : -1;
        try
        {
            SagaDriver.Drive(this, input, _state.Now);
        }
        catch (BrokenPromise)
        {
            // The story ends here.
        }
        catch (Exception exception)
        {
            _violation ??= $"deciding threw {exception.GetType().Name}: {exception.Message}";
        }

        return new Move(_label, _state, _calm, _violation);
    }

    public Decision Decide(SagaInput input, DateTimeOffset now) => decide(plan, Instance, input, now);

    public void Take(Decision decision)
    {
        _violation = VerifierRules.Check(plan, _state.Saga, decision) ?? (_mayRepeat ? null : VerifierRules.CheckRepeats(plan, _state.Saga, decision));
        if (_waives >= 0 && decision.Changed)
        {
            (_state, _waives) = (_state with { Waived = _state.Waived.With(_waives) }, -1);
        }

        BeginRounds(decision);
        _state = _state with { Saga = decision.Next };
        foreach (var step in plan.Steps.Where(s => decision.Next.Steps[s.Index].State == StepState.UndoFailed && !_state.GivenUp.Has(s.Index)))
        {
            _state = _state with { GivenUp = _state.GivenUp.With(step.Index) };
        }

        foreach (var send in decision.Effects.OfType<Effect.Send>())
        {
            _state = _state.With(new Flight(FlightKind.Command, send.Step, send.Attempt, send.Undo, false, send.WasDone));
        }

        StopIfBroken();
    }

    /// <summary>Steps that are done again: nothing of their rounds before may stand, but what a person had it go on without.</summary>
    private void BeginRounds(Decision decision)
    {
        foreach (var step in plan.Steps.Where(s => RoundOf(decision.Next, s) > RoundOf(_state.Saga, s)))
        {
            var witness = _state.Witnesses[step.Index];
            if (step.CanBeUndone && witness.Applied != witness.Undone && !_state.Waived.Has(step.Index))
            {
                _violation ??= $"'{step.Name}' is done again although it is not undone";
            }

            _state = _state.With(step.Index, witness with { Applied = 0, Undone = 0 }) with { Rounds = _state.Rounds.Add((step.Index, _state.Saga.Steps[step.Index].Attempt)) };
        }
    }

    private static int RoundOf(SagaInstance saga, StepPlan step) => StepRound.Number(saga.Steps[step.Index].NameOnTheWire(step));

    public ValueTask<SagaInput> RunAsync(Effect.RunLocal local)
    {
        var ways = Ways(local).ToList();
        var (what, run) = ways[choices.Take(ways.Count)];
        _label = $"{_label}; {(local.Undo ? $"the undo of '{local.Name}'" : $"'{local.Name}'")} {what}";
        var result = run();
        StopIfBroken();
        return ValueTask.FromResult(result);
    }

    private IEnumerable<(string What, Func<SagaInput> Run)> Ways(Effect.RunLocal local)
    {
        var (budget, fault) = (_state.Budget, new SagaInput.LocalFaulted(local.Step, local.Undo, "Exception", "a fault"));
        if ((local.Undo ? _state.BrokenUndos : _state.BrokenSteps).Has(local.Step))
        {
            yield return ("throws again", () => fault);
            yield break;
        }

        yield return ("runs", () => Run(local));
        if ((local.Undo ? budget.UndoFailures : budget.Refusals) > 0)
        {
            yield return ("refuses", () =>
            {
                GoWrong(b => local.Undo ? b with { UndoFailures = b.UndoFailures - 1 } : b with { Refusals = b.Refusals - 1 });
                return new SagaInput.LocalDone(local.Step, local.Undo, null, Refused);
            });
        }

        if (budget.LocalFaults > 0)
        {
            yield return ("throws", () => Throw(fault));
            yield return ("throws from now on", () =>
            {
                _state = local.Undo ? _state with { BrokenUndos = _state.BrokenUndos.With(local.Step) } : _state with { BrokenSteps = _state.BrokenSteps.With(local.Step) };
                return Throw(fault);
            });
        }
    }

    private SagaInput.LocalDone Run(Effect.RunLocal local)
    {
        _state = world.Participants.TakeEffect(_state, local.Step, local.Undo, out _violation);
        return new SagaInput.LocalDone(local.Step, local.Undo, world.AfterLocal(plan.Steps[local.Step], local.Undo, _state.Saga.State), null);
    }

    private SagaInput.LocalFaulted Throw(SagaInput.LocalFaulted fault)
    {
        GoWrong(b => b with { LocalFaults = b.LocalFaults - 1 });
        return fault;
    }

    private void GoWrong(Func<Budget, Budget> spend)
    {
        _state = VerifierWorld.Spend(_state, spend);
        _calm = false;
    }

    private void StopIfBroken()
    {
        if (_violation is not null)
        {
            throw new BrokenPromise();
        }
    }

    private sealed class BrokenPromise : Exception;
}
