using System.Collections.Immutable;
using System.Text.Json;
using Skald.Decisions;
using Skald.Definition;

namespace Skald.Testing;

/// <summary>One way on from a state.</summary>
/// <param name="Label">What happens, for the story.</param>
/// <param name="To">The state after it.</param>
/// <param name="IsCalm">Whether it can happen without anything going wrong.</param>
/// <param name="Violation">The promise that it breaks.</param>
internal readonly record struct Move(string Label, VerifierState To, bool IsCalm, string? Violation);

/// <summary>The rules of the world around a saga: what can happen next, and what must never happen.</summary>
internal sealed class VerifierWorld
{
    private static readonly DateTimeOffset Epoch = new(2030, 1, 1, 0, 0, 0, TimeSpan.Zero);
    private static readonly Refusal Refused = new("Refused", "no");

    private readonly SagaPlan _plan;
    private readonly List<object> _samples;
    private readonly Faults _faults;
    private readonly Func<string, bool, object, object>? _local;
    private readonly Decider _decide;
    private readonly LedgerBarrier _barrier;
    private readonly Dictionary<object, int> _stateNumbers = [];
    private readonly Dictionary<string, int> _stateTexts = [];

    public VerifierWorld(
        SagaPlan plan, List<object> samples, Faults faults, Func<string, bool, object, object>? local, Decider decide, LedgerBarrier barrier)
    {
        (_samples, _faults, _local, _decide, _barrier) = (samples, faults, local, decide, barrier);
        _plan = new SagaPlan(plan.Name, plan.StateType, [.. plan.Steps.Select(Simplified)]);
    }

    public string Name => _plan.Name;

    /// <summary>The first rule that a state breaks.</summary>
    public string? Check(VerifierState state) => VerifierRules.Check(_plan, state);

    public List<Move> Start(object state)
    {
        var saga = SagaDecider.NewSaga(_plan, new SagaId(new Guid(1, 0, 0, new byte[8])), state, Epoch);
        var start = new VerifierState
        {
            Saga = saga,
            Now = Epoch,
            Flying = [.. _plan.Steps.Where(s => s.Action == StepAction.Event).Select(s => new Flight(FlightKind.Event, s.Index, 0, false, false)).Order()],
            Witnesses = [.. _plan.Steps.Select(_ => new Witness(0, 0, []))],
            Budget = Budget.Of(_faults),
        };
        var moves = new List<Move>();
        Decide(start, new SagaInput.Started(), "the saga is started", calm: true, moves);
        return moves;
    }

    /// <summary>A number for the author's state: equal for equal states, even if they hold collections.</summary>
    public string KeyOf(VerifierState state)
    {
        var value = state.Saga.State;
        if (!_stateNumbers.TryGetValue(value, out var number))
        {
            var text = JsonSerializer.Serialize(value, value.GetType());
            if (!_stateTexts.TryGetValue(text, out number))
            {
                _stateTexts[text] = number = _stateTexts.Count;
            }

            _stateNumbers[value] = number;
        }

        return state.Key(number);
    }

    public List<Move> Moves(VerifierState state)
    {
        var moves = new List<Move>();
        foreach (var flight in state.Flying)
        {
            Arrive(state.Without(flight), flight, "", calm: true, moves);
            if (state.Budget.Duplicates > 0)
            {
                Arrive(Spend(state, b => b with { Duplicates = b.Duplicates - 1 }), flight, "a copy of ", calm: false, moves);
            }

            if (state.Budget.Losses > 0 && MayBeLost(flight))
            {
                var lost = Spend(state.Without(flight), b => b with { Losses = b.Losses - 1 });
                moves.Add(new Move($"{Text(flight)} gets lost", lost, false, null));
            }
        }

        AddWakes(state, moves);
        AddOutages(state, moves);
        if (state.Saga.Status == SagaStatus.Parked && state.Budget.Resumes > 0)
        {
            var repaired = Spend(state, b => b with { Resumes = b.Resumes - 1 }) with { Deaf = 0, Broken = 0 };
            Decide(repaired, new SagaInput.Resumed(), "a person resumes the saga", calm: false, moves);
        }

        return moves;
    }

    // --- What happens

