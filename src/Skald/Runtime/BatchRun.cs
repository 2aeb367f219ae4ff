using System.Diagnostics;
using System.Runtime.InteropServices;
using Microsoft.Extensions.Logging;
using Skald.Decisions;
using Skald.Definition;
using Skald.Diagnostics;
using Skald.EventSourcing;
using Skald.Messaging;
using Skald.Storage;

namespace Skald.Runtime;

/// <summary>One batch between its two round trips: what was loaded, what was decided, what will be written and sent.</summary>
internal sealed partial class BatchRun(BatchParts parts, CallWatch calls, IUnitOfWork unit, LoadRequest asked, DateTimeOffset now)
{
    private readonly Dictionary<Guid, SagaRun> _sagas = [];
    private readonly Dictionary<LedgerKey, List<LedgerRow>> _ledger = Group(unit.Loaded.Ledger);
    private readonly HashSet<Guid> _parked = [];
    private readonly bool _carries = parts.Store.CarriesMessages;
    private Dictionary<string, RequestRow>? _requests;
    private Dictionary<PositionKey, long>? _positions;

    public DateTimeOffset Now => now;

    public string Service => Setup.Service;

    /// <summary>
    /// Whether this process consumes and sends, rather than leaving that to another. Said once for the batch: a service that begins to serve in
    /// the middle of it has not sent what it leaves open.
    /// </summary>
    public bool Serves { get; } = parts.Store.Serves;

    /// <summary>Whether what it receives and sends is written with its state.</summary>
    public bool CarriesMessages => Serves && _carries;

    /// <summary>The service that it is of.</summary>
    public ServiceSetup Setup { get; } = parts.Setup;

    /// <inheritdoc cref="BatchParts.Outside"/>
    public OutsideCalls Outside => parts.Outside;

    /// <inheritdoc cref="BatchParts.Places"/>
    public PlacesInLine Places => parts.Places;

    public MessageSerializer Serializer => Setup.Serializer;

    public Changes Changes { get; } = new();

    public BatchFacts Facts { get; } = new(parts.Setup.Service);

    /// <summary>Messages to send after the commit.</summary>
    public List<OutgoingMessage> Outgoing { get; } = [];

    /// <summary>The earliest time at which something written here becomes due.</summary>
    public DateTimeOffset? EarliestDue { get; private set; }

    /// <summary>Local code that failed when this work was tried before: it is not run again here.</summary>
    public IReadOnlyList<LocalStepException> Faults { get; set; } = [];

    public bool WritesAnything { get; private set; }

    /// <summary>What its states and messages take in memory, about, once it is committed.</summary>
    public long Bytes { get; set; }

    /// <summary>The command of which an answer showed that it lay unread longest, for what it may take; null when no answer showed anything.</summary>
    public QueueTime? LongestUnread { get; private set; }

    /// <summary>
    /// A second attempt at a batch: what looked new may exist after all, so it is looked up.
    /// </summary>
    public bool Careful { get; init; }

    /// <summary>Sagas that will not go on by themselves.</summary>
    public List<SagaRow> Ended { get; } = [];

    /// <summary>Outside calls that this batch begins.</summary>
    public HashSet<LedgerKey> BegunOutside { get; } = [];

    /// <summary>The streams that this batch appends to.</summary>
    public EventSession? Streams { get; private set; }

    private EventSession? Session => parts.Projections.Model.Any
        ? Streams ??= new EventSession(
            parts.Projections.Model, unit, Changes, Serializer, Setup.Model.Routing.PublishedTopic, parts.Projections.Recent, Careful, Setup.Logger, Setup.Stopping)
        : null;

    private IBusinessKeys Keys => field ??= new BatchKeys(unit.Keys ?? throw new NotSupportedException($"The store of service '{Service}' has no locks and tombstones."), Changes);

    // What has failed before may be a handler that catches its error and refuses.
    private bool IsGuarded => Careful && unit.IsDoomedByAnError;

    /// <summary>The door to code that is not ours.</summary>
    public Invoker Invoker { get; } = new(calls);

    public MessageContext NewMessageContext(SagaId? saga, Guid messageId, int attempt, string? flow = null, long place = long.MaxValue) =>
        new(unit.Transaction, saga, messageId, attempt, now, calls.Token, () => Keys) { Flow = flow, Place = place, Session = Session, Scopes = Setup.Scopes, IsGuarded = IsGuarded };

    // --- Sagas

    public SagaRun AddSaga(SagaPlan plan, SagaInstance saga) => _sagas[saga.Id.Value] = new SagaRun(this, plan, saga, loaded: null);

    public SagaRun? FindSaga(SagaId id)
    {
        if (_sagas.TryGetValue(id.Value, out var run))
        {
            return run;
        }

        if (!unit.Loaded.Sagas.TryGetValue(id.Value, out var row))
        {
            return null;
        }

        if (Setup.Model.FindPlan(row.Definition) is not { } plan)
        {
            Park(row, $"service '{Service}' no longer has a saga named '{row.Definition}'");
            return null;
        }

        var saga = SagaCodec.FromRow(plan, row, Serializer, out var problem);
        if (saga is null)
        {
            // Set when there is no saga.
            Park(row, problem!);
            return null;
        }

        return _sagas[id.Value] = new SagaRun(this, plan, saga, row) { IsAnothers = row.Incarnation is { } incarnation && incarnation != parts.Store.Store.Incarnation };
    }

