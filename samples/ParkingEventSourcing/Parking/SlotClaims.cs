using Dapper;
using ParkingEventSourcing.Contracts;
using Skald;

namespace ParkingEventSourcing.Parking;

/// <summary>What each booking said last, and what follows for its slot.</summary>
internal static class SlotClaims
{
    public const string Schema =
        "CREATE TABLE IF NOT EXISTS booking_claim (booking TEXT PRIMARY KEY, slot TEXT NOT NULL, status TEXT NOT NULL, refused BIGINT NOT NULL DEFAULT 0)";

    public const string Index = "CREATE INDEX IF NOT EXISTS booking_claim_by_slot ON booking_claim (slot)";

    /// <summary>A booking wants a slot.</summary>
    public static Task AddAsync(string booking, string slot, MessageContext context) => context.Connection.ExecuteAsync(
        "INSERT INTO booking_claim (booking, slot, status) VALUES (@booking, @slot, 'created')", new { booking, slot }, context.Transaction);

    /// <summary>A booking stands elsewhere; gives the slot it wants.</summary>
    public static Task<string> ChangeAsync(string booking, string status, MessageContext context) => context.Connection.QuerySingleAsync<string>(
        "UPDATE booking_claim SET status = @status WHERE booking = @booking RETURNING slot", new { booking, status }, context.Transaction);

    /// <summary>Gives a slot to whom it belongs now, and tells those who cannot have it.</summary>
    public static async ValueTask SettleAsync(string uuid, MessageContext context)
    {
        var slot = await ParkingSlots.LockAsync(uuid, context);
        var (next, refused) = SlotRules.Decide(slot, await OfAsync(uuid, context));
        if (next is not null && next != slot)
        {
            await ParkingSlots.GiveAsync(uuid, next, context);
        }

        foreach (var booking in refused)
        {
            await context.Connection.ExecuteAsync("UPDATE booking_claim SET refused = 1 WHERE booking = @booking", new { booking }, context.Transaction);
            context.Publish(new SlotUnavailable(booking, uuid, next?.Owner, Reason(uuid, next)), flow: booking);
        }
    }

    private static async Task<IReadOnlyList<Claim>> OfAsync(string slot, MessageContext context) =>
        [.. (await context.Connection.QueryAsync<ClaimRow>(
            "SELECT booking AS Booking, status AS Status, refused AS Refused FROM booking_claim WHERE slot = @slot AND status <> 'cancelled' ORDER BY booking", new { slot }, context.Transaction))
            .Select(c => new Claim(c.Booking, c.Status, c.Refused != 0))];

    private static string Reason(string uuid, SlotHolding? slot) => slot switch
    {
        null => $"there is no parking slot '{uuid}'",
        { Owner: { } owner } => $"parking slot '{uuid}' is {slot.Status} for booking '{owner}'",
        _ => $"parking slot '{uuid}' is {slot.Status}, and not for a booking",
    };

    internal sealed record ClaimRow(string Booking, string Status, long Refused);
}
