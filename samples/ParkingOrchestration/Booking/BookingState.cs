namespace ParkingOrchestration.Booking;

/// <summary>What the booking saga knows.</summary>
/// <param name="ParkingSlotUuid">The slot that is wanted.</param>
/// <param name="Total">What it costs.</param>
public sealed record BookingState(string ParkingSlotUuid, decimal Total = 100.00m)
{
    /// <summary>The booking's number; 0 until it is created.</summary>
    public long Id { get; init; }

    /// <summary>The booking's reference: the slot's uuid, a colon, the saga's id. It owns the slot and names the bill.</summary>
    public string ParkingSlotRefNo { get; init; } = "";

    /// <summary>Whether the bill was paid; then the booking can fail, and no longer be rejected.</summary>
    public bool Paid { get; init; }
}
