using System.Data.Common;
using System.Text;
using System.Text.Json;
using Skald.Decisions;
using Skald.Hosting;
using Skald.Messaging;
using Skald.Runtime;
using Skald.Storage;

namespace Skald;

/// <summary>What a start was answered.</summary>
/// <typeparam name="TState">The saga's state.</typeparam>
/// <param name="Id">The saga.</param>
/// <param name="State">Its state right after the start; a repeat with the same idempotency key gets the same one.</param>
/// <param name="Repeated">True when the key was known and nothing was started.</param>
public sealed record SagaStart<TState>(SagaId Id, TState State, bool Repeated);

/// <summary>How a saga is started.</summary>
public sealed record StartOptions
{
    /// <summary>The caller's key: a second start with it starts nothing and gets the first one's answer.</summary>
    public string? IdempotencyKey { get; init; }

    /// <summary>A hash of what was asked. The same key with another fingerprint is refused.</summary>
    public string Fingerprint { get; init; } = "";

    internal RequestKey? Key => IdempotencyKey is null ? null : new RequestKey(IdempotencyKey, Fingerprint);
}

/// <summary>An idempotency key was used before, for something else. Nothing was done.</summary>
public sealed class IdempotencyConflictException(string key)
    : Exception($"The idempotency key '{key}' was used before with a different request. Use a new key, or repeat the request unchanged.");

/// <summary>A saga as people see it.</summary>
/// <param name="Id">The saga.</param>
/// <param name="Definition">The definition's name.</param>
/// <param name="Status">Where it stands.</param>
/// <param name="Step">The step it is at; the last one it took when it has ended.</param>
/// <param name="FailedStep">The step that made it turn back.</param>
/// <param name="Failure">Why it turned back.</param>
/// <param name="ParkReason">Why it waits for a person.</param>
/// <param name="State">The author's state as JSON.</param>
public sealed record SagaSnapshot(
    SagaId Id, string Definition, SagaStatus Status, string? Step, string? FailedStep, Refusal? Failure, string? ParkReason, JsonElement State);

/// <summary>One service of this process: start sagas, write and read its database, see what it does.</summary>
public sealed partial class SkaldService
{
    private const int PatientAfter = 20;
    private static readonly TimeSpan LooksElsewhere = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan LooksFromOutside = TimeSpan.FromMilliseconds(25);
    private static readonly TimeSpan LooksAtLast = TimeSpan.FromSeconds(1);

    internal SkaldService(ServiceEngine engine) => Engine = engine;

    internal ServiceEngine Engine { get; }

    /// <summary>The full name.</summary>
    public string Name => Engine.Model.Service;

    /// <summary>What people and tools ask about its sagas, flows and messages.</summary>
    public SkaldOperations Operations => field ??= new SkaldOperations(Engine);

    internal IStore Store => Engine.Store;

    /// <summary>How its messages travel, for tools. A process that serves has started it.</summary>
    public ITransport Transport => Engine.Transport;

    /// <summary>Why it cannot work at the moment; null when it can.</summary>
    public string? Problem => Engine.Problem;

    /// <summary>The same in few words, without addresses, paths and versions: what strangers may read.</summary>
    public string? Outage => Engine.Outage;

    /// <summary>The plans of its sagas.</summary>
    public IReadOnlyCollection<Definition.SagaPlan> Plans => Engine.Model.Plans;

    /// <summary>How its messages are written and read.</summary>
    public MessageSerializer Serializer => Engine.Serializer;

    /// <summary>What it says and hears. Nothing is opened for it.</summary>
    public ServiceDescription Describe() => ServiceDescription.Of(Engine.Model);

    /// <summary>Opens the database for a process that writes to it without serving, such as a CLI verb. What is sent then leaves when a serving process runs.</summary>
    public Task OpenWithoutServingAsync(CancellationToken cancellationToken = default) => Engine.StartAsync(serve: false, cancellationToken);

