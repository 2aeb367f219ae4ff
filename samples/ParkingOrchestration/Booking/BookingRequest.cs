using System.ComponentModel.DataAnnotations;

namespace ParkingOrchestration.Booking;

/// <summary>Asks for a booking.</summary>
/// <param name="ParkingSlotUuid">The slot.</param>
public sealed record BookingRequest(string? ParkingSlotUuid) : IValidatableObject
{
    /// <summary>It is a uuid, in any of the usual forms; the field is named as callers know it.</summary>
    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (!Guid.TryParse(ParkingSlotUuid, out _))
        {
            yield return new ValidationResult($"'{ParkingSlotUuid}' is not a uuid.", ["parkingSlotUuid"]);
        }
    }
}