    /// <summary>Decides an input, runs the local code it asks for, and decides its result, until nothing is left to run.</summary>
    public async ValueTask DecideAsync(SagaRun saga, SagaInput input)
    {
        await SagaDriver.DriveAsync(saga, input, now);
        if (saga.SendsBesideAnother)
        {
            // Who sends has all that is open: of what another process has sent, nobody here knows whether it was confirmed.
            await SagaDriver.DriveAsync(saga, new SagaInput.TakenOver(), now);
        }
    }

    /// <summary>This instance has the saga's open commands from now on: that is written, even if nothing else changes.</summary>
    public void Claim(SagaRun saga)
    {
        saga.IsClaimed = saga.Changed = WritesAnything = true;
        saga.Instance = saga.Instance with { Version = saga.LoadedVersion + 1 };
    }

    /// <summary>Takes a decision about a saga into the batch.</summary>
    public void Take(SagaRun saga, Decision decision)
    {
        var before = saga.Instance.Status;
        if (decision.Changed)
        {
            if (decision.Next.Status != before && !before.Next().Contains(decision.Next.Status))
            {
                throw new UnreachableException($"Saga {saga.Instance.Id} may not go from {before} to {decision.Next.Status}.");
            }

            // However many inputs a batch brings, the row is written once: one version.
            saga.Instance = decision.Next with { Version = saga.LoadedVersion + 1 };
            saga.Changed = true;
            Facts.Count(saga.Plan.Name, before, decision.Next.Status);
        }

        WritesAnything |= decision.Changed || decision.Journal.Count > 0;
        saga.Note(decision.Journal);
        foreach (var entry in decision.Journal)
        {
            LogEntry(saga, entry);
        }

        foreach (var effect in decision.Effects)
        {
            if (effect is Effect.Send send)
            {
                SendForSaga(saga, send);
            }
        }
    }

    /// <summary>Runs a saga's local code in this transaction.</summary>
    /// <exception cref="LocalStepException">It threw; the transaction has to be rolled back.</exception>
    public async ValueTask<SagaInput> RunLocalAsync(SagaRun saga, Effect.RunLocal local)
    {
        var id = saga.Instance.Id;
        if (Faults.FirstOrDefault(f => f.Is(id, local.Step, local.Undo)) is { } fault)
        {
            return fault.Input;
        }

        try
        {
            // What a saga publishes travels in a flow of the saga's id, unless the step says another.
            var context = new StepContext(unit.Transaction, id, now, calls.Token, () => Keys) { Flow = id.ToString(), Place = StepContext.AheadOfAll, Session = Session, Scopes = Setup.Scopes, IsGuarded = IsGuarded };
            var (state, refusal) = await Invoker.RunAsync(local.Name, local.Run, saga.Instance.State, context);
            saga.CheckStorable(state);
            await PublishFromAsync(context, MessageIds.Command(id, local.Name, local.Attempt, local.Undo));
            return new SagaInput.LocalDone(local.Step, local.Undo, state, refusal);
        }
        catch (Exception exception) when (exception is not OperationCanceledException || !Setup.IsStopping)
        {
            throw new LocalStepException(id, local.Step, local.Undo, exception);
        }
    }

    private void SendForSaga(SagaRun saga, Effect.Send send)
    {
        if (!saga.Sends(send))
        {
            return;
        }

        var route = Setup.Model.RouteOf(send.Command.GetType());
        var envelope = new Envelope
        {
            Id = MessageIds.Command(saga.Instance.Id, send.Name, send.Attempt, send.Undo),
            Type = route.Contract.Name,
            Kind = MessageKind.Command,
            Source = Service,
            Destination = route.Queue,
            ReplyTo = Setup.Model.ReplyQueue,
            Saga = saga.Instance.Id,
            Step = send.Name,
            Attempt = send.Attempt,
            Undo = send.Undo,
            TraceParent = Activity.Current?.Id,
            Time = now,
        };
        // No outbox row: the saga's row says which instance has this command, and whoever takes it over makes it again.
        Outgoing.Add(new OutgoingMessage(envelope, Serializer.Write(send.Command)));
    }

    /// <summary>Parks a saga that the running definitions cannot carry on. Its row stays as it is otherwise: nothing is guessed.</summary>
    private void Park(SagaRow row, string reason)
    {
        if (row.Status.IsFinal() || row.Status == SagaStatus.Parked || !_parked.Add(row.Id))
        {
            return;
        }

        var parked = SagaCodec.Park(row, reason, now);
        Changes.Sagas.Add(parked);
        Changes.Journal.Add(new JournalRow(row.Id, parked.Version, now, JournalCodec.Encode([new JournalEntry(JournalKind.Parked, null, reason)])));
        Ended.Add(parked);
        WritesAnything = true;
        Facts.Say(logger => logger.SagaParked(new SagaId(row.Id), row.Definition, reason));
    }

