using ParkingChoreography.Contracts;
using Skald;

namespace ParkingChoreography.Parking;

/// <summary>Gives a slot to the first booking that is paid.</summary>
public sealed class ParkingHandlers
{
    /// <summary>Reserves the slot, or says that it is unavailable. A booking hears one answer, once, and it stays true.</summary>
    public async ValueTask Handle(BillPaid paid, MessageContext context)
    {
        ArgumentNullException.ThrowIfNull(paid);
        ArgumentNullException.ThrowIfNull(context);
        var reference = paid.ReferenceNo;
        var slot = BookingReference.TryParse(reference, out var parsed) ? parsed.Slot.ToString() : reference;
        if (await SlotOwner.OfAsync(slot, context) == reference || await context.Tombstones.FindAsync(reference) is not null)
        {
            return;
        }

        var status = ParkingSlots.StatusOf(slot, context);
        if (status == "available" && await SlotOwner.TakeAsync(slot, reference, context))
        {
            ParkingSlots.MarkReserved(slot, context);
            context.Publish(new BookingReserved(reference, slot));
            return;
        }

        // Its money goes back, so the booking must not get this slot any more, whatever comes late or again.
        await context.Tombstones.BuryAsync(reference, "the slot was unavailable");
        context.Publish(new ParkingUnavailable(reference, status is null ? "there is no such slot" : "the slot is reserved for another booking"));
    }
}
