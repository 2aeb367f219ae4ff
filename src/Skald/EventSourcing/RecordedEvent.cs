using Skald.Messaging;
using Skald.Storage;

namespace Skald
{
    /// <summary>An event of the past, with everything that is known about it.</summary>
    /// <param name="Position">Its place among all events of the service; unknown to an inline projection.</param>
    /// <param name="Aggregate">The kind of aggregate it happened to.</param>
    /// <param name="Id">The aggregate's id.</param>
    /// <param name="Version">Its place in the aggregate's history, from 1.</param>
    /// <param name="Type">The wire name it was stored under.</param>
    /// <param name="Event">The event, as today's code knows it.</param>
    /// <param name="At">When it was appended.</param>
    /// <param name="Correlation">The saga or flow it belongs to, or else the message or request that caused it.</param>
    /// <param name="Causation">The message or request that caused it.</param>
    /// <param name="Actor">Who asked for it, where that was said.</param>
    public sealed record RecordedEvent(
        EventPosition Position, string Aggregate, string Id, long Version, string Type, IEvent Event, DateTimeOffset At,
        Guid? Correlation, Guid? Causation, string? Actor);
}

namespace Skald.EventSourcing
{
    /// <summary>Turns rows into events.</summary>
    internal sealed class EventReader(AggregateModel model, MessageSerializer serializer)
    {
        private (string Stream, AggregatePlan Plan, string Id)? _last;

        /// <exception cref="UnknownEventException">The code cannot read one of them.</exception>
        public RecordedEvent[] Read(IReadOnlyList<StoredEvent> rows)
        {
            var events = new RecordedEvent[rows.Count];
            for (var i = 0; i < events.Length; i++)
            {
                events[i] = Read(rows[i].Position, rows[i].Event);
            }

            return events;
        }

        /// <exception cref="UnknownEventException">The code cannot read it.</exception>
        public RecordedEvent Read(EventPosition position, EventRow row)
        {
            if (_last?.Stream != row.Stream)
            {
                var (plan, id) = model.Split(row.Stream);
                _last = (row.Stream, plan, id);
            }

            var at = _last.Value;
            return new RecordedEvent(
                position, at.Plan.Name, at.Id, row.Version, row.Type, at.Plan.Read(row.Type, row.Body.Span, serializer), UnixTime.To(row.At),
                row.Correlation, row.Causation, row.Actor);
        }
    }
}
