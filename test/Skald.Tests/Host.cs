using System.Collections.Concurrent;
using Microsoft.Extensions.DependencyInjection;
using Skald.Decisions;
using Skald.Messaging;
using Skald.Storage;
using Skald.Testing;
using Xunit;

namespace Skald.Tests;

public enum Backend
{
    Memory,
    Sqlite,
}

/// <summary>Keeps one test's rows and queues while hosts come and go on them.</summary>
internal sealed class Ground(Backend backend) : IDisposable
{
    private readonly TempFolder _folder = new();
    private readonly ConcurrentDictionary<string, InMemoryStore> _stores = new();
    private readonly InMemoryTransport _transport = new();

    public FakeTime Time { get; } = new();

    /// <summary>Whether hosts die, so that their sagas have to be taken over, instead of leaving.</summary>
    public bool HostsDie { get; set; }

    public void Configure(SkaldBuilder builder)
    {
        if (backend == Backend.Sqlite)
        {
            builder.UseSqlite(_folder.File(builder.Service + ".db")).UseSqliteBroker(_folder.File("broker.db"));
        }
        else
        {
            var store = _stores.GetOrAdd(builder.Service, _ => new InMemoryStore());
            builder.UseStore(_ => new KeptStore(store)).UseTransport(_ => _transport);
        }

        if (HostsDie)
        {
            var open = builder.Store;
            builder.UseStore(provider => new KilledStore(open(provider)));
        }
    }

    /// <summary>The store of a service once more, as another process opens it.</summary>
    public async Task<IStore> AnotherStoreAsync(string service)
    {
        IStore store = backend == Backend.Sqlite
            ? new Sqlite.SqliteStore(_folder.File(service + ".db"), new SqliteOptions())
            : new KeptStore(_stores.GetOrAdd(service, _ => new InMemoryStore()));
        await store.StartAsync(service, [], CancellationToken.None);
        return store;
    }

    public void Dispose() => _folder.Dispose();
}

/// <summary>Services of one process, started.</summary>
internal sealed class Host : IAsyncDisposable
{
    private readonly ServiceProvider _provider;

    private Host(ServiceProvider provider, Ground ground) => (_provider, Ground) = (provider, ground);

    public Ground Ground { get; }

    public FakeTime Time => Ground.Time;

    public SkaldService this[string name] => _provider.GetRequiredService<SkaldServices>()[name];

    public static async Task<Host> StartAsync(Ground ground, params (string Name, Action<SkaldBuilder> Configure)[] services)
    {
        var host = await OpenAsync(ground, services);
        await host._provider.GetRequiredService<SkaldServices>().ServeAsync(CancellationToken.None);
        return host;
    }

    public Task ServeAsync() => _provider.GetRequiredService<SkaldServices>().ServeAsync(CancellationToken.None);

    /// <summary>As a command-line verb does: the databases are open, nothing is served.</summary>
    public static async Task<Host> OpenAsync(Ground ground, params (string Name, Action<SkaldBuilder> Configure)[] services)
    {
        var collection = new ServiceCollection().AddSingleton<TimeProvider>(ground.Time);
        foreach (var (name, configure) in services)
        {
            collection.AddSkald(name, builder =>
            {
                ground.Configure(builder);
                configure(builder);
            });
        }

        var provider = collection.BuildServiceProvider();
        await provider.GetRequiredService<SkaldServices>().OpenAsync(CancellationToken.None);
        return new Host(provider, ground);
    }

    /// <summary>Two of them: of starts and requests that wait, one of each goes in turn.</summary>
    public async Task RequestsHaveTheirTurnAsync(string service)
    {
        await this[service].ExecuteAsync(_ => new ValueTask<int>(1));
        await this[service].ExecuteAsync(_ => new ValueTask<int>(1));
    }

    public async ValueTask DisposeAsync()
    {
        await _provider.GetRequiredService<SkaldServices>().StopAsync();
        await _provider.DisposeAsync();
    }
}

