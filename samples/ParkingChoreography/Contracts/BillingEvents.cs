using Skald;

namespace ParkingChoreography.Contracts;

/// <summary>A bill is paid in full.</summary>
[Event("BILL_PAID_EVENT")]
public sealed record BillPaid(string ReferenceNo, decimal Total) : IEvent;

/// <summary>The money of a paid bill was returned.</summary>
[Event("BILL_REFUNDED_EVENT")]
public sealed record BillRefunded(string ReferenceNo, decimal Amount) : IEvent;

/// <summary>A bill was not paid in time and can no longer be. Instalments were returned.</summary>
/// <param name="ReferenceNo">The booking's reference.</param>
/// <param name="Returned">The sum of the instalments; 0 for none.</param>
[Event("BILL_CANCELLED_EVENT")]
public sealed record BillCancelled(string ReferenceNo, decimal Returned) : IEvent;
