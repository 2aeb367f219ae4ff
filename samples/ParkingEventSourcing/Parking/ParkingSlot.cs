namespace ParkingEventSourcing.Parking;

/// <summary>A slot as people see it: <c>available</c>, <c>blocked</c> or <c>reserved</c>.</summary>
public sealed record ParkingSlot(string Uuid, string Name, string Status);
