using System.Data.Common;
using System.Diagnostics;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Skald.Decisions;
using Skald.Diagnostics;
using Skald.EventSourcing;
using Skald.Messaging;
using Skald.Storage;

namespace Skald.Runtime;

/// <summary>One service at work: its store, its transport, its loops.</summary>
internal sealed class ServiceEngine : IAsyncDisposable
{
    private readonly CancellationTokenSource _stopping = new();
    private readonly ServiceSetup _setup;
    private readonly ITransport _transport;
    private readonly IReadOnlyList<Func<DbConnection, CancellationToken, Task>> _preparations;
    private readonly Absence _absence;
    private readonly StoreAccess _store;
    private readonly DueSignal _signal;
    private readonly Sender _sender;
    private readonly OutsideCalls _outside;
    private readonly Backpressure _backpressure;
    private readonly Aftermath _aftermath;
    private readonly DueLoop _due;
    private readonly RetentionLoop _retention;
    private readonly ServiceGauges _gauges;
    private readonly List<IAsyncDisposable> _subscriptions = [];
    private readonly SemaphoreSlim _starting = new(1, 1);

    private static readonly TimeSpan GivingBackMayTake = TimeSpan.FromSeconds(3);

    private static readonly TimeSpan SendingMayTake = TimeSpan.FromSeconds(3);

    private Task? _running;
    private readonly Lock _stoppingOnce = new();
    private Task? _stopped;
    private bool _hasLeft;
    private bool _hasSentAll;

    public ServiceEngine(
        EngineModel model, IStore store, ITransport transport, SkaldOptions options, TimeProvider time, ILogger logger, MessageSerializer serializer,
        IServiceScopeFactory scopes, IReadOnlyList<Func<DbConnection, CancellationToken, Task>> preparations, ProjectionSet projections)
    {
        (_transport, _preparations, Projections) = (transport, preparations, projections);
        _setup = new ServiceSetup(model, options, serializer, time, logger, scopes, _stopping.Token);
        OwnCode = new OwnCode(model.Service);
        _absence = new Absence(model.Service, DueLoop.LongestPause(options), logger);
        _store = new StoreAccess(store, transport, _absence, _setup);
        _signal = new DueSignal(_store, time, DueLoop.LongestPause(options));
        var underWay = new UnderWay(options.MessagesUnderWay, time);
        var broker = new BrokerWatch(transport, underWay, _setup, () => Lanes!.Wake());
        _sender = new Sender(transport, model.Service, _setup.Keys, underWay, () => _store.Now, logger, within => _signal.NoLaterThan(_store.Now + within), (work, delay) => _ = Lanes!.AddAfterAsync(work, delay));
        _outside = new OutsideCalls(_setup, work => Lanes!.Add(work));
        _backpressure = new Backpressure(model.Service, _absence, broker, time, logger, () => Lanes!.Wake());
        _aftermath = new Aftermath(_store, _sender, _signal, projections, _backpressure, logger);
        var claims = new DelayedClaims();
        var parts = new BatchParts(_setup, _store, projections, _outside, claims, new PlacesInLine());
        Lanes = new Lanes(_setup, store.AllowsParallelUnits ? options.Lanes : 1, isOneOfSeveral =>
            new Lane(_setup, _store, _sender, underWay, _backpressure, isOneOfSeveral, calls => new BatchTransaction(parts, calls, OwnCode, _sender, _aftermath)));
        _due = new DueLoop(_setup, _store, transport, broker, _signal, claims, _absence, _sender, Lanes);
        _retention = new RetentionLoop(_setup, _store, Lanes);
        Jobs = new JobLoop(_setup, _store, Lanes);
        _gauges = new ServiceGauges(_setup, _store, Lanes);
    }

    public EngineModel Model => _setup.Model;

    public SkaldOptions Options => _setup.Options;

    public IStore Store => _store.Store;

    public ITransport Transport => _transport;

    public TimeProvider Time => _setup.Time;

    public ILogger Logger => _setup.Logger;

    public MessageSerializer Serializer => _setup.Serializer;

    public Lanes Lanes { get; }

    /// <summary>Carries jobs on.</summary>
    public JobLoop Jobs { get; }

    /// <summary>The service's aggregates and projections.</summary>
    public ProjectionSet Projections { get; }

    /// <summary>Callers that wait for sagas to end.</summary>
    public EndWaiters Waiters => _aftermath.Waiters;

