using System.Data.Common;

namespace Skald.Storage;

/// <summary>What one batch wants to read: the first round trip.</summary>
public sealed class LoadRequest
{
    /// <summary>Sagas to load and lock.</summary>
    public HashSet<Guid> Sagas { get; } = [];

    /// <summary>Ledger rows to look up.</summary>
    public HashSet<LedgerKey> Ledger { get; } = [];

    /// <summary>
    /// Those of the ledger's keys that nothing is expected of. A store may save the look, if a commit then fails with
    /// <see cref="SagaConcurrencyException"/> when there is a row after all: the work is done again, with the row.
    /// </summary>
    public HashSet<LedgerKey> ProbablyNew { get; } = [];

    /// <summary>Idempotency keys to look up.</summary>
    public HashSet<string> StartKeys { get; } = [];
}

/// <summary>What one batch writes: the second round trip, with the commit.</summary>
public sealed class Changes
{
    /// <summary>Sagas to insert (version 1) or to update (from the version before).</summary>
    public List<SagaRow> Sagas { get; } = [];

    /// <summary>Idempotency keys to remember.</summary>
    public List<StartRow> Starts { get; } = [];

    /// <summary>Events to append; those of one stream follow each other, without a gap, from the version after its last one.</summary>
    public List<EventRow> Events { get; } = [];

    /// <summary>Snapshots to keep; a stream's older one is replaced.</summary>
    public List<SnapshotRow> Snapshots { get; } = [];

    /// <summary>Timelines to append to; at most one row per saga.</summary>
    public List<JournalRow> Journal { get; } = [];

    /// <summary>Handled messages to record; a row of the same key is replaced.</summary>
    public List<LedgerRow> Ledger { get; } = [];

    /// <summary>Messages to remember until they are confirmed.</summary>
    public List<OutboxRow> Outbox { get; } = [];

    /// <summary>Messages that have been confirmed.</summary>
    public List<Guid> Sent { get; } = [];

    /// <summary>Messages to try again later; a row of the same message is replaced.</summary>
    public List<DelayedRow> Delayed { get; } = [];

    /// <summary>Messages that need not be tried again.</summary>
    public List<Guid> Undelayed { get; } = [];

    /// <summary>Messages that cannot be handled. The store numbers them.</summary>
    public List<DeadLetterRow> DeadLetters { get; } = [];

    /// <summary>Dead letters that were dealt with.</summary>
    public List<long> Revived { get; } = [];

    /// <summary>Owners whose locks are freed.</summary>
    public HashSet<string> Released { get; } = [];

    /// <summary>Messages that this batch has dealt with. Only for a store that <see cref="IStore.Carries"/> their transport.</summary>
    public List<Messaging.Delivery> Received { get; } = [];

    /// <summary>Messages that this batch sends. Only for a store that <see cref="IStore.Carries"/> their transport.</summary>
    public List<Messaging.OutgoingMessage> Sending { get; } = [];
}

/// <summary>Work whose time has come.</summary>
/// <param name="Sagas">Sagas to wake.</param>
/// <param name="Delayed">Messages to try again.</param>
/// <param name="Outbox">Messages that nobody has in hand; now claimed by the caller.</param>
/// <param name="Next">When the next work becomes due; null when there is none.</param>
public sealed record DueWork(
    IReadOnlyList<Guid> Sagas, IReadOnlyList<DelayedRow> Delayed, IReadOnlyList<Messaging.OutgoingMessage> Outbox, DateTimeOffset? Next);

/// <summary>Another writer was first: read again, decide again.</summary>
public sealed class SagaConcurrencyException(string message) : Exception(message);

/// <summary>
/// One service's database. All writing goes through units of work; each commits as a whole or not at all.
/// </summary>
public interface IStore : IAsyncDisposable
{
    /// <summary>Creates or upgrades what the engine needs, then the service's own tables. Repeating it is harmless.</summary>
    /// <param name="schema">The service's own statements, each safe to repeat.</param>
    /// <param name="cancellationToken">Abandons the attempt.</param>
    Task StartAsync(IReadOnlyList<string> schema, CancellationToken cancellationToken);

    /// <summary>Opens a transaction and loads what the batch needs, in one round trip at most.</summary>
    /// <remarks>
    /// A store may give a saga as it has written it last itself, if every commit then fails with <see cref="SagaConcurrencyException"/>
    /// when another writer has changed it since, and the next attempt reads it.
    /// </remarks>
    ValueTask<IUnitOfWork> BeginAsync(LoadRequest request, CancellationToken cancellationToken);

    /// <summary>Finds work whose time has come, at most <paramref name="limit"/> of each kind, and claims the outbox rows among it.</summary>
    /// <param name="now">The engine's clock.</param>
    /// <param name="claimFor">How long outbox rows stay claimed.</param>
    /// <param name="limit">The most of each kind.</param>
    /// <param name="cancellationToken">Abandons the attempt.</param>
    ValueTask<DueWork> TakeDueAsync(DateTimeOffset now, TimeSpan claimFor, int limit, CancellationToken cancellationToken);

