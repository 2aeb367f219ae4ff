namespace ParkingChoreography.Parking;

/// <summary>A slot as people see it: <c>available</c> or <c>reserved</c>.</summary>
public sealed record ParkingSlot(string Uuid, string Name, string Status);

/// <summary>Whose a slot is.</summary>
/// <param name="Uuid">The slot.</param>
/// <param name="Status">Its status.</param>
/// <param name="ReferenceNo">The booking's reference; null for none.</param>
internal sealed record OwnerView(string Uuid, string Status, string? ReferenceNo);
