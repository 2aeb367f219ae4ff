using System.Text.Json;
using Skald.Decisions;
using Skald.Definition;
using Skald.Messaging;
using Skald.Runtime;

namespace Skald.Testing;

/// <summary>Begins a conversation with a saga, without host, store or clock.</summary>
/// <example>
/// <code>
/// SagaSpec.Given(new BookTripSaga(), trip)
///     .Sends(new ReserveSeat("T1")).Replies(new SeatReserved("12A"))
///     .Sends(new ChargeCard(100)).Refuses("CardDeclined")
///     .Sends(new ReleaseSeat("12A")).IsNow(SagaStatus.Compensating);
/// </code>
/// </example>
public static class SagaSpec
{
    /// <summary>A saga that is about to start with this state.</summary>
    /// <exception cref="SagaDefinitionException">The definition makes no sense.</exception>
    public static SagaSpec<TState> Given<TState>(Saga<TState> saga, TState state) where TState : class
    {
        ArgumentNullException.ThrowIfNull(saga);
        ArgumentNullException.ThrowIfNull(state);
        return new SagaSpec<TState>(saga.Plan(), state);
    }
}

/// <summary>Runs a local step, or its undo, in place of the author's code.</summary>
/// <typeparam name="TState">The saga's state.</typeparam>
/// <param name="step">The step's name.</param>
/// <param name="undo">Whether it is undone.</param>
/// <param name="state">The saga's state.</param>
public delegate StepResult<TState> LocalStandIn<TState>(string step, bool undo, TState state) where TState : class;

/// <summary>A conversation with one saga. Every expectation that fails throws <see cref="SkaldAssertionException"/>.</summary>
/// <typeparam name="TState">The saga's state.</typeparam>
public sealed class SagaSpec<TState> : IDrivenSaga where TState : class
{
    private static readonly MessageSerializer Serializer = new();
    private static readonly DateTimeOffset Epoch = new(2030, 1, 1, 0, 0, 0, TimeSpan.Zero);

    private readonly SagaPlan _plan;
    private readonly List<(string Step, Exception Exception)> _faults = [];
    private readonly List<Effect.Send> _unseen = [];
    private readonly List<JournalEntry> _journal = [];
    private LocalStandIn<TState>? _standIn;
    private EventOutcome _event;
    private CancelAnswer? _cancel;
    private string? _refused;
    private SagaInstance _saga;
    private DateTimeOffset _now = Epoch;
    private bool _started;

    internal SagaSpec(SagaPlan plan, TState state)
    {
        _plan = plan;
        _saga = SagaDecider.NewSaga(plan, new SagaId(new Guid(1, 0, 0, new byte[8])), state, Epoch);
    }

    /// <summary>The saga as it stands, for what the other methods do not check.</summary>
    public SagaInstance Saga => Started._saga;

    /// <summary>The state as it stands.</summary>
    public TState State => (TState)Saga.State;

    /// <summary>What happened so far.</summary>
    public IReadOnlyList<JournalEntry> Journal => Started._journal;

    /// <summary>Local steps run this instead of the author's code, which may need a database.</summary>
    public SagaSpec<TState> WithLocal(LocalStandIn<TState> standIn)
    {
        _standIn = standIn;
        return this;
    }

    /// <summary>The next run of a local step, or of its undo, throws.</summary>
    /// <param name="step">The step's name.</param>
    /// <param name="times">How often in a row.</param>
    public SagaSpec<TState> LocalFaults(string step, int times = 1)
    {
        for (var i = 0; i < times; i++)
        {
            _faults.Add((step, new InvalidOperationException("a fault of the spec")));
        }

        return this;
    }

    /// <summary>The participant of the open command that names this reply has done it.</summary>
    public SagaSpec<TState> Replies(object reply)
    {
        ArgumentNullException.ThrowIfNull(reply);
        var open = Started.Open().Where(o => !o.Undo && o.ReplyType == reply.GetType()).ToList();
        return open switch
        {
            [var only] => Tell(new SagaInput.Replied(only.Step.Name, only.Attempt, only.Undo, reply, null)),
            [] => throw Wrong($"no open command names {reply.GetType().Name} as its reply"),
            _ => throw Wrong($"several open commands name {reply.GetType().Name} as their reply; use Replies(step, reply)"),
        };
    }

