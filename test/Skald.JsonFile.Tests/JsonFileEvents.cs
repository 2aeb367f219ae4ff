using Skald.Storage;

namespace Skald.JsonFile;

/// <summary>Reading events. One writer at a time makes their order, so that nothing is ever held back.</summary>
internal sealed class JsonFileEvents(DataFile file) : IEventLog
{
    public ValueTask<EventPage> ReadAsync(EventPosition after, int limit, CancellationToken cancellationToken) =>
        file.AskAsync(d => new EventPage([.. d.Events.Where(e => e.Position > after).Take(limit)], HeldBack: false), cancellationToken);

    public ValueTask<long> CountAsync(EventPosition after, long limit, CancellationToken cancellationToken) =>
        file.AskAsync(d => Math.Min(d.Events.Count(e => e.Position > after), limit), cancellationToken);

    public ValueTask<IReadOnlyList<StoredEvent>> ReadStreamAsync(string stream, long afterVersion, int limit, CancellationToken cancellationToken) =>
        file.AskAsync<IReadOnlyList<StoredEvent>>(d => [.. d.EventsOf(stream, afterVersion).Take(limit)], cancellationToken);

    public ValueTask<SnapshotRow?> FindSnapshotAsync(string stream, string shape, CancellationToken cancellationToken) =>
        file.AskAsync(d => d.ReadStream(stream, shape).Snapshot, cancellationToken);

    public ValueTask<string?> WhyHeldBackAsync(CancellationToken cancellationToken) => new((string?)null);
}
