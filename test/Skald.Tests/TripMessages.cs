namespace Skald.Tests;

/// <summary>A trip being booked: what the tests' sagas remember.</summary>
public sealed record Trip(string Id, int Seats = 2, bool Insured = false, string? Seat = null, string? Room = null, string? Approver = null, string? Note = null, double Weight = 0);

[Command("seats.reserve", To = "seats")]
public sealed record ReserveSeat(string Trip) : ICommand<SeatReserved>;

public sealed record SeatReserved(string Seat);

[Command("seats.release", To = "seats")]
public sealed record ReleaseSeat(string Trip) : ICommand<Done>;

[Command("rooms.book", To = "rooms")]
public sealed record BookRoom(string Trip) : ICommand<RoomBooked>;

public sealed record RoomBooked(string Room);

[Command("rooms.cancel", To = "rooms")]
public sealed record CancelRoom(string Trip) : ICommand<Done>;

[Command("cards.charge", To = "cards")]
public sealed record ChargeCard(string Trip) : ICommand<CardCharged>;

public sealed record CardCharged(string Receipt);

[Command("cards.refund", To = "cards")]
public sealed record RefundCard(string Trip) : ICommand<Done>;

[Command("tickets.print", To = "tickets")]
public sealed record PrintTicket(string Trip) : ICommand<Done>;

[Command("mail.send", To = "mail")]
public sealed record SendMail(string Trip) : ICommand<Done>;

[Event("TRIP_APPROVED")]
public sealed record TripApproved(string By) : IEvent;

public sealed record CardDeclined(string Type, string Message, string Bank) : Refusal(Type, Message);