    /// <summary>The participant of this step has done it.</summary>
    public SagaSpec<TState> Replies(string step, object reply)
    {
        var open = Started.OpenAt(step);
        return Tell(new SagaInput.Replied(step, open.Attempt, open.Undo, reply, null));
    }

    /// <summary>The participant has done what the only open command asked: the step, or its undo.</summary>
    public SagaSpec<TState> Acknowledges() => Acknowledges(Started.OnlyOpen().Step.Name);

    /// <summary>The participant has done what the open command of this step asked: the step, or its undo.</summary>
    public SagaSpec<TState> Acknowledges(string step)
    {
        var open = Started.OpenAt(step);
        return Tell(new SagaInput.Replied(step, open.Attempt, open.Undo, Done.Instance, null));
    }

    /// <summary>The participant of the only open command refuses.</summary>
    public SagaSpec<TState> Refuses(string type = "Refused", string message = "no") => Refuses(new Refusal(type, message));

    /// <summary>The participant of the only open command refuses.</summary>
    public SagaSpec<TState> Refuses(Refusal refusal) => Refuses(Started.OnlyOpen().Step.Name, refusal);

    /// <summary>The participant of this step refuses.</summary>
    public SagaSpec<TState> Refuses(string step, Refusal refusal)
    {
        var open = Started.OpenAt(step);
        return Tell(new SagaInput.Replied(step, open.Attempt, open.Undo, null, refusal));
    }

    /// <summary>An answer arrives as given, whether or not it is expected: a copy, a late one, one from another attempt.</summary>
    public SagaSpec<TState> Hears(string step, int attempt, bool undo = false, object? reply = null, Refusal? refusal = null)
    {
        _ = Started;
        return Tell(new SagaInput.Replied(step, attempt, undo, refusal is null ? reply ?? Done.Instance : null, refusal));
    }

    /// <summary>An event arrives.</summary>
    public SagaSpec<TState> Raises<TEvent>(TEvent @event) where TEvent : class, IEvent
    {
        ArgumentNullException.ThrowIfNull(@event);
        _ = Started;
        return Tell(new SagaInput.EventArrived(@event, JsonSerializer.Serialize(@event, @event.GetType(), JsonSerializerOptions.Web)));
    }

    /// <summary>Nothing answers until the saga no longer waits as it does now: deadlines pass.</summary>
    public SagaSpec<TState> TimesOut()
    {
        var (before, status) = (Started.Waits(), _saga.Status);
        while (Waits().SequenceEqual(before) && _saga.WakeAt is { } at)
        {
            WakeAt(at);
        }

        return Waits().SequenceEqual(before) && _saga.Status == status ? throw Wrong("nothing it waits for has a deadline") : this;
    }

    /// <summary>Time passes; the saga is woken whenever it asked to be.</summary>
    public SagaSpec<TState> After(TimeSpan time)
    {
        var end = Started._now + time;
        while (_saga.WakeAt is { } at && at <= end)
        {
            WakeAt(at);
        }

        _now = end;
        return this;
    }

    /// <summary>Time passes while nobody runs the saga; then it is woken.</summary>
    public SagaSpec<TState> Away(TimeSpan time)
    {
        _now = Started._now + time;
        return Tell(new SagaInput.Woken(_now));
    }

    /// <summary>The process that had the open commands is gone, perhaps before it had sent them; another one takes the saga over.</summary>
    public SagaSpec<TState> IsTakenOver()
    {
        _ = Started;
        return Tell(new SagaInput.TakenOver());
    }

    /// <summary>A person resumes the parked saga.</summary>
    public SagaSpec<TState> IsResumed()
    {
        _ = Started;
        return Tell(new SagaInput.Resumed());
    }

    /// <summary>Somebody asks the saga to turn back; what it answers is checked with <see cref="Answered(CancelOutcome)"/>.</summary>
    /// <param name="reason">Why.</param>
    public SagaSpec<TState> IsCancelled(string? reason = null)
    {
        _ = Started;
        return Tell(new SagaInput.Cancelled(reason));
    }

    /// <summary>A person acts on the saga; what it answers is checked with <see cref="Refused(string)"/>.</summary>
    /// <param name="act">The act.</param>
    /// <param name="reason">Why.</param>
    /// <exception cref="ArgumentException">It names a step or an event that the definition does not have, or holds what cannot be read.</exception>
    public SagaSpec<TState> IsActedOn(SagaAct act, string? reason = null)
    {
        ArgumentNullException.ThrowIfNull(act);
        return Tell(ActInputs.Of(_plan, Started._saga, act, reason, Serializer));
    }

