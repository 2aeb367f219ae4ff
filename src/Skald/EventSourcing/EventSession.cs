using System.Text.Json;
using Skald.Messaging;
using Skald.Storage;

namespace Skald.EventSourcing;

/// <summary>
/// The streams that one batch loads and appends to. Several inputs of a batch may append to one stream: each sees what the one
/// before it appended, and all of it is written with the batch.
/// </summary>
internal sealed class EventSession(AggregateModel model, IUnitOfWork unit, Changes changes, MessageSerializer serializer, Func<Type, string?> topicOf, CancellationToken cancellationToken) : IEventSession
{
    private const int LongestId = 200;

    private readonly Dictionary<string, Loaded> _streams = [];
    private readonly List<RecordedEvent> _appended = [];
    private readonly List<(RecordedEvent Event, StreamPlace Place, string Flow)> _publications = [];

    /// <summary>What was appended, in order; for inline projections.</summary>
    public IReadOnlyList<RecordedEvent> Appended => _appended;

    /// <summary>What was appended and is public, with its place.</summary>
    public IReadOnlyList<(RecordedEvent Event, StreamPlace Place, string Flow)> Publications => _publications;

    public async ValueTask<EventStream<TState>> LoadAsync<TState>(string id, long? expectedVersion) where TState : class
    {
        var plan = model.PlanOf(typeof(TState));
        var key = plan.Stream(Checked(id));
        if (!_streams.TryGetValue(key, out var loaded))
        {
            var topics = plan.EventTypes.Select(topicOf).Distinct().ToList();
            // Where only some of the events are public, or to several topics, the last of each has to be looked for.
            var shape = topics.Count > 1 ? null : plan.Shape;
            loaded = _streams[key] = Fold(plan, await unit.ReadStreamAsync(key, shape, cancellationToken));
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

        foreach (var @event in events)
        {
            loaded = loaded with { Version = loaded.Version + 1, State = plan.Evolve(loaded.State, @event) };
            Publish(context, key, loaded, Add(context, plan, stream.Id, key, loaded.Version, @event));
        }

        if (plan.SnapshotEvery is { } every && loaded.Version - loaded.SnapshotVersion >= every && loaded.State is not null)
        {
            // Two of one stream in a batch: the later one replaces the earlier.
            changes.Snapshots.RemoveAll(s => s.Stream == key);
            changes.Snapshots.Add(new SnapshotRow(key, loaded.Version, plan.Shape!, serializer.Write(loaded.State)));
            loaded = loaded with { SnapshotVersion = loaded.Version };
        }

        _streams[key] = loaded;
        return new EventStream<TState>(stream.Id, loaded.Version, (TState?)loaded.State);
    }

    /// <summary>A stream's last version and state.</summary>
    private Loaded Fold(AggregatePlan plan, StreamRows rows)
    {
        var state = rows.Snapshot is null ? null : ReadSnapshot(plan, rows.Snapshot, serializer);
        var version = rows.Snapshot?.Version ?? 0;
        var published = new Dictionary<string, long>();
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

        return new Loaded(version, state, rows.Snapshot?.Version ?? 0, published);
    }

    private static object ReadSnapshot(AggregatePlan plan, SnapshotRow row, MessageSerializer serializer)
    {
        try
        {
            return serializer.Read(row.State.Span, plan.StateType);
        }
        catch (JsonException exception)
        {
            throw new UnknownEventException(
                $"The snapshot of '{row.Stream}' at version {row.Version} cannot be read as {plan.StateType.Name}: {exception.Message} Raise the shape in SnapshotEvery(events, shape).", exception);
        }
    }

    private void Publish(StepContext context, string stream, Loaded loaded, RecordedEvent recorded)
    {
        if (topicOf(recorded.Event.GetType()) is not { } topic)
        {
            return;
        }

        // Outside of any flow it travels in one of its own, so that who hears it knows the aggregate.
        _publications.Add((recorded, new StreamPlace(stream, loaded.Version, loaded.Published.GetValueOrDefault(topic)), context.Flow ?? recorded.Id));
        loaded.Published[topic] = loaded.Version;
    }

    private RecordedEvent Add(StepContext context, AggregatePlan plan, string id, string key, long version, IEvent @event)
    {
        var name = MessageCatalog.Of(@event.GetType()).Name;
        var causation = (context as MessageContext)?.MessageId;
        var correlation = context.SagaId?.Value ?? causation;
        changes.Events.Add(new EventRow(key, version, name, serializer.Write(@event), UnixTime.From(context.Now), correlation, causation, context.Actor));
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

    /// <param name="Version">The last event's.</param>
    /// <param name="State">After it.</param>
    /// <param name="SnapshotVersion">Of the last snapshot; 0 when there is none.</param>
    /// <param name="Published">The last version that was published to each topic.</param>
    private sealed record Loaded(long Version, object? State, long SnapshotVersion, Dictionary<string, long> Published);
}