    /// <summary>Starts a saga. When the task ends, its first steps are committed and it will go on, whatever happens to this process.</summary>
    /// <remarks>A wait that is given up by the token starts nothing if the transaction has not begun; otherwise the saga may start all the same, and a key tells later.</remarks>
    /// <exception cref="IdempotencyConflictException">The key was used for something else; nothing was started.</exception>
    /// <exception cref="SagaExistsException">There is one with its business key, and its definition allows no second one; nothing was started.</exception>
    /// <exception cref="OverloadedException">There is too much to do; nothing was started.</exception>
    public async Task<SagaStart<TState>> StartAsync<TSaga, TState>(TState state, StartOptions? options = null, CancellationToken cancellationToken = default)
        where TSaga : Saga<TState> where TState : class
    {
        Engine.OwnCode.Refuse(nameof(StartAsync), "Use context.Start(...), which starts it in the same transaction.");
        ArgumentNullException.ThrowIfNull(state);
        var work = new StartWork(
            Engine.Model.PlanOf(typeof(TSaga)), new SagaId(Engine.NewId()), state, options?.Key);
        var outcome = await Engine.Lanes.AskAsync(work, work.Done, cancellationToken);
        return new SagaStart<TState>(outcome.Id, (TState)outcome.State, outcome.Repeated);
    }

    /// <summary>Gives a saga the event it waits for, or will wait for.</summary>
    /// <returns>What became of it. Nothing is kept of an event that was not accepted, early or passed on.</returns>
    public async Task<EventOutcome> RaiseAsync<TEvent>(SagaId saga, TEvent @event, CancellationToken cancellationToken = default) where TEvent : class, IEvent
    {
        Engine.OwnCode.Refuse(nameof(RaiseAsync), "Send a command to the service with context.Send(...), or publish an event with context.Publish(...).");
        ArgumentNullException.ThrowIfNull(@event);
        var (body, id) = (Engine.Serializer.Write(@event), Engine.NewId());
        var work = new ActWork<EventOutcome>(saga, new SagaInput.EventArrived(@event, Encoding.UTF8.GetString(body)), told => told.Event)
        {
            WhenMissing = removed => removed is null ? EventOutcome.Unknown : EventOutcome.TooLate,
            WhenStranger = (run, stranger) => run.Sagas.PassOn(stranger, EventFor(saga, @event.GetType(), id, run.Now), body, attempts: 0) ? EventOutcome.PassedOn : EventOutcome.TooLate,
        };
        return await Engine.Lanes.AskAsync(work, work.Done, cancellationToken);
    }

    /// <summary>Gives a saga that is known by its business key the event it waits for, or will wait for.</summary>
    /// <param name="key">The key; of several sagas that have it, the newest that has not ended is meant.</param>
    /// <param name="event">The event.</param>
    /// <param name="cancellationToken">Gives the wait up; it may be raised all the same.</param>
    /// <returns>What became of it.</returns>
    public async Task<EventOutcome> RaiseAsync<TSaga, TEvent>(string key, TEvent @event, CancellationToken cancellationToken = default)
        where TSaga : Saga where TEvent : class, IEvent =>
        await FindSagaAsync<TSaga>(key, cancellationToken) is { } saga ? await RaiseAsync(saga.Id, @event, cancellationToken) : EventOutcome.Unknown;

    /// <summary>Asks a saga that is known by its business key to turn back, as <see cref="CancelAsync(SagaId, string?, string?, CancellationToken)"/> does.</summary>
    /// <param name="key">The key; of several sagas that have it, the newest that has not ended is meant.</param>
    /// <param name="actor">Who wants it, for the timeline; null when nobody is known.</param>
    /// <param name="reason">Why, for the timeline.</param>
    /// <param name="cancellationToken">Gives the wait up; it may turn back all the same.</param>
    /// <exception cref="KeyNotFoundException">No saga has the key.</exception>
    public async Task<CancelAnswer> CancelAsync<TSaga>(string key, string? actor = null, string? reason = null, CancellationToken cancellationToken = default) where TSaga : Saga =>
        await FindSagaAsync<TSaga>(key, cancellationToken) is { } saga
            ? await CancelAsync(saga.Id, actor, reason, cancellationToken)
            : throw new KeyNotFoundException($"Service '{Name}' has no saga '{Engine.Model.PlanOf(typeof(TSaga)).Name}' with the key '{key}'.");

    /// <summary>A saga by its business key: of several that have it, the newest that has not ended, or else the newest. Null when there is none.</summary>
    public async Task<SagaSnapshot?> FindSagaAsync<TSaga>(string key, CancellationToken cancellationToken = default) where TSaga : Saga
    {
        ArgumentNullException.ThrowIfNull(key);
        var found = await SagaKeys.FindAsync(Store.Operations, Engine.Model.PlanOf(typeof(TSaga)).Name, key, most: 1, cancellationToken);
        return found is [var saga] ? Snapshot(saga) : null;
    }