    /// <summary>What an act would do to the saga as it stands.</summary>
    /// <param name="act">The act.</param>
    /// <exception cref="ArgumentException">It names a step or an event that the definition does not have, or holds what cannot be read.</exception>
    public ActPreview Foresees(SagaAct act)
    {
        ArgumentNullException.ThrowIfNull(act);
        return new ActForesight(_plan, Started._saga, _now, command => (MessageCatalog.Of(command).Name, MessageCatalog.Of(command).To ?? "")).Of(act, saga => ActInputs.Of(_plan, saga, act, null, Serializer));
    }

    /// <summary>The last act was refused, and the answer contains this.</summary>
    /// <exception cref="SkaldAssertionException">It was not.</exception>
    public SagaSpec<TState> Refused(string part) =>
        _refused?.Contains(part, StringComparison.Ordinal) == true ? this : throw Wrong($"expected a refusal with '{part}'; it was {(_refused is null ? "none" : $"'{_refused}'")}");

    /// <summary>What became of the last wish that the saga turns back.</summary>
    /// <exception cref="SkaldAssertionException">It was another.</exception>
    public SagaSpec<TState> Answered(CancelOutcome outcome) => _cancel?.Outcome == outcome ? this : throw Wrong($"expected the answer {outcome}; it was {_cancel?.ToString() ?? "none"}");

    /// <summary>What became of the last event.</summary>
    /// <exception cref="SkaldAssertionException">It was another.</exception>
    public SagaSpec<TState> Answered(EventOutcome outcome) => _event == outcome ? this : throw Wrong($"expected the answer {outcome}; it was {_event}");

    /// <summary>Any other input.</summary>
    internal SagaSpec<TState> Takes(SagaInput input)
    {
        _ = Started;
        return Tell(input);
    }

    /// <summary>It has sent this command, which was not looked at before.</summary>
    public SagaSpec<TState> Sends(ICommand command)
    {
        ArgumentNullException.ThrowIfNull(command);
        var index = Started._unseen.FindIndex(s => Same(s.Command, command));
        if (index < 0)
        {
            throw Wrong($"it did not send {command}; it sent {Listed(_unseen.Select(s => s.Command.ToString()))}");
        }

        _unseen.RemoveAt(index);
        return this;
    }

    /// <summary>It has sent nothing that was not looked at before.</summary>
    public SagaSpec<TState> SendsNothing() =>
        Started._unseen.Count == 0 ? this : throw Wrong($"it sent {Listed(_unseen.Select(s => s.Command.ToString()))}");

    /// <summary>It stands so.</summary>
    public SagaSpec<TState> IsNow(SagaStatus status) =>
        Started._saga.Status == status ? this : throw Wrong($"it is {_saga.Status}, not {status}");

    /// <summary>It is parked, and the reason contains this.</summary>
    public SagaSpec<TState> IsParkedBecause(string part)
    {
        IsNow(SagaStatus.Parked);
        return _saga.ParkReason!.Contains(part, StringComparison.Ordinal) ? this : throw Wrong($"it is parked because '{_saga.ParkReason}'");
    }

    /// <summary>This step stands so.</summary>
    public SagaSpec<TState> StepIs(string step, StepState state)
    {
        var actual = Started._saga.Steps[Find(step).Index].State;
        return actual == state ? this : throw Wrong($"step '{step}' is {actual}, not {state}");
    }

    /// <summary>The state fulfils this.</summary>
    public SagaSpec<TState> StateIs(Predicate<TState> holds)
    {
        ArgumentNullException.ThrowIfNull(holds);
        return holds(State) ? this : throw Wrong($"its state is {State}");
    }

    /// <summary>It turned back because of this step.</summary>
    public SagaSpec<TState> FailedAt(string step, string type)
    {
        var failure = Started._saga.Failure;
        return failure?.Step == step && failure.Type == type ? this : throw Wrong($"its failure is {failure?.ToString() ?? "none"}");
    }

    /// <summary>The last thing that happened is of this kind.</summary>
    public SagaSpec<TState> Notes(JournalKind kind, string? step = null) =>
        Started._journal.Any(j => j.Kind == kind && (step is null || j.Step == step)) ? this : throw Wrong($"its journal has no {kind} {step}");

    private SagaSpec<TState> Started
    {
        get
        {
            if (!_started)
            {
                _started = true;
                Tell(new SagaInput.Started());
            }

            return this;
        }
    }

