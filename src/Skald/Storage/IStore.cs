using System.Data.Common;
using Skald.Messaging;

namespace Skald.Storage;

/// <summary>
/// One service's database, as its lanes and its look for due work use it. All writing goes through units of work; each commits as a whole or not at all.
/// </summary>
/// <remarks>
/// <para>At most one unit of work of an instance is open at a time, and <see cref="TakeDueAsync"/> and <see cref="Retention"/> are called between
/// them, never beside one; unless it <see cref="AllowsParallelUnits"/>. Other processes, and other instances in this one, use the same data at the same time.</para>
/// <para>What a store hands out is what was put in, byte by byte. It does not read envelopes, states, steps or journals: a row that the
/// engine cannot decode is data like any other, and never an exception of the store's.</para>
/// <para>Once it is started, every member that reaches the database throws <see cref="StoreUnavailableException"/>, and nothing else, when the database
/// cannot be reached or written at all (a lost server, a cut connection, a full disk, a file that is gone): the engine waits and
/// tries again. Nothing is half done then, but whether a commit whose answer got lost has happened is not known; every write is made
/// so that doing the work again is harmless. When the database is back, the same instance works again.</para>
/// <para>Data that is damaged as a whole, so that no single row can be handed out, is an outage as well: people have to restore it.</para>
/// <para>Times are Unix milliseconds. Those that are stored were rounded up (<see cref="UnixTime.From(DateTimeOffset)"/>); what is asked with
/// <c>now</c> is not due a moment before. Texts may hold any character that C# does; one that the database cannot keep (NUL, half a surrogate
/// pair) becomes U+FFFD, also where it is looked for.</para>
/// <para><c>StoreContract</c> in <c>Skald.Testing</c> holds a case for each of these promises. An adapter hosts all of them.</para>
/// </remarks>
public interface IStore : IAsyncDisposable
{
    /// <summary>Creates or upgrades what the engine needs, then the service's own tables. Repeating it is harmless.</summary>
    /// <param name="owner">The service's full name. It is kept with the data, and data of another owner is refused.</param>
    /// <param name="schema">The service's own statements, each safe to repeat. A store that is no SQL database passes them over; the units' <see cref="IUnitOfWork.Transaction"/> is null then.</param>
    /// <param name="cancellationToken">Abandons the attempt.</param>
    /// <exception cref="StoreSetupException">The data belongs to another service, was written by a newer version, cannot be reached, or cannot be set up; nothing is changed.</exception>
    Task StartAsync(string owner, IReadOnlyList<string> schema, CancellationToken cancellationToken);

    /// <summary>
    /// Keeps a secret with the data, for good: all that ever use the data have the same. Called after <see cref="StartAsync"/> and before anything else;
    /// of several that call it at once, one is first.
    /// </summary>
    /// <param name="drawn">What is kept if there is none yet: 32 bytes.</param>
    /// <param name="cancellationToken">Abandons the attempt.</param>
    /// <returns>What is kept.</returns>
    /// <exception cref="StoreUnavailableException">The database cannot be reached or written. Nothing is kept, or what was given.</exception>
    Task<ReadOnlyMemory<byte>> KeepSecretAsync(ReadOnlyMemory<byte> drawn, CancellationToken cancellationToken);

    /// <summary>
    /// Says that this instance serves from now on: it gets a number that no other has had, and others can tell whether it lives, however its
    /// process dies. Called after <see cref="StartAsync"/>, perhaps while a unit of work is open; calling it again when it has joined does nothing.
    /// </summary>
    /// <param name="plans">
    /// The plans that it knows: each the name of a definition, a space and the number of a version. From then on <see cref="TakeDueAsync"/> hands it sagas of these
    /// only, and no message that waits for others; others are told of it for as long as it lives. Null for whatever there is. At most some thousands.
    /// </param>
    /// <param name="cancellationToken">Abandons the attempt.</param>
    /// <exception cref="StoreUnavailableException">The database cannot be reached or written. It has not joined, and can try again.</exception>
    Task JoinAsync(IReadOnlyCollection<string>? plans, CancellationToken cancellationToken);

    /// <summary>
    /// The number of this instance, which <see cref="SagaRow.Incarnation"/> of the sagas names whose open commands it has; 0 before it has
    /// joined, which is the number of nobody.
    /// </summary>
    long Incarnation { get; }

    /// <summary>Says that what it has was sent: nothing need be taken over when it is gone. Called once, as the last thing before it is disposed of.</summary>
    /// <exception cref="StoreUnavailableException">The database cannot be reached or written: it will be found to be gone.</exception>
    Task LeaveAsync(CancellationToken cancellationToken);

