using System.Collections.Immutable;
using Microsoft.Extensions.Logging;
using Skald.Diagnostics;
using Skald.Messaging;
using Skald.Storage;

namespace Skald.EventSourcing;

/// <summary>
/// The streams that one batch loads and appends to. Several inputs of a batch may append to one stream: each sees what the one
/// before it appended, and all of it is written with the batch.
/// </summary>
internal sealed class EventSession(
    AggregateModel model, IUnitOfWork unit, Changes changes, MessageSerializer serializer, Func<Type, string?> topicOf, RecentStreams recent, bool careful, ILogger logger,
    CancellationToken cancellationToken) : IEventSession
{
    private const int LongestId = 200;

    private readonly Dictionary<string, LoadedStream> _streams = [];
    private readonly Dictionary<string, AggregatePlan> _believed = [];
    private readonly HashSet<string> _written = [];
    private readonly List<RecordedEvent> _appended = [];
    private readonly List<(RecordedEvent Event, StreamPlace Place, string Flow, string? TraceParent)> _publications = [];

    private IStreamReader Streams => unit.Streams ?? throw new NotSupportedException("The store keeps no events.");

    /// <summary>What was appended, in order; for inline projections.</summary>
    public IReadOnlyList<RecordedEvent> Appended => _appended;

    /// <summary>What was appended and is public, with its place.</summary>
    public IReadOnlyList<(RecordedEvent Event, StreamPlace Place, string Flow, string? TraceParent)> Publications => _publications;

    public async ValueTask<EventStream<TState>> LoadAsync<TState>(string id, long? expectedVersion) where TState : class
    {
        var plan = model.PlanOf(typeof(TState));
        var key = plan.Stream(Checked(id));
        if (!_streams.TryGetValue(key, out var loaded))
        {
            loaded = _streams[key] = Believe(plan, key) ?? await ReadAsync(plan, key);
        }

        return expectedVersion is { } expected && expected != loaded.Version
            ? throw new StreamVersionException(key, expected, loaded.Version)
            : new EventStream<TState>(id, loaded.Version, (TState?)loaded.State);
    }

    public EventStream<TState> Append<TState>(StepContext context, EventStream<TState> stream, IReadOnlyList<IEvent> events) where TState : class
    {
        var plan = model.PlanOf(typeof(TState));
        var key = plan.Stream(Checked(stream.Id));
        if (!_streams.TryGetValue(key, out var loaded))
        {
            throw new InvalidOperationException($"Stream '{key}' was loaded in another transaction. Load it with this context, then append to it.");
        }

        if (loaded.Version != stream.Version)
        {
            throw new StreamVersionException(key, stream.Version, loaded.Version);
        }

        // All of them or none, whatever the caller does with an exception: what may fail comes first.
        var (state, version, bodies) = (loaded.State, loaded.Version + events.Count, new List<byte[]>(events.Count));
        foreach (var @event in events)
        {
            state = plan.Evolve(state, @event);
            bodies.Add(serializer.Write(@event));
        }

        var isTime = plan.SnapshotEvery is { } every && version - loaded.SnapshotVersion >= every && state is not null;
        // Not null when it is time.
        var snapshot = isTime ? Snapshot(plan, key, version, state!) : null;
        for (var i = 0; i < events.Count; i++)
        {
            loaded = loaded with { Version = loaded.Version + 1 };
            loaded = Publish(context, loaded, Add(context, plan, stream.Id, key, loaded.Version, events[i], bodies[i]));
        }

        loaded = loaded with { State = state };
        if (snapshot is not null)
        {
            // Two of one stream in a batch: the later one replaces the earlier.
            changes.Snapshots.RemoveAll(s => s.Stream == key);
            changes.Snapshots.Add(new SnapshotRow(key, version, plan.Shape!, snapshot));
        }

        if (isTime)
        {
            // Also when it was too large: it is tried again after as many events as between two others.
            loaded = loaded with { SnapshotVersion = version };
        }

        _streams[key] = loaded;
        if (events.Count > 0)
        {
            _written.Add(key);
        }

        return new EventStream<TState>(stream.Id, loaded.Version, (TState?)loaded.State);
    }

    /// <summary>What was decided by streams that nothing is appended to; the store checks the others, each goes on from its last version.</summary>
    /// <exception cref="SagaConcurrencyException">One of them was not what it was believed to be.</exception>
    public async ValueTask CheckBeliefsAsync()
    {
        foreach (var (key, plan) in _believed)
        {
            if (!_written.Contains(key) && (await ReadAsync(plan, key)).Version != _streams[key].Version)
            {
                throw new SagaConcurrencyException($"Stream '{key}' is no longer at version {_streams[key].Version}.");
            }
        }
    }

    /// <summary>The batch is committed: what it appended is known.</summary>
    public void Committed() => recent.Keep(_written.Select(key => _streams[key]));

    /// <summary>Another writer was first; perhaps at a stream that was believed to be as it was.</summary>
    public void Refuted()
    {
        if (_believed.Count > 0)
        {
            recent.Refute();
        }
    }

    /// <summary>Null when the state is too large to be kept: the stream is folded from its events then, as without snapshots.</summary>
    private byte[]? Snapshot(AggregatePlan plan, string key, long version, object state)
    {
        var bytes = serializer.WriteAnySize(state, plan.StateType);
        if (bytes.Length <= MessageSerializer.MaxBodyBytes)
        {
            return bytes;
        }

        logger.SnapshotTooLarge(key, version, bytes.Length, MessageSerializer.MaxBodyBytes);
        return null;
    }

    /// <summary>What this process appended last; null when it has to be read.</summary>
    private LoadedStream? Believe(AggregatePlan plan, string key)
    {
        if (careful || recent.Find(key) is not { } known)
        {
            return null;
        }

        _believed[key] = plan;
        return known;
    }

    private async ValueTask<LoadedStream> ReadAsync(AggregatePlan plan, string key)
    {
        var topics = plan.EventTypes.Select(topicOf).Distinct().ToList();
        // Where only some of the events are public, or to several topics, the last of each has to be looked for.
        var shape = topics.Count > 1 ? null : plan.Shape;
        var loaded = Fold(plan, key, await Streams.ReadStreamAsync(key, shape, cancellationToken));
        if (recent.Find(key) is { } known && known.Version != loaded.Version)
        {
            recent.Refute();
        }

        return loaded;
    }

    private LoadedStream Fold(AggregatePlan plan, string key, StreamRows rows)
    {
        var state = rows.Snapshot is null ? null : plan.ReadSnapshot(rows.Snapshot, serializer);
        var version = rows.Snapshot?.Version ?? 0;
        var published = ImmutableDictionary.CreateBuilder<string, long>();
        if (rows.Snapshot is not null && plan.EventTypes.Select(topicOf).FirstOrDefault() is { } only)
        {
            published[only] = version;
        }

        foreach (var row in rows.Events)
        {
            var @event = plan.Read(row.Type, row.Body.Span, serializer);
            state = plan.Evolve(state, @event);
            version = row.Version;
            if (topicOf(@event.GetType()) is { } topic)
            {
                published[topic] = version;
            }
        }

        return new LoadedStream(key, version, state, rows.Snapshot?.Version ?? 0, published.ToImmutable());
    }

    private LoadedStream Publish(StepContext context, LoadedStream loaded, RecordedEvent recorded)
    {
        if (topicOf(recorded.Event.GetType()) is not { } topic)
        {
            return loaded;
        }

        // Outside of any flow it travels in one of its own, so that who hears it knows the aggregate.
        _publications.Add((recorded, new StreamPlace(loaded.Stream, loaded.Version, loaded.Published.GetValueOrDefault(topic)), context.Flow ?? recorded.Id, context.TraceParent));
        return loaded with { Published = loaded.Published.SetItem(topic, loaded.Version) };
    }

    private RecordedEvent Add(StepContext context, AggregatePlan plan, string id, string key, long version, IEvent @event, byte[] body)
    {
        var name = MessageCatalog.Of(@event.GetType()).Name;
        var causation = (context as MessageContext)?.MessageId;
        var correlation = context.SagaId?.Value ?? causation;
        changes.Events.Add(new EventRow(key, version, name, body, UnixTime.From(context.Now), correlation, causation, context.Actor));
        var recorded = new RecordedEvent(EventPosition.Start, plan.Name, id, version, name, @event, context.Now, correlation, causation, context.Actor);
        _appended.Add(recorded);
        return recorded;
    }

    private static string Checked(string id)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(id);
        return id.Length <= LongestId && !id.Any(char.IsControl)
            ? id
            : throw new ArgumentException($"'{id}' cannot be the id of an aggregate: at most {LongestId} characters, no control characters.", nameof(id));
    }
}
