using System.Data.Common;
using Microsoft.Extensions.DependencyInjection;
using Skald.Diagnostics;

namespace Skald;

/// <summary>What a local step may use besides the state: the transaction that also stores the saga.</summary>
public class StepContext
{
    private const int LongestFlow = 200;
    private const string Guard = "skald_call";

    private readonly DbTransaction? _transaction;
    private readonly Func<IBusinessKeys>? _keys;
    private List<Publication>? _published;
    private AsyncServiceScope? _scope;
    private bool _hasGuard;
    private bool _hasEnded;

    /// <summary>Made by the engine for each call; tests make their own.</summary>
    /// <param name="transaction">The transaction of the batch; null on the in-memory store.</param>
    /// <param name="sagaId">The saga.</param>
    /// <param name="now">The engine's clock, read once for the batch.</param>
    /// <param name="cancellationToken">Cancelled when the host shuts down, and when the call takes too long.</param>
    /// <param name="keys">Locks and tombstones; null for a context that has none.</param>
    public StepContext(DbTransaction? transaction, SagaId? sagaId, DateTimeOffset now, CancellationToken cancellationToken, Func<IBusinessKeys>? keys = null)
    {
        _transaction = transaction;
        _keys = keys;
        SagaId = sagaId;
        Now = now;
        CancellationToken = cancellationToken;
    }

    /// <summary>The saga on whose behalf this runs; null for a message that belongs to none.</summary>
    public SagaId? SagaId { get; }

    /// <summary>The flow in which this runs; null for none. What is published and sent travels in it too.</summary>
    public string? Flow { get; init; }

    /// <summary>The engine's clock, read once for the batch.</summary>
    public DateTimeOffset Now { get; }

    /// <summary>Cancelled when the host shuts down, where work that is rolled back uses up no attempt; and when the call takes longer than <see cref="SkaldOptions.CallDeadline"/>, where it does.</summary>
    public CancellationToken CancellationToken { get; }

    /// <summary>
    /// The open database transaction. What is written in it is stored together with the saga, the ledger and the
    /// outgoing messages, or not at all. Do not commit it or roll it back.
    /// </summary>
    /// <exception cref="InvalidOperationException">The store is the in-memory one.</exception>
    public DbTransaction Transaction
    {
        get
        {
            var transaction = _transaction ?? throw new InvalidOperationException("The in-memory store has no database transaction. Use UseSqlite(...) for code that writes tables.");
            if (IsGuarded && !_hasGuard)
            {
                _hasGuard = true;
                transaction.Save(Guard);
            }

            return transaction;
        }
    }

    /// <summary>Whether a savepoint is set before the call's first use of the transaction.</summary>
    internal bool IsGuarded { get; init; }

    /// <summary>The call has refused. If one of its statements failed, what it wrote is forgotten, so that the refusal can be committed.</summary>
    internal async ValueTask ForgetFailedStatementsAsync()
    {
        // Set when there is a guard.
        if (!_hasGuard || _transaction is not { Connection: not null } transaction)
        {
            return;
        }

        try
        {
            await transaction.ReleaseAsync(Guard, CancellationToken);
        }
        catch (DbException)
        {
            await transaction.RollbackAsync(Guard, CancellationToken);
        }
    }

    /// <summary>The connection of <see cref="Transaction"/>.</summary>
    public DbConnection Connection =>
        Transaction.Connection ?? throw new InvalidOperationException("The transaction has ended: use the context only inside the call it was passed to.");

    /// <summary>Services of the call's own scope, for what handlers and local steps need besides their constructors. They are disposed of when the call has ended.</summary>
    /// <exception cref="InvalidOperationException">The context was not made by the engine.</exception>
    public IServiceProvider Services => _hasEnded
        ? throw new InvalidOperationException("The call has ended: use the context only inside the call it was passed to.")
        : (_scope ??= NewScope()).ServiceProvider;

    internal IServiceScopeFactory? Scopes { get; init; }

    /// <summary>Because of what it is called.</summary>
    internal CallCause Cause { get; init; }

    /// <summary>The W3C trace context of what is sent and published here.</summary>
    internal string? TraceParent { get; set; }

