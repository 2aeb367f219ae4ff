using Dapper;

namespace ParkingOrchestration.Billing;

/// <summary>A bill as people see it: <c>paid</c>, <c>failed</c> or <c>refunded</c>.</summary>
[method: ExplicitConstructor]
public sealed record Bill(long Id, decimal Total, string Status, string ReferenceNo);

/// <summary>One movement of money: a payment, or a refund with a negative amount.</summary>
[method: ExplicitConstructor]
public sealed record BillEntry(long Id, string ReferenceNo, string Kind, decimal Amount);