    /// <summary>An event as it travels to a saga of this service.</summary>
    private Envelope EventFor(SagaId saga, Type type, Guid id, DateTimeOffset now) => new()
    {
        Id = id, Type = MessageCatalog.Of(type).Name, Kind = MessageKind.Event, Source = Name, Destination = Engine.Model.ReplyQueue, Saga = saga, Time = now,
    };

    /// <summary>Asks a saga to turn back: what it has done is undone in reverse order, as soon as what is open has been answered or given up.</summary>
    /// <param name="saga">The saga.</param>
    /// <param name="actor">Who wants it, for the timeline; null when nobody is known.</param>
    /// <param name="reason">Why, for the timeline.</param>
    /// <param name="cancellationToken">Gives the wait up; it may turn back all the same.</param>
    /// <returns>Whether it turns back. Past its point of no return, and where its definition forbids it, it goes on.</returns>
    /// <exception cref="KeyNotFoundException">There is no such saga.</exception>
    /// <exception cref="SagaVersionUnknownException">It runs a version that this process does not know.</exception>
    public async Task<CancelAnswer> CancelAsync(SagaId saga, string? actor = null, string? reason = null, CancellationToken cancellationToken = default)
    {
        Engine.OwnCode.Refuse(nameof(CancelAsync), "Somebody outside cancels a saga; a step of its own refuses.");
        // Cancelled always has an answer.
        var work = new ActWork<CancelAnswer>(saga, new SagaInput.Cancelled(reason), told => told.Cancel!) { Actor = actor, Reason = reason, Act = "cancel" };
        return await Engine.Lanes.AskAsync(work, work.Done, cancellationToken);
    }

    /// <summary>Resumes a parked saga where it stood. Does nothing if it is not parked.</summary>
    /// <param name="saga">The saga.</param>
    /// <param name="actor">Who wants it, for the timeline; null when nobody is known.</param>
    /// <param name="reason">Why, for the timeline.</param>
    /// <param name="cancellationToken">Gives the wait up; it may be resumed all the same.</param>
    /// <exception cref="KeyNotFoundException">There is no such saga.</exception>
    /// <exception cref="SagaVersionUnknownException">It runs a version that this process does not know.</exception>
    public async Task ResumeAsync(SagaId saga, string? actor = null, string? reason = null, CancellationToken cancellationToken = default)
    {
        Engine.OwnCode.Refuse(nameof(ResumeAsync), "A person or a tool resumes a saga, from outside.");
        var work = new ActWork<bool>(saga, new SagaInput.Resumed(reason), _ => true) { Actor = actor, Reason = reason, Act = "resume" };
        await Engine.Lanes.AskAsync(work, work.Done, cancellationToken);
    }

    /// <summary>Keeps a saga from being removed when it has ended, until <see cref="ReleaseAsync"/>: for as long as somebody has to look at it.</summary>
    /// <param name="saga">The saga.</param>
    /// <param name="actor">Who wants it, for the timeline; null when nobody is known.</param>
    /// <param name="reason">Why, for the timeline.</param>
    /// <param name="cancellationToken">Gives the wait up; it may be held all the same.</param>
    /// <exception cref="KeyNotFoundException">There is no such saga, or not any more.</exception>
    /// <exception cref="SagaVersionUnknownException">It runs a version that this process does not know.</exception>
    public Task HoldAsync(SagaId saga, string? actor = null, string? reason = null, CancellationToken cancellationToken = default) =>
        HoldAsync(saga, $"{actor ?? "somebody"}: {reason ?? "no reason given"}", actor, reason, nameof(HoldAsync), cancellationToken);

    /// <summary>Ends what <see cref="HoldAsync(SagaId, string?, string?, CancellationToken)"/> began: the saga goes when its time has come.</summary>
    /// <inheritdoc cref="HoldAsync(SagaId, string?, string?, CancellationToken)"/>
    public Task ReleaseAsync(SagaId saga, string? actor = null, string? reason = null, CancellationToken cancellationToken = default) =>
        HoldAsync(saga, null, actor, reason, nameof(ReleaseAsync), cancellationToken);

    private async Task HoldAsync(SagaId saga, string? hold, string? actor, string? reason, string member, CancellationToken cancellationToken)
    {
        Engine.OwnCode.Refuse(member, "A person or a tool holds a saga, from outside.");
        var work = new HoldWork(saga, hold, actor, reason);
        await Engine.Lanes.AskAsync(work, work.Done, cancellationToken);
    }