    /// <summary>Whether several units of work may be open at once, and everything else be called beside them, from any thread.</summary>
    bool AllowsParallelUnits => false;

    /// <summary>
    /// The time by the clock that all who use the data share; null when they all share this machine's. Deadlines are reckoned by it, so that a machine whose clock is wrong
    /// ends nobody's early.
    /// </summary>
    /// <exception cref="StoreUnavailableException">The database cannot be reached.</exception>
    ValueTask<DateTimeOffset?> AskTimeAsync(CancellationToken cancellationToken) => ValueTask.FromResult<DateTimeOffset?>(null);

    /// <summary>Opens a transaction and loads what the batch needs, in one round trip at most.</summary>
    /// <remarks>
    /// <para>Two units of work, of whatever instances and processes, that load one saga, flow, ledger key, request or position are
    /// serialised, whether or not there is a row for it yet: the later one waits in its <c>BeginAsync</c>, or its commit fails with
    /// <see cref="SagaConcurrencyException"/>. So does one that writes a row which it has not loaded.</para>
    /// <para>A store may give a row as it has written it last itself, if every commit then fails with
    /// <see cref="SagaConcurrencyException"/> when another writer has changed it since, and the next attempt reads it.</para>
    /// </remarks>
    /// <param name="request">What to load.</param>
    /// <param name="cancellationToken">Abandons the wait; nothing stays open.</param>
    ValueTask<IUnitOfWork> BeginAsync(LoadRequest request, CancellationToken cancellationToken);

    /// <summary>
    /// Finds work whose time has come, at most <paramref name="limit"/> of each kind, the longest due first, and claims it: until the claim ends, no
    /// caller gets it again, unless it was written meanwhile. A claim moves the time at which a row is due, and nothing else of it: a saga's or a flow's
    /// version stays. Delayed and outbox rows are handed out with their new time, by which the caller knows later whether they are still its own. It
    /// also finds orphans, sagas that name an instance which is gone without having left, or nobody: whoever writes them next, under their next
    /// version, has taken them over.
    /// </summary>
    /// <remarks>An instance that seems gone may be taken for gone although it lives, when it has lost touch with the database for a while: that costs
    /// copies, and loses nothing. One that is gone must be found sooner or later.</remarks>
    /// <param name="now">The engine's clock.</param>
    /// <param name="claimFor">How long a claim lasts.</param>
    /// <param name="limit">The most of each kind.</param>
    /// <param name="wakes">Whether sagas and flows are wanted, too. If not, none is found or claimed.</param>
    /// <param name="cancellationToken">Abandons the attempt.</param>
    ValueTask<DueWork> TakeDueAsync(DateTimeOffset now, TimeSpan claimFor, int limit, bool wakes, CancellationToken cancellationToken);

    /// <summary>
    /// Finds sagas of plans that nobody knows that lives, and those that were parked for that and whose plan this instance knows. It claims none. Called as <see cref="TakeDueAsync"/> is,
    /// by an instance that has joined, every few seconds.
    /// </summary>
    /// <param name="now">The engine's clock.</param>
    /// <param name="limit">The most to find of each.</param>
    /// <param name="cancellationToken">Abandons the attempt.</param>
    ValueTask<Strangers> FindStrangersAsync(DateTimeOffset now, int limit, CancellationToken cancellationToken);

    /// <summary>Opens a connection for reading the service's own tables; the caller disposes it.</summary>
    /// <exception cref="NotSupportedException">The store is no SQL database.</exception>
    ValueTask<DbConnection> OpenAsync(CancellationToken cancellationToken);

    /// <summary>
    /// Whether an exception means that the database is away, rather than that a statement is wrong: also one of somebody's own statements, on a connection of
    /// <see cref="OpenAsync"/> or in a unit's transaction.
    /// </summary>
    bool IsOutage(Exception exception) => exception is StoreUnavailableException;

    /// <summary>A line about the database for people, such as its file and its library's version. No secrets.</summary>
    string Description { get; }

    /// <summary>What people and tools ask.</summary>
    IOperations Operations { get; }

    /// <summary>Removes what nobody needs any more; null when the store keeps everything.</summary>
    IRetention? Retention => null;

    /// <summary>The service's events, for reading; null when the store keeps none. Then <see cref="IUnitOfWork.Streams"/> is null too.</summary>
    IEventLog? EventLog => null;

    /// <summary>Tells other processes of the service that there is work; null when they have to look.</summary>
    IWakeUp? WakeUp => null;

    /// <summary>Receives and sends messages in the transaction of the state; null when it cannot.</summary>
    ISharesDatabaseWith? SharesDatabase => null;
}

