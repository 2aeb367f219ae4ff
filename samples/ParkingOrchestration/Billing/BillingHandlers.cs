using ParkingOrchestration.Contracts;
using Skald;

namespace ParkingOrchestration.Billing;

/// <summary>Takes money for bookings and returns it.</summary>
public sealed class BillingHandlers
{
    /// <summary>Bills the booking once; a second bill for the reference gets the first one's answer.</summary>
    public Reply<BillPaid> Handle(PayBill command, MessageContext context)
    {
        ArgumentNullException.ThrowIfNull(command);
        ArgumentNullException.ThrowIfNull(context);
        var status = Bills.StatusOf(command.ReferenceNo, context)
            ?? Bills.Add(command.ReferenceNo, command.Total, FailNext.Take(context) ? "failed" : "paid", context);
        return status == "paid"
            ? new BillPaid(command.ReferenceNo, command.Total)
            : new Refusal("BillFailed", $"The bill of '{command.ReferenceNo}' is {status}.");
    }

    /// <summary>Returns the money of a paid bill; where none was taken, there is nothing to do.</summary>
    public Reply<BillRefunded> Handle(RefundBill command, MessageContext context)
    {
        ArgumentNullException.ThrowIfNull(command);
        ArgumentNullException.ThrowIfNull(context);
        Bills.Refund(command.ReferenceNo, context);
        return new BillRefunded(command.ReferenceNo);
    }
}
