using Skald;

namespace Travel.Flights;

[Command("flights.reserve-seat", To = Services.Flights)]
public sealed record ReserveSeat(string Trip, string Flight) : ICommand<Done>;

[Command("flights.release-seat", To = Services.Flights)]
public sealed record ReleaseSeat(string Trip) : ICommand<Done>;

[Command("flights.issue-ticket", To = Services.Flights)]
public sealed record IssueTicket(string Trip, string Traveller) : ICommand<TicketIssued>;

public sealed record TicketIssued(string Ticket);