    /// <summary>The place of code that cannot stand in a line: it takes what is free.</summary>
    internal const long AheadOfAll = 0;

    /// <summary>The place in the line of a lock for which it has waited; the highest when it has not.</summary>
    internal long Place { get; init; } = long.MaxValue;

    private AsyncServiceScope NewScope()
    {
        var scope = (Scopes ?? throw new InvalidOperationException("This context was made without a container. Contexts made by the engine have one.")).CreateAsyncScope();
        scope.ServiceProvider.GetRequiredService<CurrentCall>().Context = this;
        return scope;
    }

    internal ValueTask EndScopeAsync()
    {
        _hasEnded = true;
        if (_scope is not { } scope)
        {
            return default;
        }

        _scope = null;
        return scope.DisposeAsync();
    }

    /// <summary>Who asked for this, as far as it is known: stored with every event that is appended after it is set.</summary>
    public string? Actor { get; set; }

    internal IEventSession? Session { get; init; }

    /// <summary>Loads an aggregate within the transaction. One that has no event yet comes with version 0 and no state.</summary>
    /// <typeparam name="TState">The state of an aggregate that was added with <c>AddAggregate</c>.</typeparam>
    /// <param name="id">The aggregate's id.</param>
    /// <param name="expectedVersion">The version that the caller has seen; null to take it as it is.</param>
    /// <exception cref="StreamVersionException">It is at another version than expected.</exception>
    public ValueTask<EventStream<TState>> LoadAsync<TState>(string id, long? expectedVersion = null) where TState : class =>
        Streams.LoadAsync<TState>(id, expectedVersion);

    /// <summary>Loads an aggregate whose id is a UUID.</summary>
    public ValueTask<EventStream<TState>> LoadAsync<TState>(Guid id, long? expectedVersion = null) where TState : class =>
        Streams.LoadAsync<TState>(id.ToString(), expectedVersion);

    /// <summary>Appends events: they are stored with this transaction, or not at all.</summary>
    /// <returns>The stream as it is then.</returns>
    /// <exception cref="StreamVersionException">The stream was appended to since it was loaded.</exception>
    public EventStream<TState> Append<TState>(EventStream<TState> stream, params IReadOnlyList<IEvent> events) where TState : class
    {
        ArgumentNullException.ThrowIfNull(stream);
        ArgumentNullException.ThrowIfNull(events);
        return Streams.Append(this, stream, events);
    }

    private IEventSession Streams => Session ?? throw new InvalidOperationException(
        "This context has no event store. Contexts made by the engine have one; in a test, fold events with the aggregate's Evolve, or run the service.");

    /// <summary>Locks that outlive the transaction: what a saga or flow has in progress.</summary>
    public SemanticLocks Locks => field ??= new SemanticLocks(Keys, this);

    /// <summary>Keys that are dead for ever.</summary>
    public Tombstones Tombstones => field ??= new Tombstones(Keys, this);

    private IBusinessKeys Keys => _keys?.Invoke() ?? throw new InvalidOperationException("This context was made without a store, so it has neither locks nor tombstones.");

    /// <summary>
    /// Publishes an event with this transaction: if it commits, every subscription gets a copy for certain; if not, none does.
    /// </summary>
    /// <param name="event">The event; the service must say that it publishes it, with <c>Publishes&lt;T&gt;()</c> or in a flow.</param>
    /// <param name="flow">The flow it travels in, such as an order's number, of at most 200 characters; <see cref="Flow"/> unless said.</param>
    /// <exception cref="ArgumentException">The flow's id is not of that form.</exception>
    public void Publish(IEvent @event, string? flow = null)
    {
        ArgumentNullException.ThrowIfNull(@event);
        if (flow is not null && (flow.Length is 0 or > LongestFlow || flow.Any(char.IsControl)))
        {
            throw new ArgumentException($"A flow's id has 1 to {LongestFlow} characters and none that controls: '{flow}' has not.", nameof(flow));
        }

        (_published ??= []).Add(new Publication(@event, flow ?? Flow));
    }

    internal IReadOnlyList<Publication> Published => _published ?? [];
}

/// <summary>An event to publish with the transaction.</summary>
internal readonly record struct Publication(IEvent Event, string? Flow);
