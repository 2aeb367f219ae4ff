using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Skald.Diagnostics;
using Skald.EventSourcing;
using Skald.Messaging;
using Skald.Storage;

namespace Skald.Runtime;

/// <summary>One service at work: its store, its transport, its loops.</summary>
internal sealed class ServiceEngine : IAsyncDisposable
{
    private readonly CancellationTokenSource _stopping = new();
    private readonly List<IAsyncDisposable> _subscriptions = [];
    private readonly SemaphoreSlim _starting = new(1, 1);

    private static readonly TimeSpan GivingBackMayTake = TimeSpan.FromSeconds(3);

    private static readonly TimeSpan SendingMayTake = TimeSpan.FromSeconds(3);

    private Task? _running;
    private readonly Lock _stoppingOnce = new();
    private Task? _stopped;
    private bool _hasLeft;
    private bool _hasSentAll;

    public ServiceEngine(EngineModel model, IStore store, ITransport transport, SkaldOptions options, TimeProvider time, ILogger logger, MessageSerializer serializer)
    {
        (Model, Store, Transport, Options, Time, Logger, Serializer) = (model, store, transport, options, time, logger, serializer);
        Stopping = _stopping.Token;
        OwnCode = new OwnCode(model.Service);
        Clock = new StoreClock(store, time);
        StoreTurn = new StoreTurn(isNeeded: !store.AllowsParallelUnits);
        Due = new DueLoop(this);
        StoreHealth = new StoreHealth(model.Service, Due.Absence, logger);
        Backpressure = new Backpressure(model.Service, time, logger, () => Lanes?.Wake());
        Lanes = new Lanes(this);
        Sender = new Sender(
            transport, model.Service, options.MessagesUnderWay, logger, within => Due.NoLaterThan(Clock.Now + within), (work, delay) => _ = AddAfterAsync(work, delay));
        Outside = new OutsideCalls(this);
        Projections = ProjectionSet.Empty(model.Service, store, serializer);
    }

    public EngineModel Model { get; }

    public IStore Store { get; }

    public ITransport Transport { get; }

    public SkaldOptions Options { get; }

    public TimeProvider Time { get; }

    public ILogger Logger { get; }

    public MessageSerializer Serializer { get; }

    /// <summary>The time that it reckons by.</summary>
    public StoreClock Clock { get; }

    /// <summary>Whose turn it is at the store.</summary>
    public StoreTurn StoreTurn { get; }

    /// <summary>Whether the store can be used.</summary>
    public StoreHealth StoreHealth { get; }

    /// <summary>Whether new sagas wait because participants are behind.</summary>
    public Backpressure Backpressure { get; }

    public Lanes Lanes { get; }

    /// <summary>Takes what leaves after a commit.</summary>
    public Sender Sender { get; }

    public DueLoop Due { get; }

    /// <summary>Who comes after whom where locks are waited for.</summary>
    public PlacesInLine Places { get; } = new();

    public OutsideCalls Outside { get; }

    /// <summary>The service's aggregates and projections.</summary>
    public ProjectionSet Projections { get; private set; }

    public EndWaiters Waiters { get; } = new();

    public OwnCode OwnCode { get; }

    /// <summary>Makes the scopes that calls ask for.</summary>
    public IServiceScopeFactory? Scopes { get; set; }

    public CancellationToken Stopping { get; }

    /// <summary>Whether this process consumes messages and fires timers, rather than only writing to the service's database.</summary>
    public bool Serves { get; private set; }

    /// <summary>Whether messages are received and sent in the transaction of the state.</summary>
    public bool StoreCarriesMessages => Serves && Store.SharesDatabase?.Carries(Transport) == true;

    /// <summary>Why it cannot work at the moment; null when it can.</summary>
    public string? Problem => StoreHealth.Problem ?? Lanes.Problem ?? (Serves ? Transport.Problem : null);

    /// <summary>A time-ordered id for a new saga or request.</summary>
    public Guid NewId() => Options.Surroundings.NewId(Clock.Now);

    public void UseEvents(AggregateModel model, IReadOnlyList<(Projection, ProjectionBuilder)> projections, IServiceProvider provider) =>
        Projections = new ProjectionSet(Model.Service, model, projections, provider, Store, Serializer, Options, Time, Logger);

