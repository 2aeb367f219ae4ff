using Skald;

namespace ParkingChoreography.Contracts;

/// <summary>The slot belongs to the booking.</summary>
[Event("RESERVED_BOOKING_EVENT")]
public sealed record BookingReserved(string ReferenceNo, string ParkingSlotUuid) : IEvent;

/// <summary>The paid slot is another's, or there is no such slot.</summary>
[Event("PARKING_UNAVAILABLE_EVENT")]
public sealed record ParkingUnavailable(string ReferenceNo, string Reason) : IEvent;
