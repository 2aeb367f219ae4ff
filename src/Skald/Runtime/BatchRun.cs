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

/// <summary>
/// One batch between its two round trips: what was loaded, what was decided, what will be written and sent. Its sagas, its flows and its mail have
/// classes of their own, which find each other here; requests, positions and the ledger are its own.
/// </summary>
/// <param name="parts">What its work may ask: the service, its store, projections, outside calls, claims, places in line.</param>
/// <param name="calls">The lane's call of code that is not ours; the door to it is made here.</param>
/// <param name="unit">The transaction.</param>
/// <param name="asked">What was asked for when it began.</param>
/// <param name="now">When that was.</param>
internal sealed class BatchRun(BatchParts parts, CallWatch calls, IUnitOfWork unit, LoadRequest asked, DateTimeOffset now)
{
    private readonly Dictionary<LedgerKey, List<LedgerRow>> _ledger = Group(unit.Loaded.Ledger);
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

    public BatchSpans Spans { get; } = new(parts.Setup.Service);

    /// <summary>Messages to send after the commit.</summary>
    public List<OutgoingMessage> Outgoing { get; } = [];

    /// <summary>The earliest time at which something written here becomes due.</summary>
    public DateTimeOffset? EarliestDue { get; private set; }

    public bool WritesAnything { get; set; }

    /// <summary>Whether it leaves something to other processes of the service, which have to be told.</summary>
    public bool PassesOn { get; set; }

    /// <summary>What its states and messages take in memory, about, once it is committed.</summary>
    public long Bytes { get; set; }

    /// <summary>Commands that lay unread for longer than they may, as their answers showed.</summary>
    public List<QueueTime> Late { get; } = [];

    /// <summary>
    /// A second attempt at a batch: what looked new may exist after all, so it is looked up.
    /// </summary>
    public bool Careful { get; init; }

    /// <summary>Outside calls that this batch begins.</summary>
    public HashSet<LedgerKey> BegunOutside { get; } = [];

    /// <summary>The streams that this batch appends to.</summary>
    public EventSession? Streams { get; private set; }

    private EventSession? Session => parts.Projections.Model.Any
        ? Streams ??= new EventSession(
            parts.Projections.Model, unit, Changes, Serializer, Setup.Model.Routing.PublishedTopic, parts.Projections.Recent, Careful, Setup.Logger, Setup.Stopping)
        : null;

    /// <summary>Locks and tombstones.</summary>
    public IBusinessKeys Keys => field ??= new BatchKeys(unit.Keys ?? throw new NotSupportedException($"The store of service '{Service}' has no locks and tombstones."), Changes);

    // What has failed before may be a handler that catches its error and refuses.
    private bool IsGuarded => Careful && unit.IsDoomedByAnError;

    /// <summary>Its sagas.</summary>
    public BatchSagas Sagas => field ??= new BatchSagas(this);

    /// <summary>Its flows.</summary>
    public BatchFlows Flows => field ??= new BatchFlows(this);

    /// <summary>What it sends, puts off or gives up.</summary>
    public BatchMail Mail => field ??= new BatchMail(this, parts.Claims);

    /// <summary>What was asked for when it began.</summary>
    public LoadRequest Asked => asked;

    /// <summary>What was loaded so far.</summary>
    public Loaded Loaded => unit.Loaded;

    /// <summary>What this process is to the store.</summary>
    public long Incarnation => parts.Store.Store.Incarnation;

    /// <inheritdoc cref="StoreAccess.Secrets"/>
    public StepSecrets Secrets => parts.Store.Secrets;

    /// <summary>What is asked before a message is believed.</summary>
    public Credentials Credentials { get; } = new(parts.Setup.Model.CommandQueue, parts.Setup.Model.ReplyQueue, parts.Setup.Keys, parts.Store.Secrets);

    /// <summary>What is known of a saga or flow that was removed; null when nothing is.</summary>
    public ValueTask<RemovedRow?> FindRemovedAsync(Guid id) => parts.Store.Store.Operations.FindRemovedAsync(id, CancellationToken.None);

