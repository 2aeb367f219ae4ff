using Skald;

namespace ParkingEventSourcing.Contracts;

/// <summary>A booking cannot have the slot it asks for.</summary>
/// <param name="BookingUuid">The booking.</param>
/// <param name="ParkingSlotRefNo">The slot.</param>
/// <param name="HeldBy">The booking that has it; null when there is no such slot, or it was never to be had.</param>
/// <param name="Reason">For people.</param>
[Event("parking.unavailable", Topic = "PARKING_TX_EVENT")]
public sealed record SlotUnavailable(string BookingUuid, string ParkingSlotRefNo, string? HeldBy, string Reason) : IEvent;