    /// <summary>
    /// Puts a dead letter back to work. The ledger still recognises it if it was handled before: a saga's always, another message for as long as <see cref="SkaldOptions.CopiesComeWithin"/>.
    /// </summary>
    /// <param name="deadLetter">Its number.</param>
    /// <param name="actor">Who wants it, for the audit; null when nobody is known.</param>
    /// <param name="reason">Why, for the audit.</param>
    /// <param name="cancellationToken">Gives the wait up; it may be replayed all the same.</param>
    /// <exception cref="KeyNotFoundException">There is no such dead letter, or it cannot be read.</exception>
    public async Task ReplayAsync(long deadLetter, string? actor = null, string? reason = null, CancellationToken cancellationToken = default)
    {
        Engine.OwnCode.Refuse(nameof(ReplayAsync), "A person or a tool replays a dead letter, from outside.");
        var row = await Store.Operations.FindDeadLetterAsync(deadLetter, cancellationToken);
        var letter = row is null ? null : SkaldOperations.Letter(row);
        if (row is null || letter?.Envelope is null)
        {
            throw new KeyNotFoundException($"Service '{Name}' has no dead letter {deadLetter} that could be replayed.");
        }

        var work = new ReplayWork(row, letter.Envelope, actor, reason);
        await Engine.Lanes.AskAsync(work, work.Done, cancellationToken);
    }

    /// <summary>Sends a message as it is, at once and beside every transaction; signed where the system has a key. For tools: services send with
    /// <c>context.Send(...)</c> and <see cref="PublishAsync"/>.</summary>
    /// <exception cref="SendFailedException">It was not taken.</exception>
    public Task SendSignedAsync(OutgoingMessage message, CancellationToken cancellationToken = default) => Transport.SendAsync([Engine.Keys.Sign(message)], cancellationToken);

    /// <summary>Runs code in a transaction of the service's database, together with others that arrive at the same time.</summary>
    /// <remarks>If another's code fails, this runs again in a transaction of its own: do nothing here that cannot be rolled back.</remarks>
    public async Task<T> ExecuteAsync<T>(Func<MessageContext, ValueTask<T>> code, CancellationToken cancellationToken = default) =>
        (await ExecuteAsync(null, code, cancellationToken)).Value;

    /// <summary>
    /// Runs code in a transaction of the service's database, once for each key: its answer is committed with what it did, and whoever asks again under the key gets that,
    /// for as long as <see cref="SkaldOptions.RequestsKeptFor"/>.
    /// </summary>
    /// <remarks>If another's code fails, this runs again in a transaction of its own: do nothing here that cannot be rolled back. What throws is not remembered.</remarks>
    /// <typeparam name="T">The answer; it is kept as JSON.</typeparam>
    /// <param name="key">By which a repeat is recognised; null for none.</param>
    /// <param name="code">The code.</param>
    /// <param name="cancellationToken">Gives the wait up; it may be done all the same, and the key tells later.</param>
    /// <exception cref="IdempotencyConflictException">The key was used for something else; nothing was done.</exception>
    /// <exception cref="SagaDefinitionException">A member of the answer would not come back from JSON; nothing was done.</exception>
    /// <exception cref="OverloadedException">There is too much to do; nothing was done.</exception>
    public async Task<RequestAnswer<T>> ExecuteAsync<T>(RequestKey? key, Func<MessageContext, ValueTask<T>> code, CancellationToken cancellationToken = default)
    {
        Engine.OwnCode.Refuse(nameof(ExecuteAsync), "Use the context's own transaction; for messages, context.Send(...) and context.Publish(...).");
        ArgumentNullException.ThrowIfNull(code);
        var work = new TransactionWork<T>(code, Engine.NewId(), key);
        return await Engine.Lanes.AskAsync(work, work.Done, cancellationToken);
    }

    /// <summary>Every event of an aggregate, oldest first; none when there is no such aggregate.</summary>
    /// <typeparam name="TState">The aggregate's state.</typeparam>
    /// <param name="id">The aggregate's id.</param>
    /// <param name="afterVersion">Only events after this one.</param>
    /// <param name="cancellationToken">Abandons the reading.</param>
    /// <exception cref="EventSourcing.UnknownEventException">The code cannot read one of them.</exception>
    public IAsyncEnumerable<RecordedEvent> HistoryAsync<TState>(string id, long afterVersion = 0, CancellationToken cancellationToken = default)
        where TState : class => Engine.Projections.HistoryAsync(typeof(TState), id, afterVersion, cancellationToken);

