using System.ComponentModel.DataAnnotations;

namespace ParkingOrchestration.Booking;

/// <summary>Asks for a booking.</summary>
/// <param name="ParkingSlotUuid">The slot.</param>
public sealed record BookingRequest([property: Uuid] string? ParkingSlotUuid);

/// <summary>A uuid, in any of the usual forms.</summary>
[AttributeUsage(AttributeTargets.Property)]
internal sealed class UuidAttribute : ValidationAttribute
{
    /// <inheritdoc/>
    protected override ValidationResult? IsValid(object? value, ValidationContext validationContext) => Guid.TryParse(value as string, out _)
        ? ValidationResult.Success
        : new ValidationResult($"'{value}' is not a uuid.");
}
