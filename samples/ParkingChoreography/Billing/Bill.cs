using System.Text.Json.Serialization;

namespace ParkingChoreography.Billing;

/// <summary>A bill as people see it: <c>pending</c>, <c>paid</c>, <c>refunded</c> or <c>cancelled</c>.</summary>
/// <param name="Id">Its number.</param>
/// <param name="Total">What is to be paid.</param>
/// <param name="Status">Where it stands.</param>
/// <param name="ReferenceNo">The slot's uuid while this is the slot's only bill, else the booking's full reference.</param>
public sealed record Bill(long Id, decimal Total, string Status, string ReferenceNo);

/// <summary>Money that came in for a bill, or went back.</summary>
public sealed record BillEntry(long Id, decimal Amount, long BillingRequestId);

/// <summary>A bill with its money.</summary>
/// <param name="BillingRequest">The bill.</param>
/// <param name="Reconciliations">What was paid.</param>
/// <param name="Refunds">What went back; null for nothing.</param>
public sealed record BillDetails(
    Bill BillingRequest,
    IReadOnlyList<BillEntry> Reconciliations,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] IReadOnlyList<BillEntry>? Refunds);