    private void AddWakes(VerifierState state, List<Move> moves)
    {
        if (state.Saga.WakeAt is not { } wakeAt)
        {
            return;
        }

        var due = _plan.Steps.Where(s => state.Saga.Steps[s.Index].Due <= wakeAt).ToList();
        if (!due.Any(s => IsAnswerOnItsWay(state, s)))
        {
            Wake(state, "its time comes: the saga is woken", calm: true, moves);
        }

        if (state.Budget.Timeouts > 0)
        {
            foreach (var step in _plan.Steps.Where(s => state.Saga.Steps[s.Index] is { Due: not null, State: StepState.Sent or StepState.Undoing or StepState.Waiting }))
            {
                PassDeadline(state, step, moves);
            }
        }
    }

    private void Wake(VerifierState state, string label, bool calm, List<Move> moves)
    {
        // Only called for a saga that has a wake.
        var at = state.Saga.WakeAt!.Value;
        Decide(state with { Now = at > state.Now ? at : state.Now }, new SagaInput.Woken(), label, calm, moves);
    }

    /// <summary>The deadline of a step passes, whatever is on its way: its repeats go out, and join what is on its way.</summary>
    private void PassDeadline(VerifierState state, StepPlan step, List<Move> moves)
    {
        var before = state.Saga.Steps[step.Index];
        var waiting = new List<VerifierState> { Spend(state, b => b with { Timeouts = b.Timeouts - 1 }) };
        for (var round = 0; waiting.Count > 0 && round < 64; round++)
        {
            var next = new List<VerifierState>();
            foreach (var one in waiting)
            {
                var woken = new List<Move>();
                Wake(one, $"the deadline of '{step.Name}' passes", calm: false, woken);
                foreach (var move in woken)
                {
                    var after = move.To.Saga.Steps[step.Index];
                    var waits = move.Violation is null && after.State == before.State && after.Since == before.Since && move.To.Saga.WakeAt is not null;
                    if (waits)
                    {
                        next.Add(move.To);
                    }
                    else
                    {
                        moves.Add(move);
                    }
                }
            }

            waiting = next;
        }
    }

    private void AddOutages(VerifierState state, List<Move> moves)
    {
        if (state.Budget.Outages == 0 || state.Saga.Status.IsFinal())
        {
            return;
        }

        foreach (var step in _plan.Steps.Where(s => s.Action == StepAction.Command && !Has(state.Deaf, s.Index)))
        {
            var deaf = Spend(state, b => b with { Outages = b.Outages - 1 }) with
            {
                Deaf = state.Deaf | (1UL << step.Index),
                Flying = state.Flying.RemoveAll(f => f.Kind == FlightKind.Command && f.Step == step.Index),
            };
            moves.Add(new Move($"the participant of '{step.Name}' stops answering", deaf, false, null));
        }
    }

    private void Arrive(VerifierState state, Flight flight, string copy, bool calm, List<Move> moves)
    {
        var label = copy + Text(flight) + " arrives";
        var step = _plan.Steps[flight.Step];
        switch (flight.Kind)
        {
            case FlightKind.Command:
                Handle(state, flight, label, calm, moves);
                break;
            case FlightKind.Answer:
                var reply = flight.Undo ? Done.Instance : SampleReply(step);
                var answer = new SagaInput.Replied(step.Name, flight.Attempt, flight.Undo, flight.Refused ? null : reply, flight.Refused ? Refused : null);
                Decide(state, answer, label, calm, moves);
                break;
            default:
                var @event = SampleEvent(step);
                Decide(state, new SagaInput.EventArrived(@event, SampleJson(@event, step)), label, calm, moves);
                break;
        }
    }

    // --- Participants, as Runtime/Participant.cs has them

