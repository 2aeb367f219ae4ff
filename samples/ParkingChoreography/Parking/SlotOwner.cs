using Skald;

namespace ParkingChoreography.Parking;

/// <summary>
/// Whose a slot is: a lock that the booking keeps beyond its flow, so it is held in the reservation's name and not in the flow's.
/// Of two processes that serve a booking each, one gets it, whatever both have read before.
/// </summary>
internal static class SlotOwner
{
    private const string Reservation = "reservation ";

    /// <summary>Makes the slot the booking's; false when it is another's.</summary>
    public static ValueTask<bool> TakeAsync(string slot, string reference, MessageContext context) =>
        context.Locks.TryTakeAsync(Key(slot), Reservation + reference);

    /// <summary>The reference of the booking that has the slot; null for none.</summary>
    public static async ValueTask<string?> OfAsync(string slot, MessageContext context) =>
        (await context.Locks.OwnerAsync(Key(slot)))?[Reservation.Length..];

    private static string Key(string slot) => $"slot:{slot}";
}
