namespace ParkingChoreography.Booking;

/// <summary>A booking as people see it: <c>pending</c>, <c>done</c> or <c>failed</c>.</summary>
public sealed record BookingView(long Id, string Status, string ParkingSlotUuid);
