using Dapper;
using ParkingOrchestration.Contracts;
using Skald;

namespace ParkingOrchestration.Parking;

/// <summary>Blocks, reserves and frees slots on behalf of bookings.</summary>
/// <remarks>A slot has an owner, the booking's reference. Only the owner's commands count, and repeating one gives the same answer.</remarks>
public sealed class ParkingHandlers
{
    /// <summary>An available slot becomes the booking's.</summary>
    public Reply<ParkingAvailable> Handle(BlockSlot command, MessageContext context)
    {
        ArgumentNullException.ThrowIfNull(command);
        ArgumentNullException.ThrowIfNull(context);
        var blocked = context.Connection.Execute(
            "UPDATE parking_slot SET status = 'blocked', owner = @ParkingSlotRefNo WHERE uuid = @ParkingSlotUuid AND status = 'available'",
            command, context.Transaction) == 1;
        return blocked || OwnerOf(command.ParkingSlotUuid, context) == command.ParkingSlotRefNo
            ? new ParkingAvailable(command.ParkingSlotUuid)
            : Unavailable(command.ParkingSlotUuid, context);
    }

    /// <summary>The booking's blocked slot becomes reserved.</summary>
    public Reply<ParkingReserved> Handle(ReserveSlot command, MessageContext context)
    {
        ArgumentNullException.ThrowIfNull(command);
        ArgumentNullException.ThrowIfNull(context);
        if (FailNext.Take(context))
        {
            return new Refusal("ParkingReservationFailed", $"Parking slot '{command.ParkingSlotUuid}' could not be reserved: fail_next asked for it.");
        }

        var reserved = context.Connection.Execute(
            "UPDATE parking_slot SET status = 'reserved' WHERE uuid = @ParkingSlotUuid AND owner = @ParkingSlotRefNo",
            command, context.Transaction) == 1;
        return reserved
            ? new ParkingReserved(command.ParkingSlotUuid)
            : new Refusal("ParkingReservationFailed", $"Parking slot '{command.ParkingSlotUuid}' is not blocked for booking '{command.ParkingSlotRefNo}'.");
    }

    /// <summary>The booking's slot becomes available; another's stays as it is.</summary>
    public Reply<ParkingUnblocked> Handle(UnblockSlot command, MessageContext context)
    {
        ArgumentNullException.ThrowIfNull(command);
        ArgumentNullException.ThrowIfNull(context);
        context.Connection.Execute(
            "UPDATE parking_slot SET status = 'available', owner = NULL WHERE uuid = @ParkingSlotUuid AND owner = @ParkingSlotRefNo",
            command, context.Transaction);
        return new ParkingUnblocked(command.ParkingSlotUuid);
    }

    private static string? OwnerOf(string uuid, MessageContext context) => context.Connection.QuerySingleOrDefault<string?>(
        "SELECT owner FROM parking_slot WHERE uuid = @uuid", new { uuid }, context.Transaction);

    private static Refusal Unavailable(string uuid, MessageContext context)
    {
        var status = context.Connection.QuerySingleOrDefault<string?>(
            "SELECT status FROM parking_slot WHERE uuid = @uuid", new { uuid }, context.Transaction);
        return status is null
            ? new Refusal("ParkingSlotUnknown", $"No parking slot has uuid '{uuid}'. List them with parking_slot_list.")
            : new Refusal("ParkingUnavailable", $"Parking slot '{uuid}' is {status} for another booking.");
    }
}
