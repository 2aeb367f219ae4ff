using ParkingChoreography.Contracts;
using Skald;

namespace ParkingChoreography.Booking;

/// <summary>Hears how a booking ended. The first end is the last: whatever comes later, or again, changes nothing.</summary>
public sealed class BookingHandlers
{
    /// <summary>The slot is reserved: <c>done</c>.</summary>
    public void Handle(BookingReserved reserved, MessageContext context)
    {
        ArgumentNullException.ThrowIfNull(reserved);
        Bookings.Close(reserved.ReferenceNo, "done", context);
    }

    /// <summary>The slot is another's: <c>failed</c>. Billing hears it too, and returns the money.</summary>
    public void Handle(ParkingUnavailable unavailable, MessageContext context)
    {
        ArgumentNullException.ThrowIfNull(unavailable);
        Bookings.Close(unavailable.ReferenceNo, "failed", context);
    }

    /// <summary>Nobody paid: <c>failed</c>.</summary>
    public void Handle(BillCancelled cancelled, MessageContext context)
    {
        ArgumentNullException.ThrowIfNull(cancelled);
        Bookings.Close(cancelled.ReferenceNo, "failed", context);
    }
}