    /// <summary>An aggregate as it is now, read without a transaction.</summary>
    /// <typeparam name="TState">The aggregate's state.</typeparam>
    /// <exception cref="EventSourcing.UnknownEventException">The code cannot read one of its events.</exception>
    public async Task<EventStream<TState>> LoadAsync<TState>(string id, CancellationToken cancellationToken = default) where TState : class
    {
        var (version, state) = await Engine.Projections.LoadAsync(typeof(TState), id, cancellationToken);
        return new EventStream<TState>(id, version, (TState?)state);
    }

    /// <summary>The service's asynchronous projections.</summary>
    public IReadOnlyList<ProjectionHandle> Projections => Engine.Projections.Projections;

    /// <summary>An asynchronous projection by its name.</summary>
    /// <exception cref="KeyNotFoundException">There is none of that name.</exception>
    public ProjectionHandle Projection(string name) => Projections.FirstOrDefault(p => p.Name == name)
        ?? throw new KeyNotFoundException($"Service '{Name}' has no asynchronous projection '{name}'. There are: {string.Join(", ", Projections.Select(p => p.Name))}.");

    /// <summary>Opens a connection to the service's database for reading.</summary>
    public ValueTask<DbConnection> OpenAsync(CancellationToken cancellationToken = default) => Store.OpenAsync(cancellationToken);

    /// <summary>
    /// Whether an exception means that the service's database, or one of its projections', cannot be used, rather than that a statement is wrong: also one of a
    /// statement on a connection of <see cref="OpenAsync"/>.
    /// </summary>
    public bool IsOutage(Exception exception)
    {
        ArgumentNullException.ThrowIfNull(exception);
        return Store.IsOutage(exception) || Projections.Any(projection => projection.IsOutage(exception));
    }

    /// <summary>One saga; null when there is none.</summary>
    public async Task<SagaSnapshot?> FindSagaAsync(SagaId id, CancellationToken cancellationToken = default) =>
        await Store.Operations.FindSagaAsync(id.Value, cancellationToken) is { } row ? Snapshot(row) : null;

    /// <summary>Waits until a saga has ended or is parked, whichever process carries it on.</summary>
    /// <exception cref="KeyNotFoundException">There is no such saga.</exception>
    /// <exception cref="OperationCanceledException">The wait was given up; the saga goes on.</exception>
    public async Task<SagaSnapshot> WaitAsync(SagaId id, CancellationToken cancellationToken = default)
    {
        Engine.OwnCode.Refuse(nameof(WaitAsync), "A handler cannot wait for a saga: let the saga's last step send or publish what is to happen then.");
        using var wait = Engine.Waiters.Begin(id);
        // Who carries the saga tells those that wait for it. Another process's work is seen in the database.
        var (look, asksAtOnce) = (Engine.Serves ? LooksElsewhere : LooksFromOutside, !wait.IsStartedHere);
        for (var looks = 0; ; looks++)
        {
            if (looks > 0 || !asksAtOnce)
            {
                await Task.WhenAny(wait.Ended, Task.Delay(looks < PatientAfter ? look : LooksAtLast, Engine.Time, cancellationToken));
                cancellationToken.ThrowIfCancellationRequested();
            }

            if (wait.Ended.IsCompletedSuccessfully)
            {
                return Snapshot(await wait.Ended);
            }

            // Its state, which may be large, is only read when there is an end to tell.
            var row = await Store.Operations.FindSagaAsync(id.Value, cancellationToken) ?? throw MissingSaga.Why(Name, id, await Store.Operations.FindRemovedAsync(id.Value, cancellationToken));
            if (row.Status.IsFinal() || row.Status == SagaStatus.Parked)
            {
                return Snapshot(row);
            }
        }
    }

    private SagaSnapshot Snapshot(SagaRow row)
    {
        var view = SagaViews.Of(Engine.Model, Engine.Serializer, row);
        return new SagaSnapshot(
            view.Id, view.Definition, view.Status, view.Step, view.FailedStep, view.Failure, view.ParkReason, SagaViews.State(row.State) ?? default);
    }
}
