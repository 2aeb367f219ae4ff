using Skald;

namespace ParkingEventSourcing.Booking;

/// <summary>
/// Of the bookings of a slot, one at most is ever reserved or completed: the one that has claimed it here. The first booking of a slot
/// claims it; when that is cancelled, the next to be reserved does. Kept beside the events and committed with them, so it holds
/// while Parking cannot be asked.
/// </summary>
internal static class SlotClaim
{
    /// <summary>Makes the slot the booking's; false when it is another's.</summary>
    public static ValueTask<bool> TryTakeAsync(string slot, string booking, StepContext context) =>
        context.Locks.TryTakeAsync(Key(slot), Owner(booking));

    /// <summary>The booking that has claimed the slot; null for none.</summary>
    public static async ValueTask<string?> OfAsync(string slot, StepContext context) =>
        (await context.Locks.OwnerAsync(Key(slot)))?[Owner("").Length..];

    /// <summary>Gives the slot up, if it is the booking's.</summary>
    public static ValueTask<bool> ReleaseAsync(string slot, string booking, StepContext context) =>
        context.Locks.ReleaseAsync(Key(slot), Owner(booking));

    private static string Key(string slot) => $"slot:{slot}";

    // Not the booking's id alone: that is the flow's, and what a flow holds is freed with its last event.
    private static string Owner(string booking) => $"claim of {booking}";
}