    /// <summary>Opens a connection for reading; the caller disposes it.</summary>
    /// <exception cref="NotSupportedException">The store is the in-memory one.</exception>
    ValueTask<DbConnection> OpenAsync(CancellationToken cancellationToken);

    /// <summary>One saga; null when there is none.</summary>
    ValueTask<SagaRow?> FindSagaAsync(Guid id, CancellationToken cancellationToken);

    /// <summary>Rows of one definition, the latest changed first, at most <paramref name="limit"/>.</summary>
    /// <param name="definition">A saga's name, or a flow's as <see cref="FlowCodec.Definition"/> has it.</param>
    /// <param name="status">Only those in this status; null for all.</param>
    /// <param name="limit">The most.</param>
    /// <param name="cancellationToken">Abandons the attempt.</param>
    ValueTask<IReadOnlyList<SagaRow>> SagasAsync(string definition, SagaStatus? status, int limit, CancellationToken cancellationToken);

    /// <summary>How many sagas stand in each status; flows are not counted.</summary>
    ValueTask<IReadOnlyDictionary<SagaStatus, long>> CountSagasAsync(CancellationToken cancellationToken);

    /// <summary>A saga's timeline, oldest first.</summary>
    ValueTask<IReadOnlyList<JournalRow>> JournalAsync(Guid saga, CancellationToken cancellationToken);

    /// <summary>Dead letters, oldest first, at most <paramref name="limit"/>.</summary>
    ValueTask<IReadOnlyList<DeadLetterRow>> DeadLettersAsync(int limit, CancellationToken cancellationToken);

    /// <summary>Messages that wait to be tried again, soonest first, at most <paramref name="limit"/>.</summary>
    ValueTask<IReadOnlyList<DelayedRow>> DelayedAsync(int limit, CancellationToken cancellationToken);

    /// <summary>How many messages are committed and not yet confirmed.</summary>
    ValueTask<long> CountOutboxAsync(CancellationToken cancellationToken);

    /// <summary>Tells processes that serve this service that there is something new to do. Does not wait.</summary>
    void WakeOthers();

    /// <summary>Called, from any thread, when another process has used <see cref="WakeOthers"/>.</summary>
    Action? Woken { get; set; }

    /// <summary>The service's events, for reading.</summary>
    IEventLog Events { get; }

    /// <summary>
    /// Whether the transport's queues live in this very database. Then receiving, state and sending are one transaction:
    /// the batch's <see cref="Changes.Received"/> and <see cref="Changes.Sending"/> are written with it, and no outbox is needed.
    /// </summary>
    bool Carries(Messaging.ITransport transport) => false;

    /// <summary>A line about the database for people, such as its file and its library's version.</summary>
    string Description { get; }
}

/// <summary>An open transaction with what was loaded in it. Disposing it without <see cref="CommitAsync"/> rolls back.</summary>
public interface IUnitOfWork : IAsyncDisposable
{
    /// <summary>The transaction, for handlers and local steps; null on the in-memory store.</summary>
    DbTransaction? Transaction { get; }

    /// <summary>The sagas that were asked for and exist.</summary>
    IReadOnlyDictionary<Guid, SagaRow> Sagas { get; }

    /// <summary>Loads and locks one more saga, in a round trip of its own; null when there is none.</summary>
    ValueTask<SagaRow?> LoadSagaAsync(Guid id, CancellationToken cancellationToken);

    /// <summary>Locks and tombstones inside this transaction: the tables <c>skald_lock</c> and <c>skald_tombstone</c> where there are tables.</summary>
    IBusinessKeys Keys => new SqlBusinessKeys(Transaction ?? throw new NotSupportedException("A store without database transactions brings its own locks and tombstones."));

    /// <summary>The ledger rows that were asked for and exist.</summary>
    IReadOnlyList<LedgerRow> Ledger { get; }

    /// <summary>The starts that were asked for and exist.</summary>
    IReadOnlyDictionary<string, StartRow> Starts { get; }

    /// <summary>Reads a stream within the transaction: its snapshot, if there is one of that shape, and every event after it.</summary>
    /// <param name="stream">The stream.</param>
    /// <param name="shape">The shape of snapshots that can be read; null for none.</param>
    /// <param name="cancellationToken">Abandons the attempt.</param>
    ValueTask<StreamRows> ReadStreamAsync(string stream, string? shape, CancellationToken cancellationToken);

    /// <summary>Writes everything and commits, in one round trip.</summary>
    /// <exception cref="SagaConcurrencyException">A saga or a stream was changed by another writer meanwhile; nothing is written.</exception>
    ValueTask CommitAsync(Changes changes, CancellationToken cancellationToken);
}

/// <summary>The database cannot be reached or written at all: nothing is wrong with the work, it has to wait.</summary>
/// <remarks>Stores throw it instead of their own exceptions when a full disk, a lost server or the like is the cause.</remarks>
public sealed class StoreUnavailableException(string message, Exception? inner = null) : Exception(message, inner);

/// <summary>The database cannot be set up: the file, the rights or a library is not as it must be. Names the fix; thrown at start-up.</summary>
public sealed class StoreSetupException(string message, Exception? inner = null) : Exception(message, inner);
