namespace Skald.Storage;

/// <summary>The events of the store in memory.</summary>
internal sealed class MemoryEvents(Lock @lock) : IEventLog, IStreamReader
{
    private readonly List<StoredEvent> _events = [];
    private readonly Dictionary<string, List<StoredEvent>> _streams = [];
    private readonly Dictionary<string, SnapshotRow> _snapshots = [];

    public ValueTask<EventPage> ReadAsync(EventPosition after, int limit, CancellationToken cancellationToken)
    {
        lock (@lock)
        {
            return ValueTask.FromResult(new EventPage([.. _events.Skip((int)after.Number).Take(limit)], HeldBack: false));
        }
    }

    public ValueTask<long> CountAsync(EventPosition after, long limit, CancellationToken cancellationToken)
    {
        lock (@lock)
        {
            return ValueTask.FromResult(Math.Min(limit, _events.Count - after.Number));
        }
    }

    public ValueTask<IReadOnlyList<StoredEvent>> ReadStreamAsync(string stream, long afterVersion, int limit, CancellationToken cancellationToken)
    {
        lock (@lock)
        {
            return ValueTask.FromResult<IReadOnlyList<StoredEvent>>([.. Stream(stream).Skip((int)afterVersion).Take(limit)]);
        }
    }

    public ValueTask<SnapshotRow?> FindSnapshotAsync(string stream, string shape, CancellationToken cancellationToken)
    {
        lock (@lock)
        {
            return ValueTask.FromResult(Snapshot(stream, shape));
        }
    }

    public ValueTask<string?> WhyHeldBackAsync(CancellationToken cancellationToken) => ValueTask.FromResult<string?>(null);

    ValueTask<StreamRows> IStreamReader.ReadStreamAsync(string stream, string? shape, CancellationToken cancellationToken)
    {
        lock (@lock)
        {
            var snapshot = shape is null ? null : Snapshot(stream, shape);
            return ValueTask.FromResult(new StreamRows(snapshot, [.. Stream(stream).Skip((int)(snapshot?.Version ?? 0)).Select(e => e.Event)]));
        }
    }

    /// <exception cref="SagaConcurrencyException">A stream is not where the events go on.</exception>
    public void Check(List<EventRow> events)
    {
        foreach (var stream in events.GroupBy(e => e.Stream))
        {
            var last = Stream(stream.Key).Count;
            if (!stream.Select(e => e.Version).SequenceEqual(Enumerable.Range(last + 1, stream.Count()).Select(v => (long)v)))
            {
                throw new SagaConcurrencyException($"Stream '{stream.Key}' is no longer at version {stream.First().Version - 1}.");
            }
        }
    }

    public void Append(Changes changes)
    {
        foreach (var row in changes.Events)
        {
            var stored = new StoredEvent(new EventPosition(0, _events.Count + 1), row);
            _events.Add(stored);
            if (!_streams.TryGetValue(row.Stream, out var stream))
            {
                _streams[row.Stream] = stream = [];
            }

            stream.Add(stored);
        }

        changes.Snapshots.ForEach(row => _snapshots[row.Stream] = row);
    }

    private List<StoredEvent> Stream(string stream) => _streams.TryGetValue(stream, out var events) ? events : [];

    private SnapshotRow? Snapshot(string stream, string shape) => _snapshots.TryGetValue(stream, out var row) && row.Shape == shape ? row : null;
}