    private void Handle(VerifierState state, Flight command, string label, bool calm, List<Move> moves)
    {
        var witness = state.Witnesses[command.Step];
        var undone = witness.Ledger.Any(m => m.Undo && m.Outcome is LedgerMarkOutcome.Done or LedgerMarkOutcome.Empty);
        if (_barrier != LedgerBarrier.Missing)
        {
            foreach (var mark in witness.Ledger)
            {
                if (mark.Undo == command.Undo && mark.Attempt == command.Attempt)
                {
                    moves.Add(Answered(state, command, mark.Outcome == LedgerMarkOutcome.Refused, label + "; the ledger answers", calm));
                    return;
                }
            }

            var applied = witness.Ledger.Any(m => !m.Undo && m.Outcome == LedgerMarkOutcome.Done);
            var undoneBefore = _barrier != LedgerBarrier.UndoneTwice && witness.Ledger.Any(m => m.Undo && m.Outcome == LedgerMarkOutcome.Done);
            if (command.Undo && (!applied || undoneBefore))
            {
                var remembered = _barrier == LedgerBarrier.ForgetsEmptyUndo && !applied
                    ? state
                    : Remember(state, command, applied ? LedgerMarkOutcome.Done : LedgerMarkOutcome.Empty);
                moves.Add(Answered(remembered, command, refused: false, label + "; there is nothing to undo", calm));
                return;
            }

            if (!command.Undo && undone)
            {
                moves.Add(Answered(Remember(state, command, LedgerMarkOutcome.Refused), command, refused: true, label + "; it was undone before, so it is refused", calm));
                return;
            }
        }

        var done = Remember(state, command, LedgerMarkOutcome.Done);
        done = TakeEffect(done, command.Step, command.Undo, out var violation);
        if (!command.Undo && undone)
        {
            violation ??= $"'{_plan.Steps[command.Step].Name}' took effect after its undo";
        }

        moves.Add(Answered(done, command, refused: false, label + (command.Undo ? "; it is undone" : "; it is done"), calm) with { Violation = violation });

        var left = command.Undo ? state.Budget.UndoFailures : state.Budget.Refusals;
        if (left > 0)
        {
            var spent = Spend(state, b => command.Undo ? b with { UndoFailures = left - 1 } : b with { Refusals = left - 1 });
            moves.Add(Answered(Remember(spent, command, LedgerMarkOutcome.Refused), command, refused: true, label + "; it is refused", calm: false));
        }
    }

    private static Move Answered(VerifierState state, Flight command, bool refused, string label, bool calm) =>
        new(label, state.With(command with { Kind = FlightKind.Answer, Refused = refused }), calm, null);

    private static VerifierState Remember(VerifierState state, Flight command, LedgerMarkOutcome outcome)
    {
        var witness = state.Witnesses[command.Step];
        var mark = new LedgerMark(command.Undo, command.Attempt, outcome);
        return state.With(command.Step, witness with { Ledger = [.. witness.Ledger.Where(m => m.Undo != mark.Undo || m.Attempt != mark.Attempt), mark] });
    }

    private VerifierState TakeEffect(VerifierState state, int step, bool undo, out string? violation)
    {
        violation = null;
        var name = _plan.Steps[step].Name;
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
        else if (undo && LaterInEffect(state, step) is { } later)
        {
            violation = $"'{name}' was undone while '{later.Name}', which came after it, was in effect";
        }

        return state.With(step, witness);
    }

    /// <summary>A later step whose effect stands, although undoing it was not given up.</summary>
    private StepPlan? LaterInEffect(VerifierState state, int step) => _plan.Steps.FirstOrDefault(s =>
        s.Stage > _plan.Steps[step].Stage && s.CanBeUndone
        && state.Witnesses[s.Index].Applied > state.Witnesses[s.Index].Undone
        && state.Saga.Steps[s.Index].State != StepState.UndoFailed);

    // --- The saga

    private void Decide(VerifierState state, SagaInput input, string label, bool calm, List<Move> moves)
    {
        var before = state.Saga;
        Decision decision;
        try
        {
            decision = _decide(_plan, before, input, state.Now);
        }
        catch (Exception exception)
        {
            moves.Add(new Move(label, state, calm, $"deciding threw {exception.GetType().Name}: {exception.Message}"));
            return;
        }

        var violation = VerifierRules.Check(_plan, before, decision);
        var after = state with { Saga = decision.Next };
        Effect.RunLocal? local = null;
        foreach (var effect in decision.Effects)
        {
            if (effect is Effect.RunLocal run)
            {
                local = run;
            }
            else if (effect is Effect.Send send && !Has(state.Deaf, send.Step))
            {
                after = after.With(new Flight(FlightKind.Command, send.Step, send.Attempt, send.Undo, false));
            }
        }

        if (violation is null && local is not null)
        {
            RunLocal(after, local, label, calm, moves);
            return;
        }

        moves.Add(new Move(label, after, calm, violation));
    }

