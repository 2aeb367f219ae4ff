using Dapper;
using Skald;

namespace Travel.Trips;

/// <summary>The letters to travellers.</summary>
public sealed class Confirmations
{
    public const string Table = "CREATE TABLE IF NOT EXISTS confirmations (trip TEXT PRIMARY KEY, letter TEXT NOT NULL)";

    public async ValueTask<StepResult<Trip>> WriteAsync(Trip trip, StepContext context)
    {
        await context.Connection.ExecuteAsync(
            "INSERT INTO confirmations (trip, letter) VALUES (@Number, @letter)",
            new { trip.Number, letter = $"Dear {trip.Traveller}, your ticket is {trip.Ticket}." },
            context.Transaction);
        return trip;
    }
}
