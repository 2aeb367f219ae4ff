namespace ParkingChoreography.Contracts;

/// <summary>
/// What all three services call a booking by: <c>&lt;slot uuid&gt;:&lt;booking uuid&gt;</c>. Several bookings may compete for a slot; each has its own.
/// </summary>
/// <param name="Slot">The slot's uuid.</param>
/// <param name="Booking">The booking's own.</param>
public readonly record struct BookingReference(Guid Slot, Guid Booking)
{
    /// <summary>Reads a reference; false when it is not one.</summary>
    public static bool TryParse(string? text, out BookingReference reference)
    {
        reference = default;
        if (text?.Split(':') is not [var slot, var booking] || !Guid.TryParseExact(slot, "D", out var slotId) || !Guid.TryParseExact(booking, "D", out var bookingId))
        {
            return false;
        }

        reference = new BookingReference(slotId, bookingId);
        return true;
    }

    /// <summary>Writes what people type, a slot's uuid or a full reference, as it is stored; null when it is neither.</summary>
    public static string? Normalize(string? text) =>
        Guid.TryParse(text, out var slot) ? slot.ToString() : TryParse(text, out var reference) ? reference.ToString() : null;

    /// <inheritdoc/>
    public override string ToString() => $"{Slot}:{Booking}";
}
