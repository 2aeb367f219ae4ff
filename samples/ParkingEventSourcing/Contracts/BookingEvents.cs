using Skald;

namespace ParkingEventSourcing.Contracts;

/// <summary>What happened to a booking: only what changed. Booking stores these events, and others hear them in the same order.</summary>
public interface IBookingEvent : IEvent
{
    /// <summary>The topic of all of them: a subscriber handles those of one booking in their order.</summary>
    const string Topic = "BOOKING_TX_EVENT";

    /// <summary>A <see cref="BookingStatus"/>: where the booking stands since.</summary>
    string Status { get; }
}

/// <summary>Someone wants a slot.</summary>
/// <param name="ParkingSlotRefNo">The slot.</param>
/// <param name="Status">Where the booking stands since.</param>
[Event("BookingCreated", Topic = IBookingEvent.Topic)]
public sealed record BookingCreated(string ParkingSlotRefNo, string Status = BookingStatus.Created) : IBookingEvent;

/// <summary>The booking is granted.</summary>
/// <param name="Status">Where the booking stands since.</param>
[Event("BookingReserved", Topic = IBookingEvent.Topic)]
public sealed record BookingReserved(string Status = BookingStatus.Reserved) : IBookingEvent;

/// <summary>It is over and done; the slot stays its own.</summary>
/// <param name="Status">Where the booking stands since.</param>
[Event("BookingCompleted", Topic = IBookingEvent.Topic)]
public sealed record BookingCompleted(string Status = BookingStatus.Completed) : IBookingEvent;

/// <summary>Nothing comes of it.</summary>
/// <param name="Status">Where the booking stands since.</param>
[Event("BookingCancelled", Topic = IBookingEvent.Topic)]
public sealed record BookingCancelled(string Status = BookingStatus.Cancelled) : IBookingEvent;
