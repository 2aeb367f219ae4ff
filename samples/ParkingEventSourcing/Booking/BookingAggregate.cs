using ParkingEventSourcing.Contracts;
using Skald;

namespace ParkingEventSourcing.Booking;

/// <summary>A booking as it is after its events.</summary>
/// <param name="ParkingSlotRefNo">The slot it is for.</param>
/// <param name="Status">A <see cref="BookingStatus"/>.</param>
public sealed record BookingState(string ParkingSlotRefNo, string Status)
{
    /// <summary>Why the booking cannot take a status; null when it can.</summary>
    /// <param name="id">The booking, for the sentence.</param>
    /// <param name="status">The status it is to take.</param>
    public string? Refusal(string id, string status)
    {
        var next = BookingStatus.Next(Status);
        return Status == status ? $"Booking '{id}' is already {status}."
            : next.Contains(status) ? null
            : next is [] ? $"Booking '{id}' is {Status} for good; it cannot become {status}."
            : $"Booking '{id}' is {Status}; it can become {string.Join(" or ", next)}, but not {status}.";
    }

    /// <summary>
    /// Whether the booking gives way when Parking says that the slot is not to be had. Who is reserved does not give way to another
    /// booking: there is one reservation of a slot, so the other one cannot be reserved, and Parking will hear of it.
    /// </summary>
    public bool GivesWay(bool toAnotherBooking) => Status switch
    {
        BookingStatus.Created => true,
        BookingStatus.Reserved => !toAnotherBooking,
        _ => false,
    };
}

/// <summary>How a booking follows from its events.</summary>
public sealed class BookingAggregate : Aggregate<BookingState>
{
    /// <inheritdoc/>
    protected override void Define(AggregateBuilder<BookingState> aggregate)
    {
        ArgumentNullException.ThrowIfNull(aggregate);
        aggregate
            .Begins<BookingCreated>(e => new BookingState(e.ParkingSlotRefNo, e.Status))
            .On<BookingReserved>((booking, e) => booking with { Status = e.Status })
            .On<BookingCompleted>((booking, e) => booking with { Status = e.Status })
            .On<BookingCancelled>((booking, e) => booking with { Status = e.Status });
    }
}