    /// <param name="serve">True to consume messages and fire timers; false for a process that only writes.</param>
    /// <param name="cancellationToken">Abandons the attempt.</param>
    public async Task StartAsync(bool serve, CancellationToken cancellationToken)
    {
        await _starting.WaitAsync(cancellationToken);
        try
        {
            if (_running is null)
            {
                await Store.StartAsync(Model.Service, [.. Options.Schema, .. Projections.InlineSchema], cancellationToken);
                await Clock.AskAsync(cancellationToken);
                _running = Task.WhenAll(Lanes.RunAsync(Options.Surroundings.RunAsync), Options.Surroundings.RunAsync(Due.RunAsync));
            }

            if (serve && !Serves)
            {
                await Transport.StartAsync(cancellationToken);
                await Store.JoinAsync(cancellationToken);
                Due.Absence.EndsWithStart(Clock.Now);
                Serves = true;
                if (Store.WakeUp is { } others)
                {
                    others.Woken = () =>
                    {
                        Due.Look();
                        Projections.Wake();
                    };
                }

                try
                {
                    foreach (var (topic, queue) in Model.Routing.Bindings)
                    {
                        await Transport.SubscribeAsync(topic, queue, cancellationToken);
                    }

                    foreach (var queue in Model.Routing.Queues)
                    {
                        await ConsumeAsync(queue, wanted: true, cancellationToken);
                    }

                    await ConsumeAsync(Model.ReplyQueue, Model.Plans.Count > 0, cancellationToken);
                    await ConsumeAsync(Model.CommandQueue, Model.Handlers.All.Count > 0, cancellationToken);
                }
                catch (Exception)
                {
                    // Half a start is none: it can be tried again.
                    await UnsubscribeAsync();
                    Serves = false;
                    throw;
                }

                Due.Look();
                Projections.Start();
            }
        }
        finally
        {
            _starting.Release();
        }
    }

    /// <summary>Gives back what was not begun, finishes what was, and returns when everything is committed.</summary>
    public Task StopAsync()
    {
        lock (_stoppingOnce)
        {
            return _stopped ??= StopOnceAsync();
        }
    }

    private async Task StopOnceAsync()
    {
        if (Store.WakeUp is { } others)
        {
            others.Woken = null;
        }

        await _stopping.CancelAsync();
        await Projections.StopAsync();
        Lanes.Wake();
        Due.Look();
        if (_running is not null)
        {
            await _running;
            _hasSentAll = await Sender.EndAsync(Task.Delay(SendingMayTake, Time));
        }

        await UnsubscribeAsync();
        Due.Dispose();
    }

    /// <summary>Whether it has stopped, and nothing that it had to send is left.</summary>
    public bool HasSentAll => !Serves || _hasSentAll;

    /// <summary>A courtesy, after the stop: whoever is gone without having left has its sagas taken over, which sends once more what is open.</summary>
    public async Task LeaveAsync()
    {
        if (!Serves || _hasLeft)
        {
            return;
        }

        _hasLeft = true;
        try
        {
            await Store.LeaveAsync(CancellationToken.None);
        }
        catch (Exception exception) when (exception is StoreUnavailableException or StoreSetupException)
        {
            Logger.StoreUnavailable(Model.Service, exception);
        }
    }

    public async ValueTask DisposeAsync()
    {
        // Code that does not return has had its deadline by then.
        await Task.WhenAny(StopAsync(), Task.Delay(Options.CallDeadline + GivingBackMayTake, TimeProvider.System));
        Outside.Dispose();
        Backpressure.Dispose();
        Lanes.Dispose();
        await Projections.DisposeAsync();
        _stopping.Dispose();
        _starting.Dispose();
    }

    private async Task UnsubscribeAsync()
    {
        IAsyncDisposable[] subscriptions = [.. _subscriptions];
        _subscriptions.Clear();
        // Giving back is a courtesy: a broker that cannot be reached frees what this process had when its lease runs out.
        var givingBack = Task.WhenAll(subscriptions.Select(s => s.DisposeAsync().AsTask()));
        await Task.WhenAny(givingBack, Task.Delay(GivingBackMayTake, Time));
    }

    private async Task AddAfterAsync(Work work, TimeSpan delay)
    {
        await Task.Delay(delay, Time, Stopping).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        Lanes.Add(work);
    }

    private async Task ConsumeAsync(string queue, bool wanted, CancellationToken cancellationToken)
    {
        if (!wanted)
        {
            return;
        }

        _subscriptions.Add(await Transport.ConsumeAsync(queue, Options.Window, delivery => Lanes.Add(new MessageWork(delivery)), cancellationToken));
    }
}