    /// <inheritdoc cref="SagaKeys.FindAsync"/>
    public ValueTask<IReadOnlyList<SagaRow>> FindByKeyAsync(string definition, string key, int most) => SagaKeys.FindAsync(parts.Store.Store.Operations, definition, key, most, CancellationToken.None);

    /// <summary>Loads what it turns out to need.</summary>
    public ValueTask LoadMoreAsync(LoadRequest more) => unit.LoadMoreAsync(more, CancellationToken.None);

    /// <summary>The door to code that is not ours.</summary>
    public Invoker Invoker { get; } = new(calls, parts.Setup);

    /// <summary>For the code of a request.</summary>
    /// <param name="id">Under which it sends and publishes.</param>
    /// <param name="traceParent">The trace context of whoever asked.</param>
    public MessageContext NewRequestContext(Guid id, string? traceParent) =>
        new(unit.Transaction, null, id, 1, now, calls.Token, () => Keys)
        {
            Place = StepContext.AheadOfAll, Session = Session, Scopes = Setup.Scopes, IsGuarded = IsGuarded, Cause = new CallCause(Service, traceParent) { Attempt = 1 },
        };

    /// <summary>For a handler.</summary>
    public MessageContext NewMessageContext(Envelope envelope, MessageWork work) =>
        new(unit.Transaction, envelope.Saga, envelope.Id, work.Attempts + 1, now, calls.Token, () => Keys)
        {
            Flow = envelope.Flow, Place = work.Place, Session = Session, Scopes = Setup.Scopes, IsGuarded = IsGuarded,
            Cause = new CallCause(Service, envelope.TraceParent) { Message = envelope, Attempt = work.Attempts + 1 },
        };

    /// <summary>For a saga's local code. What it publishes travels in a flow of the saga's id, unless the step says another.</summary>
    public StepContext NewStepContext(SagaRun saga, Effect.RunLocal local) =>
        new(unit.Transaction, saga.Instance.Id, now, calls.Token, () => Keys)
        {
            Flow = saga.Instance.Id.ToString(), Place = StepContext.AheadOfAll, Session = Session, Scopes = Setup.Scopes, IsGuarded = IsGuarded,
            Cause = new CallCause(Service, saga.TraceParent) { Definition = saga.Plan.Name, Step = local.Name, Undo = local.Undo, Saga = saga.Instance.Id, Attempt = local.Attempt },
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
        ref var rows = ref CollectionsMarshal.GetValueRefOrAddDefault(_ledger, row.Key, out _);
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
        Sagas.Complete();
        Flows.Complete();
        Bytes = unit.Loaded.Sagas.Values.Sum(row => (long)row.State.Length) + Changes.Sagas.Sum(row => (long)row.State.Length) + Outgoing.Sum(message => (long)message.Body.Length)
            + Changes.Outbox.Sum(row => (long)row.Body.Length) + Changes.Ledger.Sum(row => (long)row.Reply.Length);
        (Changes.WakesAt, Changes.AsleepAfter) = (now.ToUnixTimeMilliseconds(), (now + Setup.Options.Lease).ToUnixTimeMilliseconds());
        WritesAnything |= Changes.Events.Count + Changes.DeletedOutbox.Count + Changes.DeletedDelayed.Count + Changes.DeletedDeadLetters.Count > 0;
    }

    /// <summary>An answer showed how long its command lay unread.</summary>
    public void Saw(QueueTime? seen)
    {
        if (seen is { IsTooLong: true } one)
        {
            Late.Add(one);
        }
    }

    /// <summary>Something written here becomes due.</summary>
    public void NoteDue(DateTimeOffset? due)
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
            ref var group = ref CollectionsMarshal.GetValueRefOrAddDefault(groups, row.Key, out _);
            (group ??= []).Add(row);
        }

        return groups;
    }
}