/// <summary>
/// An open transaction with what was loaded in it. Disposing it without <see cref="CommitAsync"/> rolls back. A commit ends it, even one that
/// fails: afterwards it may only be disposed. Nobody waits for it any longer than until that.
/// </summary>
public interface IUnitOfWork : IAsyncDisposable
{
    /// <summary>The transaction, for handlers and local steps; null when the store has none of its own kind.</summary>
    DbTransaction? Transaction { get; }

    /// <summary>
    /// Whether a statement of a handler that fails dooms all of <see cref="Transaction"/>, as PostgreSQL does. Then work that is done again alone has a
    /// savepoint, so that a handler may catch the error and refuse, as on any other database.
    /// </summary>
    bool IsDoomedByAnError => false;

    /// <summary>What was asked for and exists.</summary>
    Loaded Loaded { get; }

    /// <summary>
    /// Loads and serialises more, in a round trip of its own, and adds it to <see cref="Loaded"/>. What was loaded before may be asked for
    /// again, and is not added twice.
    /// </summary>
    ValueTask LoadMoreAsync(LoadRequest more, CancellationToken cancellationToken);

    /// <summary>Writes everything and commits, in one round trip.</summary>
    /// <remarks>
    /// Of ledger rows, positions, snapshots, outbox and delayed rows with one key in a list the last counts; a saga, a flow or a request comes
    /// once. Removals come before additions: a message that is in
    /// <see cref="Changes.DeletedDelayed"/> and in <see cref="Changes.Delayed"/> is delayed. <see cref="Changes.ReleasedOwners"/> frees what this
    /// unit's own <see cref="Keys"/> took as well.
    /// </remarks>
    /// <exception cref="SagaConcurrencyException">A row was changed by another writer meanwhile, or what was believed is not so; nothing is written.</exception>
    ValueTask CommitAsync(Changes changes, CancellationToken cancellationToken);

    /// <summary>Once it is committed: whether a message that stood in the line of a lock is due now, or may be.</summary>
    bool HasWoken => true;

    /// <summary>
    /// Before it is disposed of: code that was given <see cref="Transaction"/> did not return, and may still use it. It must reach neither
    /// another unit's work nor anything that is committed: the connection is not used again.
    /// </summary>
    ValueTask AbandonAsync() => default;

    /// <summary>Locks and tombstones inside this transaction; null when the store has none.</summary>
    IBusinessKeys? Keys => null;

    /// <summary>Streams inside this transaction; null when the store keeps no events.</summary>
    IStreamReader? Streams => null;
}

/// <summary>Reads streams within a transaction.</summary>
public interface IStreamReader
{
    /// <summary>A stream's snapshot, if there is one of that shape, and every event after it.</summary>
    /// <param name="stream">The stream.</param>
    /// <param name="shape">The shape of snapshots that can be read; null for none.</param>
    /// <param name="cancellationToken">Abandons the attempt.</param>
    ValueTask<StreamRows> ReadStreamAsync(string stream, string? shape, CancellationToken cancellationToken);
}

/// <summary>Wakes other processes that serve the same service.</summary>
public interface IWakeUp
{
    /// <summary>Tells them that there is something new to do. Does not wait, does not throw.</summary>
    void WakeOthers();

    /// <summary>Called, from any thread, when another process has used <see cref="WakeOthers"/>.</summary>
    Action? Woken { get; set; }
}

/// <summary>A store whose database may be the transport's as well.</summary>
public interface ISharesDatabaseWith
{
    /// <summary>
    /// Whether the transport's queues live in this very database. Then receiving, state and sending are one transaction: the batch's
    /// <see cref="Changes.Received"/> and <see cref="Changes.Sending"/> are written with it, and no outbox is needed.
    /// </summary>
    bool Carries(ITransport transport);
}

/// <summary>Another writer was first: read again, decide again.</summary>
public sealed class SagaConcurrencyException(string message) : Exception(message);

/// <summary>The database cannot be reached or written at all: nothing is wrong with the work, it has to wait.</summary>
/// <remarks>Stores throw it instead of their own exceptions when a full disk, a lost server or the like is the cause.</remarks>
public sealed class StoreUnavailableException(string message, Exception? inner = null) : Exception(message, inner)
{
    /// <summary>
    /// Whether it could not be reached: whoever reads from it later knows that it can be used again. False for one that is there and is full, read-only or
    /// damaged, which reading does not show.
    /// </summary>
    public bool IsAway { get; init; }
}

/// <summary>The database cannot be set up: the file, the rights or a library is not as it must be. Names the fix; thrown at start-up.</summary>
public sealed class StoreSetupException(string message, Exception? inner = null) : Exception(message, inner);
