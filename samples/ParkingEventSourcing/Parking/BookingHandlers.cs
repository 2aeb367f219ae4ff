using ParkingEventSourcing.Contracts;
using Skald;

namespace ParkingEventSourcing.Parking;

/// <summary>Follows the bookings. The events of one booking come in their order, each once; those of two bookings in any.</summary>
public sealed class BookingHandlers
{
    /// <summary>The slot is blocked for the booking, if it is to be had.</summary>
    public async ValueTask Handle(BookingCreated booking, MessageContext context)
    {
        ArgumentNullException.ThrowIfNull(booking);
        ArgumentNullException.ThrowIfNull(context);
        await SlotClaims.AddAsync(Id(context), booking.ParkingSlotRefNo, context);
        await SlotClaims.SettleAsync(booking.ParkingSlotRefNo, context);
    }

    /// <summary>The slot is reserved.</summary>
    public ValueTask Handle(BookingReserved booking, MessageContext context) => FollowAsync(booking, context);

    /// <summary>The slot stays reserved.</summary>
    public ValueTask Handle(BookingCompleted booking, MessageContext context) => FollowAsync(booking, context);

    /// <summary>The slot becomes available, if it was the booking's.</summary>
    public ValueTask Handle(BookingCancelled booking, MessageContext context) => FollowAsync(booking, context);

    private static async ValueTask FollowAsync(IBookingEvent booking, MessageContext context)
    {
        var slot = await SlotClaims.ChangeAsync(Id(context), booking.Status, context);
        await SlotClaims.SettleAsync(slot, context);
    }

    // A booking's events travel in a flow of its uuid.
    private static string Id(MessageContext context) => context.Flow ?? throw new InvalidOperationException("An event of a booking came outside of any flow.");
}
