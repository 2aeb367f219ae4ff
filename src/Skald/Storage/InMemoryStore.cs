using System.Data.Common;

namespace Skald.Storage;

/// <summary>A store within one process, for tests. One unit of work at a time; nothing outlives the process.</summary>
public sealed class InMemoryStore : IStore, IWakeUp
{
    private readonly SemaphoreSlim _writer = new(1, 1);
    private readonly Lock _lock = new();
    private readonly MemoryTables _tables = new();
    private readonly MemoryOperations _operations;
    private readonly MemoryEvents _events;
    private readonly HashSet<long> _gone = [0];
    private readonly Dictionary<long, HashSet<string>?> _knows = [];
    private long _lastIncarnation;
    private string? _owner;
    private ReadOnlyMemory<byte>? _secret;

    /// <summary>An empty store.</summary>
    public InMemoryStore()
    {
        _operations = new MemoryOperations(_tables, _lock);
        _events = new MemoryEvents(_lock);
    }

    /// <inheritdoc/>
    public string Description => "in memory";

    /// <inheritdoc/>
    public IOperations Operations => _operations;

    /// <inheritdoc/>
    public IRetention Retention => field ??= new MemoryRetention(this, () => Incarnation);

    /// <inheritdoc/>
    public IEventLog EventLog => _events;

    /// <inheritdoc/>
    public IWakeUp WakeUp => this;

    /// <inheritdoc/>
    public Action? Woken { get; set; }

    /// <inheritdoc/>
    public long Incarnation { get; private set; }

