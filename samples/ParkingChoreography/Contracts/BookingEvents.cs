using Skald;

namespace ParkingChoreography.Contracts;

/// <summary>A booking was made and waits for its payment.</summary>
/// <param name="ReferenceNo">The booking's <see cref="BookingReference"/>, the flow's id too.</param>
/// <param name="Id">The booking's number.</param>
/// <param name="ParkingSlotUuid">The slot it is for.</param>
[Event("CREATE_BOOKING_EVENT")]
public sealed record BookingCreated(string ReferenceNo, long Id, string ParkingSlotUuid) : IEvent;

/// <summary>Nobody has paid in time. Billing, who alone knows of payments, judges whether that is so.</summary>
[Event("PAYMENT_OVERDUE_EVENT")]
public sealed record PaymentOverdue(string ReferenceNo) : IEvent;
