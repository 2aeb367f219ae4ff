using System.Data.Common;
using Skald.Messaging;

namespace Skald.Storage;

/// <summary>A store within one process, for tests. One unit of work at a time; nothing outlives the process.</summary>
public sealed class InMemoryStore : IStore, IEventLog
{
    private readonly SemaphoreSlim _writer = new(1, 1);
    private readonly Lock _lock = new();
    private readonly Dictionary<Guid, SagaRow> _sagas = [];
    private readonly Dictionary<string, StartRow> _starts = [];
    private readonly List<JournalRow> _journal = [];
    private readonly Dictionary<(Guid, string, bool, int), LedgerRow> _ledger = [];
    private readonly Dictionary<Guid, OutboxRow> _outbox = [];
    private readonly Dictionary<Guid, DelayedRow> _delayed = [];
    private readonly SortedDictionary<long, DeadLetterRow> _deadLetters = [];
    private readonly List<StoredEvent> _events = [];
    private readonly Dictionary<string, List<StoredEvent>> _streams = [];
    private readonly Dictionary<string, SnapshotRow> _snapshots = [];
    private readonly Dictionary<string, string> _locks = [];
    private readonly Dictionary<string, string> _tombstones = [];
    private long _lastDeadLetter;

    /// <inheritdoc/>
    public string Description => "in memory";

    /// <inheritdoc/>
    public Action? Woken { get; set; }

    /// <inheritdoc/>
    public Task StartAsync(IReadOnlyList<string> schema, CancellationToken cancellationToken) => Task.CompletedTask;

    /// <inheritdoc/>
    public async ValueTask<IUnitOfWork> BeginAsync(LoadRequest request, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(request);
        await _writer.WaitAsync(cancellationToken);
        lock (_lock)
        {
            return new UnitOfWork(this)
            {
                Sagas = request.Sagas.Where(_sagas.ContainsKey).ToDictionary(id => id, id => _sagas[id]),
                Ledger = [.. _ledger.Values.Where(row => request.Ledger.Contains(new LedgerKey(row.Scope, row.Step)))],
                Starts = request.StartKeys.Where(_starts.ContainsKey).ToDictionary(key => key, key => _starts[key]),
            };
        }
    }