    /// <inheritdoc/>
    public Task<ReadOnlyMemory<byte>> KeepSecretAsync(ReadOnlyMemory<byte> drawn, CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            return Task.FromResult(_secret ??= drawn.ToArray());
        }
    }

    /// <inheritdoc/>
    public Task JoinAsync(IReadOnlyCollection<string>? plans, CancellationToken cancellationToken)
    {
        Incarnation = Incarnation > 0 ? Incarnation : Join(plans);
        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public Task LeaveAsync(CancellationToken cancellationToken)
    {
        Forget(Incarnation);
        Incarnation = 0;
        return Task.CompletedTask;
    }

    /// <summary>One more that uses it, as a process would use a database.</summary>
    internal long Join(IReadOnlyCollection<string>? plans)
    {
        lock (_lock)
        {
            _knows[++_lastIncarnation] = plans?.ToHashSet();
            _tables.Instances[_lastIncarnation] = new InstanceRow(_lastIncarnation, IsGone: false)
            {
                Name = InstanceRow.ThisProcess, Since = UnixTime.From(TimeProvider.System.GetUtcNow()), Plans = plans?.ToArray(),
            };
            return _lastIncarnation;
        }
    }

    /// <summary>One that used it has left.</summary>
    internal void Forget(long incarnation)
    {
        lock (_lock)
        {
            _knows.Remove(incarnation);
            _tables.Instances.Remove(incarnation);
        }
    }

    /// <summary>One that used it is gone, without having left.</summary>
    internal void Bury(long incarnation)
    {
        lock (_lock)
        {
            _gone.Add(incarnation);
            _knows.Remove(incarnation);
            if (_tables.Instances.TryGetValue(incarnation, out var row))
            {
                _tables.Instances[incarnation] = row with { IsGone = true, GoneAt = UnixTime.From(TimeProvider.System.GetUtcNow()) };
            }
        }
    }

    internal DueWork TakeDue(DateTimeOffset now, TimeSpan claimFor, int limit, bool wakes, long incarnation)
    {
        lock (_lock)
        {
            var mine = _knows.GetValueOrDefault(incarnation);
            bool IsMine(string plan) => mine is null || mine.Contains(plan);
            var due = _tables.TakeDue(now, claimFor, limit, wakes, IsMine);
            return incarnation == 0 ? due : due with { Orphans = _tables.FindOrphans(_gone, limit, IsMine) };
        }
    }

    /// <inheritdoc/>
    public ValueTask<Strangers> FindStrangersAsync(DateTimeOffset now, int limit, CancellationToken cancellationToken) => ValueTask.FromResult(FindStrangers(now, limit, Incarnation));

    internal Strangers FindStrangers(DateTimeOffset now, int limit, long incarnation)
    {
        lock (_lock)
        {
            var mine = _knows.GetValueOrDefault(incarnation);
            return new Strangers(
                _tables.FindStrangers(_gone, now, limit, plan => _knows.Values.Any(knows => knows is null || knows.Contains(plan))),
                [.. _tables.FindOrphans([SagaRow.OfNobodyWhoKnowsIt], limit, plan => mine is null || mine.Contains(plan)).Select(o => o.Saga)]);
        }
    }

    /// <inheritdoc/>
    public Task StartAsync(string owner, IReadOnlyList<string> schema, CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            _owner ??= owner;
            return _owner == owner
                ? Task.CompletedTask
                : throw new StoreSetupException($"The store in memory belongs to service '{_owner}'. Give service '{owner}' a store of its own.");
        }
    }

    /// <inheritdoc/>
    public async ValueTask<IUnitOfWork> BeginAsync(LoadRequest request, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(request);
        await _writer.WaitAsync(cancellationToken);
        var unit = new UnitOfWork(this);
        await unit.LoadMoreAsync(request, cancellationToken);
        return unit;
    }

    /// <inheritdoc/>
    public ValueTask<DueWork> TakeDueAsync(DateTimeOffset now, TimeSpan claimFor, int limit, bool wakes, CancellationToken cancellationToken) =>
        ValueTask.FromResult(TakeDue(now, claimFor, limit, wakes, Incarnation));

    /// <inheritdoc/>
    public ValueTask<DbConnection> OpenAsync(CancellationToken cancellationToken) =>
        throw new NotSupportedException("The in-memory store has no database. Use UseSqlite(...) for code that reads tables.");

    /// <summary>Whether an instance is the first of those that live.</summary>
    internal bool IsFirst(long incarnation)
    {
        lock (_lock)
        {
            return _knows.Count > 0 && _knows.Keys.Min() == incarnation;
        }
    }

    internal Ended FindEnded(EndedQuery query, long incarnation)
    {
        lock (_lock)
        {
            var mine = _knows.GetValueOrDefault(incarnation);
            return _tables.FindEnded(query, plan => mine is null || mine.Contains(plan), plan => _knows.Values.Any(knows => knows is null || knows.Contains(plan)));
        }
    }

    internal int RemoveOld(OldRows kind, long before, int limit)
    {
        lock (_lock)
        {
            return _tables.RemoveOld(kind, before, limit);
        }
    }

    /// <inheritdoc/>
    public void WakeOthers() => Woken?.Invoke();

    /// <inheritdoc/>
    public ValueTask DisposeAsync()
    {
        _writer.Dispose();
        return ValueTask.CompletedTask;
    }

    private sealed class UnitOfWork(InMemoryStore store) : IUnitOfWork
    {
        private bool _disposed;
        private MemoryKeys? _keys;

        public DbTransaction? Transaction => null;

        public Loaded Loaded { get; } = new();

        public bool HasWoken { get; private set; }

        public IBusinessKeys Keys => _keys ??= new MemoryKeys(store._tables.Locks, store._tables.Tombstones, store._tables.FirstPlace);

        public IStreamReader Streams => store._events;

        public ValueTask LoadMoreAsync(LoadRequest more, CancellationToken cancellationToken)
        {
            lock (store._lock)
            {
                store._tables.Load(Loaded.Lacks(more), Loaded);
            }

            return ValueTask.CompletedTask;
        }

        public ValueTask CommitAsync(Changes changes, CancellationToken cancellationToken)
        {
            lock (store._lock)
            {
                store._tables.Check(changes);
                store._events.Check(changes.Events);
                _keys?.Apply(store._tables.Locks, store._tables.Tombstones);
                HasWoken = store._tables.Apply(changes);
                store._events.Append(changes);
            }

            return ValueTask.CompletedTask;
        }

        public ValueTask DisposeAsync()
        {
            if (!_disposed)
            {
                _disposed = true;
                store._writer.Release();
            }

            return ValueTask.CompletedTask;
        }
    }
}
