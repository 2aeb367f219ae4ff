using Dapper;
using Skald;

namespace ParkingOrchestration.Parking;

/// <summary>A switch for trying failures out: how many of the next reservations are to be refused.</summary>
internal static class FailNext
{
    public const string Schema = "CREATE TABLE IF NOT EXISTS fail_next (what TEXT PRIMARY KEY, remaining INTEGER NOT NULL)";

    public static async Task<FailNextView> SetAsync(SkaldService service, int count) => await service.ExecuteAsync(async context =>
    {
        await context.Connection.ExecuteAsync(
            "INSERT INTO fail_next (what, remaining) VALUES ('reservations', @count) ON CONFLICT (what) DO UPDATE SET remaining = @count",
            new { count }, context.Transaction);
        return new FailNextView(count);
    });

    /// <summary>Uses one up, in the handler's transaction; false when none is left.</summary>
    public static bool Take(MessageContext context) => context.Connection.Execute(
        "UPDATE fail_next SET remaining = remaining - 1 WHERE what = 'reservations' AND remaining > 0", transaction: context.Transaction) == 1;
}

/// <summary>How many reservations will be refused.</summary>
internal sealed record FailNextView(int ReservationsToRefuse);
