using Dapper;
using Skald;

namespace Travel.Flights;

/// <summary>Seats are reserved and released; a ticket is issued for a seat.</summary>
public sealed class FlightHandlers
{
    public async Task<Reply<Done>> Handle(ReserveSeat command, MessageContext context)
    {
        var taken = await context.Connection.ExecuteAsync(
            "UPDATE flights SET free = free - 1 WHERE flight = @Flight AND free > 0", command, context.Transaction);
        if (taken == 0)
        {
            return new Refusal("FlightFull", $"There is no seat left on {command.Flight}.");
        }

        await context.Connection.ExecuteAsync("INSERT INTO seats (trip, flight) VALUES (@Trip, @Flight)", command, context.Transaction);
        return Done.Instance;
    }

    public async Task<Reply<Done>> Handle(ReleaseSeat command, MessageContext context)
    {
        await context.Connection.ExecuteAsync(
            "UPDATE flights SET free = free + 1 WHERE flight = (SELECT flight FROM seats WHERE trip = @Trip)", command, context.Transaction);
        await context.Connection.ExecuteAsync("DELETE FROM seats WHERE trip = @Trip", command, context.Transaction);
        return Done.Instance;
    }

    public async Task<Reply<TicketIssued>> Handle(IssueTicket command, MessageContext context)
    {
        var flight = await context.Connection.ExecuteScalarAsync<string>("SELECT flight FROM seats WHERE trip = @Trip", command, context.Transaction);
        var ticket = $"{flight}-{command.Trip}";
        await context.Connection.ExecuteAsync(
            "INSERT INTO tickets (trip, ticket, traveller) VALUES (@Trip, @ticket, @Traveller)",
            new { command.Trip, ticket, command.Traveller },
            context.Transaction);
        return new TicketIssued(ticket);
    }
}
