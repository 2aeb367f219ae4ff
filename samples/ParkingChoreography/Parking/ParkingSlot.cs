namespace ParkingChoreography.Parking;

/// <summary>A slot as people see it: <c>available</c> or <c>reserved</c>.</summary>
public sealed record ParkingSlot(string Uuid, string Name, string Status);