    private void LogEntry(SagaRun saga, JournalEntry entry)
    {
        switch (entry.Kind)
        {
            case JournalKind.Compensating or JournalKind.Parked or JournalKind.UndoFailed: Facts.Say(Line(saga.Instance.Id, saga.Plan.Name, entry)); break;
            case JournalKind.Late: Facts.Count(SkaldMeter.Late); break;
        }
    }

    private static Action<ILogger> Line(SagaId saga, string name, JournalEntry entry) => logger =>
    {
        switch (entry.Kind)
        {
            case JournalKind.Compensating: logger.SagaTurnedBack(saga, name, entry.Step, entry.Detail); break;
            case JournalKind.Parked: logger.SagaParked(saga, name, entry.Detail); break;
            case JournalKind.UndoFailed: logger.UndoGaveUp(saga, entry.Step, entry.Detail); break;
        }
    };

    // --- Requests

    public RequestRow? FindRequest(string key) => _requests?.GetValueOrDefault(key) ?? unit.Loaded.Requests.GetValueOrDefault(key);

    public void AddRequest(RequestRow row)
    {
        (_requests ??= [])[row.Key] = row;
        Changes.Requests.Add(row);
    }

    // --- Positions of streams

    public long PositionOf(PositionKey key) =>
        _positions is not null && _positions.TryGetValue(key, out var moved) ? moved : unit.Loaded.Positions.GetValueOrDefault(key);

    public void MoveTo(PositionKey key, long version)
    {
        (_positions ??= [])[key] = version;
        Changes.Positions.Add(new PositionRow(key, version));
        WritesAnything = true;
    }

    // --- Ledger

    public IReadOnlyList<LedgerRow> Ledger(LedgerKey key) => _ledger.TryGetValue(key, out var rows) ? rows : [];

    public void AddLedger(LedgerRow row)
    {
        ref var rows = ref CollectionsMarshal.GetValueRefOrAddDefault(_ledger, new LedgerKey(row.Scope, row.Step), out _);
        rows ??= [];
        rows.RemoveAll(r => r.Undo == row.Undo && r.Attempt == row.Attempt);
        rows.Add(row);
        Changes.Ledger.Add(row);
        WritesAnything = true;
    }

    // --- The end

    /// <summary>Turns what was decided into rows.</summary>
    public void Complete()
    {
        foreach (var saga in _sagas.Values)
        {
            saga.WriteJournal(Changes.Journal, now);

            if (!saga.Changed)
            {
                continue;
            }

            if (!Serves)
            {
                // It sends nothing itself: what it leaves open belongs to nobody, and is taken over at once.
                Outgoing.RemoveAll(m => m.Envelope.Saga == saga.Instance.Id);
            }

            var row = saga.ToRow(now, CarriesMessages ? null : Serves ? parts.Store.Store.Incarnation : 0);
            Changes.Sagas.Add(row);
            if (saga.Instance.Status.IsFinal() || saga.Instance.Status == SagaStatus.Parked)
            {
                Ended.Add(row);
            }

            NoteDue(saga.Instance.WakeAt);
        }

        CompleteFlows();
        Bytes = unit.Loaded.Sagas.Values.Sum(row => (long)row.State.Length) + Changes.Sagas.Sum(row => (long)row.State.Length) + Outgoing.Sum(message => (long)message.Body.Length)
            + Changes.Outbox.Sum(row => (long)row.Body.Length) + Changes.Ledger.Sum(row => (long)row.Reply.Length);
        (Changes.WakesAt, Changes.AsleepAfter) = (now.ToUnixTimeMilliseconds(), (now + Setup.Options.Lease).ToUnixTimeMilliseconds());
        WritesAnything |= Changes.Events.Count + Changes.DeletedOutbox.Count + Changes.DeletedDelayed.Count + Changes.DeletedDeadLetters.Count > 0;
    }

    /// <summary>An answer showed how long its command lay unread.</summary>
    public void Saw(QueueTime? seen)
    {
        if (seen is { } one && (LongestUnread is not { } longest || one.Unread / one.Within > longest.Unread / longest.Within))
        {
            LongestUnread = one;
        }
    }

    private void NoteDue(DateTimeOffset? due)
    {
        if (due is not null && (EarliestDue is null || due < EarliestDue))
        {
            EarliestDue = due;
        }
    }

    private static Dictionary<LedgerKey, List<LedgerRow>> Group(List<LedgerRow> rows)
    {
        var groups = new Dictionary<LedgerKey, List<LedgerRow>>(rows.Count);
        foreach (var row in rows)
        {
            ref var group = ref CollectionsMarshal.GetValueRefOrAddDefault(groups, new LedgerKey(row.Scope, row.Step), out _);
            (group ??= []).Add(row);
        }

        return groups;
    }
}