    /// <inheritdoc/>
    public ValueTask<DueWork> TakeDueAsync(DateTimeOffset now, TimeSpan claimFor, int limit, CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            var time = now.ToUnixTimeMilliseconds();
            var sagas = _sagas.Values.Where(s => s.WakeAt <= time).OrderBy(s => s.WakeAt).Take(limit).Select(s => s.Id).ToList();
            var delayed = _delayed.Values.Where(d => d.Due <= time).OrderBy(d => d.Due).Take(limit).ToList();
            var outbox = _outbox.Values.Where(o => o.ClaimedUntil <= time).Take(limit).Select(o => o.Message).ToList();
            foreach (var message in outbox)
            {
                _outbox[message.Envelope.Id] = new OutboxRow(message, UnixTime.From(now + claimFor));
            }

            var next = _sagas.Values.Where(s => s.WakeAt > time).Min(s => s.WakeAt);
            next = Earlier(next, _delayed.Values.Where(d => d.Due > time).Select(d => (long?)d.Due).Min());
            next = Earlier(next, _outbox.Values.Where(o => o.ClaimedUntil > time).Select(o => (long?)o.ClaimedUntil).Min());
            return ValueTask.FromResult(new DueWork(sagas, delayed, outbox, next is { } at ? UnixTime.To(at) : null));
        }
    }

    /// <inheritdoc/>
    public ValueTask<DbConnection> OpenAsync(CancellationToken cancellationToken) =>
        throw new NotSupportedException("The in-memory store has no database. Use UseSqlite(...) for code that reads tables.");

    /// <inheritdoc/>
    public ValueTask<SagaRow?> FindSagaAsync(Guid id, CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            return ValueTask.FromResult(_sagas.GetValueOrDefault(id));
        }
    }

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<SagaRow>> SagasAsync(string definition, SagaStatus? status, int limit, CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            return ValueTask.FromResult<IReadOnlyList<SagaRow>>([.. _sagas.Values
                .Where(s => s.Definition == definition && (status is null || s.Status == status))
                .OrderByDescending(s => s.UpdatedAt).ThenByDescending(s => s.Id).Take(limit)]);
        }
    }

    /// <inheritdoc/>
    public ValueTask<IReadOnlyDictionary<SagaStatus, long>> CountSagasAsync(CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            return ValueTask.FromResult<IReadOnlyDictionary<SagaStatus, long>>(
                _sagas.Values.Where(s => !FlowCodec.IsFlow(s)).GroupBy(s => s.Status).ToDictionary(g => g.Key, g => g.LongCount()));
        }
    }

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<JournalRow>> JournalAsync(Guid saga, CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            return ValueTask.FromResult<IReadOnlyList<JournalRow>>([.. _journal.Where(j => j.Saga == saga)]);
        }
    }

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<DeadLetterRow>> DeadLettersAsync(int limit, CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            return ValueTask.FromResult<IReadOnlyList<DeadLetterRow>>([.. _deadLetters.Values.Take(limit)]);
        }
    }

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<DelayedRow>> DelayedAsync(int limit, CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            return ValueTask.FromResult<IReadOnlyList<DelayedRow>>([.. _delayed.Values.OrderBy(d => d.Due).Take(limit)]);
        }
    }

    /// <inheritdoc/>
    public ValueTask<long> CountOutboxAsync(CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            return ValueTask.FromResult((long)_outbox.Count);
        }
    }

    /// <inheritdoc/>
    public IEventLog Events => this;

    ValueTask<EventPage> IEventLog.ReadAsync(EventPosition after, int limit, CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            return ValueTask.FromResult(new EventPage([.. _events.Skip((int)after.Number).Take(limit)], HeldBack: false));
        }
    }

    ValueTask<long> IEventLog.CountAsync(EventPosition after, long limit, CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            return ValueTask.FromResult(Math.Min(limit, _events.Count - after.Number));
        }
    }

    ValueTask<IReadOnlyList<StoredEvent>> IEventLog.ReadStreamAsync(string stream, long afterVersion, int limit, CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            return ValueTask.FromResult<IReadOnlyList<StoredEvent>>([.. Stream(stream).Skip((int)afterVersion).Take(limit)]);
        }
    }

    ValueTask<string?> IEventLog.WhyHeldBackAsync(CancellationToken cancellationToken) => ValueTask.FromResult<string?>(null);

    /// <inheritdoc/>
    public void WakeOthers() => Woken?.Invoke();

    /// <inheritdoc/>
    public ValueTask DisposeAsync()
    {
        _writer.Dispose();
        return ValueTask.CompletedTask;
    }

    private static long? Earlier(long? a, long? b) => a is null ? b : b is null || a < b ? a : b;

    private void Apply(Changes changes, MemoryKeys? keys)
    {
        lock (_lock)
        {
            foreach (var saga in changes.Sagas)
            {
                if ((_sagas.TryGetValue(saga.Id, out var old) ? old.Version : 0) != saga.Version - 1)
                {
                    throw new SagaConcurrencyException($"Saga {saga.Id} is no longer at version {saga.Version - 1}.");
                }
            }

            foreach (var stream in changes.Events.GroupBy(e => e.Stream))
            {
                var last = Stream(stream.Key).Count;
                if (!stream.Select(e => e.Version).SequenceEqual(Enumerable.Range(last + 1, stream.Count()).Select(v => (long)v)))
                {
                    throw new SagaConcurrencyException($"Stream '{stream.Key}' is no longer at version {stream.First().Version - 1}.");
                }
            }

            changes.Events.ForEach(Append);
            changes.Snapshots.ForEach(row => _snapshots[row.Stream] = row);
            keys?.Apply(_locks, _tombstones);
            foreach (var key in _locks.Where(l => changes.Released.Contains(l.Value)).Select(l => l.Key).ToList())
            {
                _locks.Remove(key);
            }

            changes.Sagas.ForEach(row => _sagas[row.Id] = row);
            changes.Starts.ForEach(row => _starts[row.Key] = row);
            _journal.AddRange(changes.Journal);
            changes.Ledger.ForEach(row => _ledger[(row.Scope, row.Step, row.Undo, row.Attempt)] = row);
            changes.Outbox.ForEach(row => _outbox[row.Message.Envelope.Id] = row);
            changes.Sent.ForEach(id => _outbox.Remove(id));
            changes.Undelayed.ForEach(id => _delayed.Remove(id));
            changes.Delayed.ForEach(row => _delayed[row.Envelope.Id] = row);
            changes.DeadLetters.ForEach(row => _deadLetters[++_lastDeadLetter] = row with { Id = _lastDeadLetter });
            changes.Revived.ForEach(id => _deadLetters.Remove(id));
        }
    }

    private List<StoredEvent> Stream(string stream) => _streams.TryGetValue(stream, out var events) ? events : [];

    private void Append(EventRow row)
    {
        var stored = new StoredEvent(new EventPosition(0, _events.Count + 1), row);
        _events.Add(stored);
        if (!_streams.TryGetValue(row.Stream, out var stream))
        {
            _streams[row.Stream] = stream = [];
        }

        stream.Add(stored);
    }

    private StreamRows ReadStream(string stream, string? shape)
    {
        lock (_lock)
        {
            var snapshot = _snapshots.TryGetValue(stream, out var row) && row.Shape == shape ? row : null;
            return new StreamRows(snapshot, [.. Stream(stream).Skip((int)(snapshot?.Version ?? 0)).Select(e => e.Event)]);
        }
    }

    private sealed class UnitOfWork(InMemoryStore store) : IUnitOfWork
    {
        private bool _disposed;
        private MemoryKeys? _keys;

        public DbTransaction? Transaction => null;

        public IBusinessKeys Keys => _keys ??= new MemoryKeys(store._locks, store._tombstones);

        public required IReadOnlyDictionary<Guid, SagaRow> Sagas { get; init; }

        public required IReadOnlyList<LedgerRow> Ledger { get; init; }

        public required IReadOnlyDictionary<string, StartRow> Starts { get; init; }

        public ValueTask<StreamRows> ReadStreamAsync(string stream, string? shape, CancellationToken cancellationToken) =>
            ValueTask.FromResult(store.ReadStream(stream, shape));

        public ValueTask<SagaRow?> LoadSagaAsync(Guid id, CancellationToken cancellationToken) => store.FindSagaAsync(id, cancellationToken);

        public ValueTask CommitAsync(Changes changes, CancellationToken cancellationToken)
        {
            store.Apply(changes, _keys);
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