    private void WakeAt(DateTimeOffset at)
    {
        _now = at > _now ? at : _now;
        Tell(new SagaInput.Woken());
    }

    private SagaSpec<TState> Tell(SagaInput input)
    {
        (_event, _cancel, _refused) = (EventOutcome.Unknown, null, null);
        SagaDriver.Drive(this, input, _now);
        return this;
    }

    SagaInstance IDrivenSaga.Instance => _saga;

    Decision IDrivenSaga.Decide(SagaInput input, DateTimeOffset now) => SagaDecider.Decide(_plan, _saga, input, now);

    void IDrivenSaga.Take(Decision decision)
    {
        _saga = decision.Next;
        _event = decision.Event == EventOutcome.Unknown ? _event : decision.Event;
        _cancel ??= decision.Cancel;
        _refused ??= decision.Refused;
        _journal.AddRange(decision.Journal);
        _unseen.AddRange(decision.Effects.OfType<Effect.Send>());
    }

    ValueTask<SagaInput> IDrivenSaga.RunAsync(Effect.RunLocal local)
    {
        try
        {
            var fault = _faults.FindIndex(f => f.Step == _plan.Steps[local.Step].Name);
            if (fault >= 0)
            {
                var exception = _faults[fault].Exception;
                _faults.RemoveAt(fault);
                throw exception;
            }

            var (state, refusal) = RunCode(local);
            return new(new SagaInput.LocalDone(local.Step, local.Undo, state, refusal));
        }
        catch (Exception exception) when (exception is not SkaldAssertionException)
        {
            return new(new SagaInput.LocalFaulted(local.Step, local.Undo, exception.GetType().Name, exception.Message));
        }
    }

    private (object? State, Refusal? Refusal) RunCode(Effect.RunLocal local)
    {
        var step = _plan.Steps[local.Step];
        if (_standIn is not null)
        {
            var result = _standIn(step.Name, local.Undo, (TState)_saga.State);
            return (result.State, result.Refusal);
        }

        var running = local.Run(_saga.State, new StepContext(null, _saga.Id, _now, CancellationToken.None));
        return running.IsCompleted
            ? running.GetAwaiter().GetResult()
            : throw new SkaldAssertionException($"Local step '{step.Name}' does not finish at once: give the spec a stand-in with WithLocal(...).");
    }

    private IEnumerable<OpenCommand> Open()
    {
        foreach (var step in _plan.Steps)
        {
            var record = _saga.Steps[step.Index];
            var undo = record.State == StepState.Undoing;
            if (undo || record.State == StepState.Sent)
            {
                yield return new OpenCommand(step, record.Attempt, undo, (undo ? step.Work.UndoCommand : (step.Work as StepWork.Remote)?.Command)?.ReplyType);
            }
        }
    }

    private OpenCommand OpenAt(string step) =>
        Open().FirstOrDefault(o => o.Step.Name == step) ?? throw Wrong($"step '{step}' has no open command");

    private OpenCommand OnlyOpen()
    {
        var open = Open().ToList();
        return open is [var only] ? only : throw Wrong($"the open commands are {Listed(open.Select(o => $"'{o.Step.Name}'"))}; name the step that is meant");
    }

    private StepPlan Find(string step) => _plan.Find(step) ?? throw Wrong($"it has no step '{step}'");

    private List<(StepState, int, DateTimeOffset)> Waits() => [.. _saga.Steps.Select(s => (s.State, s.Attempt, s.State == StepState.Sent ? s.Since : default))];

    private SkaldAssertionException Wrong(string what)
    {
        var steps = string.Join(", ", _plan.Steps.Select(s => $"'{s.Name}' {_saga.Steps[s.Index].State}"));
        return new SkaldAssertionException($"Saga '{_plan.Name}': {what}. It is {_saga.Status}; its steps: {steps}.");
    }

    // Records that hold collections are not equal by value; their JSON is.
    private static bool Same(ICommand a, ICommand b) => a.Equals(b)
        || (a.GetType() == b.GetType() && JsonSerializer.Serialize<object>(a) == JsonSerializer.Serialize<object>(b));

    private static string Listed(IEnumerable<string?> items) => string.Join(", ", items) is { Length: > 0 } text ? text : "nothing";

    private sealed record OpenCommand(StepPlan Step, int Attempt, bool Undo, Type? ReplyType);
}
