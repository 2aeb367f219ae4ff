using ParkingEventSourcing.Contracts;
using Skald;

namespace ParkingEventSourcing.Booking;

/// <summary>A booking's events as people see them: what each set, and nothing else.</summary>
internal static class BookingHistory
{
    /// <param name="service">Booking.</param>
    /// <param name="id">The booking.</param>
    /// <param name="metadata">Whether to tell, too, when, by whom and why.</param>
    /// <param name="cancellationToken">Abandons the reading.</param>
    /// <returns>Oldest first; none when there is no such booking.</returns>
    public static async Task<IReadOnlyList<OrderedDictionary<string, object?>>> ReadAsync(
        SkaldService service, Guid id, bool metadata, CancellationToken cancellationToken) =>
        await service.HistoryAsync<BookingState>(id.ToString(), cancellationToken: cancellationToken)
            .Select(recorded => Line(recorded, metadata)).ToListAsync(cancellationToken);

    private static OrderedDictionary<string, object?> Line(RecordedEvent recorded, bool metadata)
    {
        var line = new OrderedDictionary<string, object?> { ["id"] = recorded.Id, ["version"] = recorded.Version };
        if (recorded.Event is BookingCreated created)
        {
            line["parking_slot_ref_no"] = created.ParkingSlotRefNo;
        }

        if (recorded.Event is IBookingEvent change)
        {
            line["status"] = change.Status;
        }

        if (metadata)
        {
            (line["event"], line["at"], line["actor"]) = (recorded.Type, recorded.At, recorded.Actor);
            (line["correlation"], line["causation"]) = (recorded.Correlation, recorded.Causation);
        }

        return line;
    }
}