    private void RunLocal(VerifierState state, Effect.RunLocal local, string label, bool calm, List<Move> moves)
    {
        var step = _plan.Steps[local.Step];
        var what = local.Undo ? $"the undo of '{step.Name}'" : $"'{step.Name}'";
        var bit = 2 * step.Index + (local.Undo ? 1 : 0);
        var fault = new SagaInput.LocalFaulted(step.Index, local.Undo, "Exception", "a fault");
        if (Has(state.Broken, bit))
        {
            Decide(state, fault, $"{label}; {what} throws again", calm, moves);
            return;
        }

        var done = TakeEffect(state, step.Index, local.Undo, out var violation);
        if (violation is not null)
        {
            moves.Add(new Move($"{label}; {what} runs", done, calm, violation));
            return;
        }

        var result = _local is null ? state.Saga.State : _local(step.Name, local.Undo, state.Saga.State);
        Decide(done, new SagaInput.LocalDone(step.Index, local.Undo, result, null), $"{label}; {what} runs", calm, moves);
        var left = local.Undo ? state.Budget.UndoFailures : state.Budget.Refusals;
        if (left > 0)
        {
            var spent = Spend(state, b => local.Undo ? b with { UndoFailures = left - 1 } : b with { Refusals = left - 1 });
            Decide(spent, new SagaInput.LocalDone(step.Index, local.Undo, null, Refused), $"{label}; {what} refuses", calm: false, moves);
        }

        if (state.Budget.LocalFaults > 0)
        {
            var spent = Spend(state, b => b with { LocalFaults = b.LocalFaults - 1 });
            Decide(spent, fault, $"{label}; {what} throws", calm: false, moves);
            Decide(spent with { Broken = state.Broken | (1UL << bit) }, fault, $"{label}; {what} throws from now on", calm: false, moves);
        }
    }

    // --- Helpers

    private bool IsAnswerOnItsWay(VerifierState state, StepPlan step)
    {
        var record = state.Saga.Steps[step.Index];
        return record.State switch
        {
            StepState.Sent => state.Flying.Any(f => f.Step == step.Index && !f.Undo && f.Attempt == record.Attempt && f.Kind != FlightKind.Event),
            StepState.Undoing => state.Flying.Any(f => f.Step == step.Index && f.Undo && f.Attempt == record.Attempt),
            StepState.Waiting => state.Flying.Any(f => f.Kind == FlightKind.Event && _plan.Steps[f.Step].EventType == step.EventType),
            _ => false,
        };
    }

    // Who waits for an event without a deadline has been promised that it comes.
    private bool MayBeLost(Flight flight) => flight.Kind != FlightKind.Event || _plan.Steps[flight.Step].HasDeadline;

    private static VerifierState Spend(VerifierState state, Func<Budget, Budget> spend) => state with { Budget = spend(state.Budget) };

    private static bool Has(ulong bits, int bit) => (bits & (1UL << bit)) != 0;

    private StepPlan Simplified(StepPlan step)
    {
        var simple = step with { RefusalRetry = AtMostOne(step.RefusalRetry), UndoRetry = AtMostOne(step.UndoRetry), OnRefusal = null };
        var sample = step.Action == StepAction.Event ? Sample(step.EventType) : SampleReply(step);
        return sample is null ? simple with { OnReply = null } : simple;
    }

    private static RetryPolicy AtMostOne(RetryPolicy policy) => policy with { Retries = Math.Min(policy.Retries, 1) };

    private object? SampleReply(StepPlan step) => Sample(step.CommandType?.GetInterfaces()
        .FirstOrDefault(i => i.IsGenericType && i.GetGenericTypeDefinition() == typeof(ICommand<>))?.GetGenericArguments()[0]);

    // Without a sample its fold is not called: only the type is looked at. A step that waits for an event has its type.
    private object SampleEvent(StepPlan step) =>
        Sample(step.EventType) ?? System.Runtime.CompilerServices.RuntimeHelpers.GetUninitializedObject(step.EventType!);

    private string SampleJson(object @event, StepPlan step) =>
        Sample(step.EventType) is null ? "{}" : JsonSerializer.Serialize(@event, @event.GetType(), JsonSerializerOptions.Web);

    private object? Sample(Type? type) => type is null ? null : _samples.FirstOrDefault(type.IsInstanceOfType);

    private string Text(Flight flight)
    {
        var name = _plan.Steps[flight.Step].Name;
        var attempt = flight.Attempt > 1 ? $" (attempt {flight.Attempt})" : "";
        return (flight.Kind, flight.Undo, flight.Refused) switch
        {
            (FlightKind.Event, _, _) => $"the event of '{name}'",
            (FlightKind.Command, false, _) => $"the command of '{name}'{attempt}",
            (FlightKind.Command, true, _) => $"the undo of '{name}'{attempt}",
            (_, false, false) => $"the reply of '{name}'{attempt}",
            (_, false, true) => $"the refusal of '{name}'{attempt}",
            (_, true, false) => $"the confirmation that '{name}' is undone{attempt}",
            (_, true, true) => $"the refusal to undo '{name}'{attempt}",
        };
    }
}