/// <summary>The other side of the wire: what a test sends and gets by hand.</summary>
internal sealed class Wire : IAsyncDisposable
{
    private static readonly MessageSerializer Serializer = new();

    private readonly ITransport _transport;
    private readonly ConcurrentQueue<Delivery> _deliveries = new();
    private readonly SemaphoreSlim _arrived = new(0);
    private IAsyncDisposable? _subscription;

    private Wire(ITransport transport) => _transport = transport;

    /// <summary>With which what is sent is signed.</summary>
    public WireKeys Keys { get; init; } = WireKeys.None;

    public static async Task<Wire> StartAsync(SkaldService service, string queue)
    {
        var wire = new Wire(service.Engine.Transport) { Keys = service.Engine.Keys };
        wire._subscription = await wire._transport.ConsumeAsync(queue, 1000, wire.Take, CancellationToken.None);
        return wire;
    }

    public async Task<Delivery> NextAsync()
    {
        Assert.True(await _arrived.WaitAsync(Eventually.Patience), "a message should have come");
        Assert.True(_deliveries.TryDequeue(out var delivery));
        delivery.Acknowledge();
        return delivery;
    }

    public int Waiting => _deliveries.Count;

    public static T Read<T>(Delivery delivery) => (T)Serializer.Read(delivery.Body.Span, typeof(T));

    public Task SendAsync(Envelope envelope, object body) => SendAsync([(envelope, body)]);

    /// <summary>Sends messages; steps' commands under the ids that they have to have.</summary>
    public Task SendAsync(params (Envelope Envelope, object Body)[] messages) => SendAsItIsAsync([.. messages.Select(m => (Real(m.Envelope), m.Body))]);

    /// <summary>A step's command, under the id that it has to have.</summary>
    public static Envelope Real(Envelope envelope) => envelope is { Kind: MessageKind.Command, Saga: { } saga, Step: { } step }
        ? envelope with { Id = MessageIds.Command(saga, step, envelope.Secret, envelope.Attempt, envelope.Undo) }
        : envelope;

    /// <summary>Sends messages, under whatever ids.</summary>
    public Task SendAsItIsAsync(params (Envelope Envelope, object Body)[] messages) => _transport.SendAsync(
        [.. messages.Select(m => new OutgoingMessage(m.Envelope, m.Body as byte[] ?? Serializer.Write(m.Body))).Select(Keys.Sign)], CancellationToken.None);

    /// <summary>The command that a saga would send to have a seat reserved.</summary>
    public static Envelope ReserveSeat(SagaId saga, string replyTo) => new()
    {
        Id = MessageIds.Command(saga, "reserve seat", default, 1, undo: false),
        Type = "seats.reserve",
        Kind = MessageKind.Command,
        Source = "t.test",
        Destination = "t.seats.commands",
        ReplyTo = replyTo,
        Saga = saga,
        Step = "reserve seat",
        Attempt = 1,
        Time = default,
    };

    /// <summary>The answer that a participant would give.</summary>
    public static Envelope Answer(Envelope command, MessageKind kind = MessageKind.Reply) => new()
    {
        Id = MessageIds.Reply(command.Id),
        Type = command.Type + (kind == MessageKind.Reply ? ".response.success" : ".response.failure"),
        Kind = kind,
        Source = "test",
        Destination = command.ReplyTo!,
        Saga = command.Saga,
        Step = command.Step,
        Attempt = command.Attempt,
        Undo = command.Undo,
        Secret = command.Secret,
        Causation = command.Id,
        Time = command.Time,
    };

    public async ValueTask DisposeAsync()
    {
        if (_subscription is not null)
        {
            await _subscription.DisposeAsync();
        }
    }

    private void Take(Delivery delivery)
    {
        _deliveries.Enqueue(delivery);
        _arrived.Release();
    }
}

/// <summary>An in-memory store that outlives the host which uses it, as a file does.</summary>
internal class KeptStore(InMemoryStore store) : IStore
{
    public string Description => store.Description;

