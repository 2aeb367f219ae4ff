using ParkingChoreography.Contracts;
using Skald;

namespace ParkingChoreography.Billing;

/// <summary>Opens bills, and closes those that come to nothing.</summary>
public sealed class BillingHandlers
{
    /// <summary>A bill for a new booking; none for one that was given up before its first event came here.</summary>
    public async ValueTask Handle(BookingCreated created, MessageContext context)
    {
        ArgumentNullException.ThrowIfNull(created);
        ArgumentNullException.ThrowIfNull(context);
        if (await context.Tombstones.FindAsync(created.ReferenceNo) is null)
        {
            Bills.Open(created.ReferenceNo, created.ParkingSlotUuid, context);
        }
    }

    /// <summary>Billing alone judges between a payment and the end of patience: a bill that is paid stays paid.</summary>
    public async ValueTask Handle(PaymentOverdue overdue, MessageContext context)
    {
        ArgumentNullException.ThrowIfNull(overdue);
        ArgumentNullException.ThrowIfNull(context);
        var reference = overdue.ReferenceNo;
        // Another process may be opening this very bill: after this, it has, or it sees the tombstone.
        var isGivenUp = await context.Tombstones.FindAsync(reference) is not null;
        if (Bills.Close(reference, from: "pending", to: "cancelled", context) is { } returned)
        {
            context.Publish(new BillCancelled(reference, returned));
        }
        else if (!isGivenUp && !Bills.Exists(reference, context))
        {
            await context.Tombstones.BuryAsync(reference, "nobody paid in time");
            context.Publish(new BillCancelled(reference, 0));
        }
    }

    /// <summary>The money of a paid bill goes back, once.</summary>
    public void Handle(ParkingUnavailable unavailable, MessageContext context)
    {
        ArgumentNullException.ThrowIfNull(unavailable);
        ArgumentNullException.ThrowIfNull(context);
        if (Bills.Close(unavailable.ReferenceNo, from: "paid", to: "refunded", context) is { } returned)
        {
            context.Publish(new BillRefunded(unavailable.ReferenceNo, returned));
        }
    }
}
