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
    private static readonly SagaId Id = new(new Guid(1, 0, 0, new byte[8]));

    private readonly List<object> _samples;
    private readonly Faults _faults;
    private readonly Func<string, bool, object, object>? _local;
    private readonly Decider _decide;
    private readonly Decider? _beside;

    private bool _undosCannotBeBuilt;

    // A mutant: participants acknowledge a command before its answer is confirmed.
    private readonly bool _forgets;
    private readonly VerifierAdversary _adversary;
    private readonly Dictionary<object, int> _stateNumbers = new(ReferenceEqualityComparer.Instance);
    private readonly Dictionary<string, int> _stateTexts = [];

    public VerifierWorld(
        SagaPlan plan, List<object> samples, Faults faults, Func<string, bool, object, object>? local, Decider decide, BarrierRule barrier, bool forgets, FlightKind? believed = null, SagaPlan? beside = null)
    {
        (_samples, _faults, _local, _decide, _forgets) = (samples, faults, local, decide, forgets);
        _plan = Simplified(plan);
        _beside = beside is null ? null : new OtherProcess(Simplified(beside), decide).Decide;
        Participants = new VerifierParticipants(_plan, barrier);
        _adversary = new VerifierAdversary(_plan, Id, believed);
    }

    public string Name => _plan.Name;

    public VerifierParticipants Participants { get; }

    /// <summary>The first rule that a state breaks.</summary>
    public string? Check(VerifierState state) =>
        // What a participant has forgotten does not balance, and is meant not to.
        VerifierRules.Check(_plan, state) ?? (_faults.Oblivions > 0 ? null : VerifierBooks.Check(_plan, state));

    public List<Move> Start(object state)
    {
        var saga = SagaDecider.NewSaga(_plan, Id, state, Epoch);
        var start = new VerifierState
        {
            Saga = saga,
            Now = Epoch,
            Flying = [.. _plan.Steps.SelectMany(Events).Order()],
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
            if (flight.Kind == FlightKind.Command && state.Deaf.Has(flight.Step))
            {
                // It lies in the queue until its participant is back.
                continue;
            }

            // What may come instead of what is waited for comes now or never: nobody counts on it.
            Arrive(state.Without(flight), flight, "", calm: flight is not { Kind: FlightKind.Event, Attempt: > 0 }, moves);
            if (state.Budget.Duplicates > 0)
            {
                Arrive(Spend(state, b => b with { Duplicates = b.Duplicates - 1 }), flight, "a copy of ", calm: false, moves);
            }

            if (state.Budget.Losses > 0 && MayBeLost(flight))
            {
                if (flight.Kind == FlightKind.Command)
                {
                    // A person may have it tried again, at any time.
                    GiveUp(Spend(state, b => b with { Losses = b.Losses - 1 }), flight, moves);
                }

                moves.Add(Lose(Spend(state.Without(flight), b => b with { Losses = b.Losses - 1 }), flight));
            }
        }

        if (!state.Orphaned && state.Budget.Losses > 0 && state.Saga.Status is SagaStatus.Running or SagaStatus.Compensating)
        {
            Decide(Spend(state, b => b with { Losses = b.Losses - 1 }), new SagaInput.TakenOver(), "another process takes the saga over, although nothing is lost", calm: false, moves);
        }

        if (state.Orphaned && state.Saga.Status is SagaStatus.Running or SagaStatus.Compensating)
        {
            AddTakeover(state, moves);
        }

        foreach (var forged in _adversary.Believed(state))
        {
            Arrive(state, forged, "a forgery of ", calm: false, moves);
        }

        AddWakes(state, moves);
        AddOutages(state, moves);
        AddOblivions(state, moves);
        if (state.Saga.Status == SagaStatus.Parked && state.Budget.Resumes > 0)
        {
            var repaired = Spend(state, b => b with { Resumes = b.Resumes - 1 }) with { Orphaned = false, Deaf = default, BrokenSteps = default, BrokenUndos = default };
            Decide(repaired, new SagaInput.Resumed(), "a person resumes the saga", calm: false, moves);
        }

        if (state.Budget.Cancels > 0)
        {
            Decide(Spend(state, b => b with { Cancels = b.Cancels - 1 }), new SagaInput.Cancelled(), "somebody cancels the saga", calm: false, moves);
        }

        AddActs(state, moves);
        return moves;
    }

    // --- What happens

    /// <summary>What a person may do to the saga beside resuming and cancelling it.</summary>
    private void AddActs(VerifierState state, List<Move> moves)
    {
        if (state.Budget.Acts == 0 || state.Saga.Status.IsFinal())
        {
            return;
        }

        var acted = Spend(state, b => b with { Acts = b.Acts - 1 });
        foreach (var (input, label) in Acts())
        {
            // What is refused changes nothing.
            if (SagaDecider.Decide(_plan, state.Saga, input, state.Now).Refused is null)
            {
                Decide(input is SagaInput.GoneBackTo ? WithEventsAgain(acted) : acted, input, label, calm: false, moves);
            }
        }
    }

    /// <summary>Who raised an event for a saga that went back was told that it came too late, and raises it once more for one that goes on.</summary>
    private VerifierState WithEventsAgain(VerifierState state) => _plan.Steps.SelectMany(Events).Aggregate(state, (with, @event) => with.With(@event));

    private IEnumerable<(SagaInput Input, string Label)> Acts()
    {
        yield return (new SagaInput.Retried(), "a person has the saga tried again");
        yield return (new SagaInput.Paused(), "a person pauses the saga");
        yield return (new SagaInput.ForcedBack(), "a person has the saga turn back");
        foreach (var step in _plan.Steps)
        {
            yield return (new SagaInput.StepSkipped(step.Name), $"a person skips '{step.Name}'");
            yield return (new SagaInput.GoneBackTo(step.Name), $"a person has the saga go on from '{step.Name}'");
            yield return (new SagaInput.TimerFired(step.Name), $"a person has the time of '{step.Name}' come");
        }
    }

    /// <summary>A participant gives a command up and says so; whether it was done is not said.</summary>
    private void GiveUp(VerifierState state, Flight command, List<Move> moves)
    {
        var step = _plan.Steps[command.Step];
        Decide(state, new SagaInput.GivenUp(step.Name, command.Attempt, command.Undo, "it failed too often"), $"{Text(command)} is given up by its participant", calm: false, moves);
    }

    private void AddTakeover(VerifierState state, List<Move> moves)
    {
        var takenOver = state with { Orphaned = false };
        Decide(takenOver, new SagaInput.TakenOver(), "another process takes the saga over", calm: true, moves);
        if (state.Budget.LocalFaults > 0 && state.Saga.Steps.Any(s => s.State == StepState.Undoing))
        {
            _undosCannotBeBuilt = true;
            var spent = Spend(takenOver, b => b with { LocalFaults = b.LocalFaults - 1 });
            Decide(spent, new SagaInput.TakenOver(), "another process takes the saga over, and making the undo's command throws", calm: false, moves);
            _undosCannotBeBuilt = false;
        }
    }

    /// <summary>
    /// A broker loses nothing that it has confirmed: a command gets lost with the process that had not sent it yet, an answer with a
    /// participant that had not acknowledged the command yet, which therefore comes again.
    /// </summary>
    private Move Lose(VerifierState state, Flight flight) => flight.Kind switch
    {
        FlightKind.Command => new Move($"{Text(flight)} gets lost with its sender", state with { Orphaned = true }, false, null),
        FlightKind.Answer when !_forgets => new Move($"{Text(flight)} gets lost with its sender", state.With(flight with { Kind = FlightKind.Command, Refused = false }), false, null),
        _ => new Move($"{Text(flight)} gets lost", state, false, null),
    };

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
            Decide(
                Spend(state, b => b with { Timeouts = b.Timeouts - 1 }) with { Now = wakeAt > state.Now ? wakeAt : state.Now }, new SagaInput.Woken(DateTimeOffset.MaxValue),
                "its time comes after its service was away: the saga is woken", calm: false, moves);
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

    /// <summary>The deadline of a step passes, whatever is on its way.</summary>
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
        foreach (var step in _plan.Steps.Where(s => state.Deaf.Has(s.Index)))
        {
            moves.Add(new Move($"the participant of '{step.Name}' is back", state with { Deaf = state.Deaf.Without(step.Index) }, true, null));
        }

        if (state.Budget.Outages == 0 || state.Saga.Status.IsFinal())
        {
            return;
        }

        foreach (var step in _plan.Steps.Where(s => s.Work is StepWork.Remote && !state.Deaf.Has(s.Index)))
        {
            var deaf = Spend(state, b => b with { Outages = b.Outages - 1 }) with { Deaf = state.Deaf.With(step.Index) };
            moves.Add(new Move($"the participant of '{step.Name}' goes away", deaf, false, null));
        }
    }

    /// <summary>What a participant remembers of a step goes, although its effect stays. Not while its command is on its way, or an answer for which it may come again: nobody could recognise it.</summary>
    private void AddOblivions(VerifierState state, List<Move> moves)
    {
        if (state.Budget.Oblivions == 0)
        {
            return;
        }

        foreach (var step in _plan.Steps.Where(s => s.Work is StepWork.Remote && state.Saga.Steps[s.Index] is { State: StepState.Done } or { WasDone: true }
            && !state.Flying.Any(f => f is { Kind: not FlightKind.Event, Undo: false } && f.Step == s.Index)))
        {
            var forgotten = Spend(state, b => b with { Oblivions = b.Oblivions - 1 }).With(step.Index, state.Witnesses[step.Index] with { Ledger = [] });
            moves.Add(new Move($"the participant of '{step.Name}' loses what it remembers of it", forgotten, false, null));
        }
    }

    private void Arrive(VerifierState state, Flight flight, string copy, bool calm, List<Move> moves)
    {
        var label = copy + Text(flight) + " arrives";
        var step = _plan.Steps[flight.Step];
        switch (flight.Kind)
        {
            case FlightKind.Command:
                Participants.Handle(state, flight, label, calm, moves);
                break;
            case FlightKind.Answer:
                var reply = flight.Undo ? Done.Instance : SampleReply(step);
                var answer = new SagaInput.Replied(step.Name, flight.Attempt, flight.Undo, flight.Refused ? null : reply, flight.Refused ? Refused : null);
                Decide(state, answer, label, calm, moves);
                break;
            default:
                var @event = SampleEvent(EventOf(flight));
                Decide(state, new SagaInput.EventArrived(@event, SampleJson(@event)), label, calm, moves);
                break;
        }
    }

    // --- The saga

    /// <summary>Every way in which the saga can live through an input: local code may do as it should, refuse or throw.</summary>
    private void Decide(VerifierState state, SagaInput input, string label, bool calm, List<Move> moves)
    {
        Decide(_decide, state, input, label, calm, moves);
        if (_beside is not null)
        {
            Decide(_beside, state, input, $"{label} in the other process", calm, moves);
        }
    }

    private void Decide(Decider decide, VerifierState state, SagaInput input, string label, bool calm, List<Move> moves)
    {
        var choices = new Choices();
        do
        {
            moves.Add(new VerifiedSaga(this, _plan, decide, state, choices, label, calm).Live(input));
        }
        while (choices.MoveNext());
    }

    /// <summary>The state after local code has run, as the verification was told.</summary>
    internal object AfterLocal(StepPlan step, bool undo, object state) => _local is null ? state : _local(step.Name, undo, state);

    // --- Helpers

    private static bool IsAnswerOnItsWay(VerifierState state, StepPlan step)
    {
        var record = state.Saga.Steps[step.Index];
        return record.State switch
        {
            StepState.Sent => state.Flying.Any(f => f.Step == step.Index && !f.Undo && f.Attempt == record.Attempt
                && (f.Kind == FlightKind.Answer || (f.Kind == FlightKind.Command && !state.Deaf.Has(step.Index)))),
            StepState.Waiting => state.Flying.Any(f => f.Kind == FlightKind.Event && f.Step == step.Index && f.Attempt == 0),
            _ => false,
        };
    }

    // Who waits for an event without a deadline has been promised that it comes, though not what may come instead.
    private bool MayBeLost(Flight flight) => flight is not { Kind: FlightKind.Event, Attempt: 0 } || _plan.Steps[flight.Step].Work is StepWork.Wait { Within: not null };

    internal static VerifierState Spend(VerifierState state, Func<Budget, Budget> spend) => state with { Budget = spend(state.Budget) };

    private SagaPlan Simplified(SagaPlan plan) =>
        new(plan.Name, plan.Version, plan.StateType, [.. plan.Steps.Select(Simplified)]) { ForbidsCancel = plan.ForbidsCancel, OnSkip = plan.OnSkip, Shapes = plan.Shapes };

    private StepPlan Simplified(StepPlan step) => step with { UndoRetry = AtMostOne(step.UndoRetry), Work = Simplified(step.Work) with { UndoCommand = Breakable(step.Work.UndoCommand) } };

    private CommandPlan? Breakable(CommandPlan? undo) =>
        undo is null ? null : undo with { Build = state => _undosCannotBeBuilt ? throw new InvalidOperationException("a fault") : undo.Build(state) };

    private StepWork Simplified(StepWork work) => work switch
    {
        StepWork.Remote remote => remote with
        {
            RefusalRetry = AtMostOne(remote.RefusalRetry), OnRefusal = null, OnReply = Sample(remote.Command.ReplyType) is null ? null : remote.OnReply,
        },
        StepWork.Wait wait => wait with { Ends = [.. wait.Ends.Select(Simplified)] },
        _ => work,
    };

    private static RetryPolicy AtMostOne(RetryPolicy policy) => policy with { Retries = Math.Min(policy.Retries, 1) };

    // Without a sample nothing is read from it: only its type is looked at.
    private WaitEnd Simplified(WaitEnd end) =>
        Sample(end.EventType) is not null ? end : end with { Fold = null, Refuse = end.Refuse is null ? null : _ => Refused };

    /// <summary>What may come for a step that waits: its number among what ends the wait stands where others have the attempt.</summary>
    private static IEnumerable<Flight> Events(StepPlan step) =>
        step.Work is StepWork.Wait wait ? Enumerable.Range(0, wait.Ends.Length).Select(end => new Flight(FlightKind.Event, step.Index, end, false, false)) : [];

    private Type EventOf(Flight @event) => ((StepWork.Wait)_plan.Steps[@event.Step].Work).Ends[@event.Attempt].EventType;

    private object? SampleReply(StepPlan step) => Sample((step.Work as StepWork.Remote)?.Command.ReplyType);

    private object SampleEvent(Type type) => Sample(type) ?? System.Runtime.CompilerServices.RuntimeHelpers.GetUninitializedObject(type);

    private string SampleJson(object @event) =>
        Sample(@event.GetType()) is null ? "{}" : JsonSerializer.Serialize(@event, @event.GetType(), JsonSerializerOptions.Web);

    private object? Sample(Type? type) => type is null ? null : _samples.FirstOrDefault(type.IsInstanceOfType);

    private string Text(Flight flight)
    {
        var name = _plan.Steps[flight.Step].Name;
        var attempt = flight.Attempt > 1 ? $" (attempt {flight.Attempt})" : "";
        return (flight.Kind, flight.Undo, flight.Refused) switch
        {
            (FlightKind.Event, _, _) when flight.Attempt == 0 => $"the event of '{name}'",
            (FlightKind.Event, _, _) => $"{EventOf(flight).Name}, with which '{name}' ends as well,",
            (FlightKind.Command, false, _) => $"the command of '{name}'{attempt}",
            (FlightKind.Command, true, _) => $"the undo of '{name}'{attempt}",
            (_, false, false) => $"the reply of '{name}'{attempt}",
            (_, false, true) => $"the refusal of '{name}'{attempt}",
            (_, true, false) => $"the confirmation that '{name}' is undone{attempt}",
            (_, true, true) => $"the refusal to undo '{name}'{attempt}",
        };
    }
}
