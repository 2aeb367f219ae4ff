using ParkingEventSourcing.Contracts;

namespace ParkingEventSourcing.Parking;

/// <summary>What is known of a booking that wants a slot and was not cancelled.</summary>
/// <param name="Booking">The booking. Its uuid begins with its time, so bookings sort by age.</param>
/// <param name="Status">A <see cref="BookingStatus"/> other than cancelled.</param>
/// <param name="Refused">Whether the booking was told that it cannot have the slot.</param>
public sealed record Claim(string Booking, string Status, bool Refused)
{
    /// <summary>Booking has granted it: of all bookings of a slot, one at a time.</summary>
    public bool Granted => Status is BookingStatus.Reserved or BookingStatus.Completed;
}

/// <summary>A slot's status and the booking it belongs to.</summary>
/// <param name="Status"><c>available</c>, <c>blocked</c> or <c>reserved</c>.</param>
/// <param name="Owner">The booking; null for none.</param>
public sealed record SlotHolding(string Status, string? Owner)
{
    /// <summary>Kept from bookings altogether by whoever added it.</summary>
    public bool Closed => Owner is null && Status != "available";
}

/// <summary>Whose the slot is from now on, and who has to hear that it is not theirs.</summary>
/// <param name="Slot">The slot; null when there is none.</param>
/// <param name="Refused">Bookings that hear it for the first time.</param>
public sealed record SlotDecision(SlotHolding? Slot, IReadOnlyList<string> Refused);

/// <summary>
/// Whose a slot is follows from the slot and from what every booking said last, not from the order in which that became known here:
/// events that come again, late or reordered change nothing.
/// </summary>
public static class SlotRules
{
    /// <summary>Decides. Same arguments, same answer.</summary>
    /// <param name="slot">The slot as it is; null when there is none.</param>
    /// <param name="claims">Every booking that wants it, oldest first.</param>
    public static SlotDecision Decide(SlotHolding? slot, IReadOnlyList<Claim> claims)
    {
        ArgumentNullException.ThrowIfNull(claims);
        if (slot is null or { Closed: true })
        {
            return new SlotDecision(slot, [.. claims.Where(c => !c.Refused).Select(c => c.Booking)]);
        }

        var owner = Owner(slot, claims);
        var status = owner is null ? "available" : owner.Granted ? "reserved" : "blocked";
        // One that is granted beside another is not told: the other's cancellation is on its way here.
        return new SlotDecision(
            new SlotHolding(status, owner?.Booking),
            [.. claims.Where(c => c != owner && !c.Granted && !c.Refused).Select(c => c.Booking)]);
    }

    private static Claim? Owner(SlotHolding slot, IReadOnlyList<Claim> claims)
    {
        var current = claims.FirstOrDefault(c => c.Booking == slot.Owner);
        return current is { Granted: true } ? current
            : claims.FirstOrDefault(c => c.Granted)
            ?? current
            ?? claims.FirstOrDefault(c => !c.Refused);
    }
}
