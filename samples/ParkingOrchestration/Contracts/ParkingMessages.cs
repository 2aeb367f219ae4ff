using Skald;

namespace ParkingOrchestration.Contracts;

/// <summary>Keeps a slot for a booking until it is reserved or let go.</summary>
[Command("parking.block", To = "parking", Reply = "PARKING_AVAILABLE", Refusal = "PARKING_UNAVAILABLE")]
public sealed record BlockSlot(string ParkingSlotUuid, string ParkingSlotRefNo) : ICommand<ParkingAvailable>;

/// <summary>The slot was free and is now blocked for the booking.</summary>
public sealed record ParkingAvailable(string ParkingSlotUuid);

/// <summary>Makes a booking's slot its own for good.</summary>
[Command("parking.reserve", To = "parking", Reply = "PARKING_RESERVED", Refusal = "PARKING_RESERVATION_FAILED")]
public sealed record ReserveSlot(string ParkingSlotUuid, string ParkingSlotRefNo) : ICommand<ParkingReserved>;

/// <summary>The slot is reserved for the booking.</summary>
public sealed record ParkingReserved(string ParkingSlotUuid);

/// <summary>Lets a booking's slot go, blocked or reserved. A slot that another booking holds stays as it is.</summary>
[Command("parking.unblock", To = "parking", Reply = "PARKING_UNBLOCKED", Refusal = "PARKING_BLOCKED")]
public sealed record UnblockSlot(string ParkingSlotUuid, string ParkingSlotRefNo) : ICommand<ParkingUnblocked>;

/// <summary>The booking holds the slot no longer.</summary>
public sealed record ParkingUnblocked(string ParkingSlotUuid);
