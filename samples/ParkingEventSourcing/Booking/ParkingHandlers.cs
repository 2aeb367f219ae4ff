using ParkingEventSourcing.Contracts;
using Skald;

namespace ParkingEventSourcing.Booking;

/// <summary>Hears from Parking.</summary>
public sealed class ParkingHandlers
{
    /// <summary>The booking is cancelled, unless it need not give way.</summary>
    public async ValueTask Handle(SlotUnavailable unavailable, MessageContext context)
    {
        ArgumentNullException.ThrowIfNull(unavailable);
        ArgumentNullException.ThrowIfNull(context);
        context.Actor = "parking";
        await Bookings.GiveWayAsync(unavailable.BookingUuid, toAnotherBooking: unavailable.HeldBy is not null, context);
    }
}