    public virtual IOperations Operations => store.Operations;

    public virtual IRetention Retention => new MemoryRetention(store, () => Incarnation);

    public IEventLog EventLog => store.EventLog;

    public IWakeUp WakeUp => store.WakeUp;

    public Task StartAsync(string owner, IReadOnlyList<string> schema, CancellationToken cancellationToken) => store.StartAsync(owner, schema, cancellationToken);

    public Task<ReadOnlyMemory<byte>> KeepSecretAsync(ReadOnlyMemory<byte> drawn, CancellationToken cancellationToken) => store.KeepSecretAsync(drawn, cancellationToken);

    public long Incarnation { get; private set; }

    public Task JoinAsync(IReadOnlyCollection<string>? plans, CancellationToken cancellationToken)
    {
        Incarnation = Incarnation > 0 ? Incarnation : store.Join(plans);
        return Task.CompletedTask;
    }

    public Task LeaveAsync(CancellationToken cancellationToken)
    {
        store.Forget(Incarnation);
        Incarnation = 0;
        return Task.CompletedTask;
    }

    public ValueTask<Strangers> FindStrangersAsync(DateTimeOffset now, int limit, CancellationToken cancellationToken) => ValueTask.FromResult(store.FindStrangers(now, limit, Incarnation));

    public virtual ValueTask<IUnitOfWork> BeginAsync(LoadRequest request, CancellationToken cancellationToken) => store.BeginAsync(request, cancellationToken);

    public virtual ValueTask<DueWork> TakeDueAsync(DateTimeOffset now, TimeSpan claimFor, int limit, bool wakes, CancellationToken cancellationToken) =>
        new(store.TakeDue(now, claimFor, limit, wakes, Incarnation));

    public ValueTask<System.Data.Common.DbConnection> OpenAsync(CancellationToken cancellationToken) => store.OpenAsync(cancellationToken);

    public ValueTask DisposeAsync()
    {
        if (Incarnation > 0)
        {
            store.Bury(Incarnation);
        }

        return ValueTask.CompletedTask;
    }
}

/// <summary>The store of a process that is killed: it never says that it leaves.</summary>
internal sealed class KilledStore(IStore store) : IStore
{
    public string Description => store.Description;

    public IOperations Operations => store.Operations;

    public IRetention? Retention => store.Retention;

    public IEventLog? EventLog => store.EventLog;

    public IWakeUp? WakeUp => store.WakeUp;

    public long Incarnation => store.Incarnation;

    public Task StartAsync(string owner, IReadOnlyList<string> schema, CancellationToken cancellationToken) => store.StartAsync(owner, schema, cancellationToken);

    public Task<ReadOnlyMemory<byte>> KeepSecretAsync(ReadOnlyMemory<byte> drawn, CancellationToken cancellationToken) => store.KeepSecretAsync(drawn, cancellationToken);

    public Task JoinAsync(IReadOnlyCollection<string>? plans, CancellationToken cancellationToken) => store.JoinAsync(plans, cancellationToken);

    public Task LeaveAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public ValueTask<Strangers> FindStrangersAsync(DateTimeOffset now, int limit, CancellationToken cancellationToken) => store.FindStrangersAsync(now, limit, cancellationToken);

    public ValueTask<IUnitOfWork> BeginAsync(LoadRequest request, CancellationToken cancellationToken) => store.BeginAsync(request, cancellationToken);

    public ValueTask<DueWork> TakeDueAsync(DateTimeOffset now, TimeSpan claimFor, int limit, bool wakes, CancellationToken cancellationToken) =>
        store.TakeDueAsync(now, claimFor, limit, wakes, cancellationToken);

    public ValueTask<System.Data.Common.DbConnection> OpenAsync(CancellationToken cancellationToken) => store.OpenAsync(cancellationToken);

    public ValueTask DisposeAsync() => store.DisposeAsync();
}
