using Skald;

namespace ParkingOrchestration.Contracts;

/// <summary>Bills a booking and takes the money.</summary>
[Command("billing.pay", To = "billing", Reply = "BILL_PAID", Refusal = "BILL_FAILED")]
public sealed record PayBill(string ReferenceNo, decimal Total) : ICommand<BillPaid>;

/// <summary>The bill is paid.</summary>
public sealed record BillPaid(string ReferenceNo, decimal Total);

/// <summary>Returns a booking's money, if any was taken.</summary>
[Command("billing.refund", To = "billing", Reply = "BILL_REFUNDED", Refusal = "BILL_REFUND_FAILED")]
public sealed record RefundBill(string ReferenceNo) : ICommand<BillRefunded>;

/// <summary>No money of the booking is left with us.</summary>
public sealed record BillRefunded(string ReferenceNo);