    /// <inheritdoc cref="ServiceSetup.Keys"/>
    public WireKeys Keys => _setup.Keys;

    /// <inheritdoc cref="StoreAccess.Secrets"/>
    public StepSecrets Secrets => _store.Secrets;

    public OwnCode OwnCode { get; }

    /// <inheritdoc cref="StoreAccess.Serves"/>
    public bool Serves => _store.Serves;

    /// <summary>Why it cannot work at the moment; null when it can.</summary>
    public string? Problem => _store.Problem ?? Lanes.Problem ?? (Serves ? _transport.Problem : null);

    /// <summary>The same for strangers: without addresses, paths and versions.</summary>
    public string? Outage => _store.Problem is not null ? "its database cannot be used"
        : Lanes.Problem ?? (Serves && _transport.Problem is not null ? "its broker cannot be used" : null);

    /// <inheritdoc cref="StoreAccess.Answers"/>
    public void StoreAnswers() => _store.Answers();

    /// <summary>A time-ordered id for a new saga or request.</summary>
    /// <summary>What time it is in the database.</summary>
    public DateTimeOffset Now => _store.Now;

    public Guid NewId() => _setup.Options.Surroundings.NewId(_store.Now);

    /// <param name="serve">True to consume messages and fire timers; false for a process that only writes.</param>
    /// <param name="cancellationToken">Abandons the attempt.</param>
    public async Task StartAsync(bool serve, CancellationToken cancellationToken)
    {
        // What begins here outlives whatever the host does at the moment.
        Activity.Current = null;
        await _starting.WaitAsync(cancellationToken);
        try
        {
            if (_running is null)
            {
                await Store.StartAsync(Model.Service, [.. _setup.Options.Schema, .. Projections.InlineSchema], cancellationToken);
                await PrepareAsync(cancellationToken);
                if (Keys.IsHalfway)
                {
                    Logger.BelievesEverybody(Model.Service);
                }

                _store.Secrets = new StepSecrets(await Store.KeepSecretAsync(_setup.Options.Surroundings.NewSecret(StepSecrets.KeyBytes), cancellationToken));
                await _store.Clock.AskAsync(cancellationToken);
                _running = Task.WhenAll(Lanes.RunAsync(_setup.Options.Surroundings.RunAsync), _setup.Options.Surroundings.RunAsync(_due.RunAsync), _setup.Options.Surroundings.RunAsync(_retention.RunAsync), _setup.Options.Surroundings.RunAsync(Jobs.RunAsync));
            }

            if (serve && !Serves)
            {
                await Transport.StartAsync(cancellationToken);
                await Store.JoinAsync([.. Model.Plans.Select(p => p.VersionedName)], cancellationToken);
                _absence.EndsWithStart(_store.Now);
                _store.Serves = true;
                if (Store.WakeUp is { } others)
                {
                    others.Woken = () =>
                    {
                        _signal.Look();
                        Projections.Wake();
                        Jobs.Look();
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
                    _store.Serves = false;
                    throw;
                }

                _signal.Look();
                Jobs.Look();
                Projections.Start();
                SkaldMeter.Watch(_gauges);
            }
        }
        finally
        {
            _starting.Release();
        }
    }

    private async Task PrepareAsync(CancellationToken cancellationToken)
    {
        foreach (var prepare in _preparations)
        {
            await using var connection = await Store.OpenAsync(cancellationToken);
            await prepare(connection, cancellationToken);
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

        SkaldMeter.Forget(_gauges);
        await _stopping.CancelAsync();
        await Projections.StopAsync();
        Lanes.Wake();
        _signal.Look();
        Jobs.Look();
        if (_running is not null)
        {
            await _running;
            _hasSentAll = await _sender.EndAsync(Task.Delay(SendingMayTake, Time));
        }

        await UnsubscribeAsync();
        _signal.Dispose();
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
        await Task.WhenAny(StopAsync(), Task.Delay(_setup.Options.CallDeadline + GivingBackMayTake, TimeProvider.System));
        _outside.Dispose();
        _backpressure.Dispose();
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

    private async Task ConsumeAsync(string queue, bool wanted, CancellationToken cancellationToken)
    {
        if (!wanted)
        {
            return;
        }

        _subscriptions.Add(await Transport.ConsumeAsync(queue, _setup.Options.Window, delivery => Lanes.Add(new MessageWork(delivery)), cancellationToken));
    }
}
