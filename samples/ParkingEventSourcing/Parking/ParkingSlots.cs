using Dapper;
using Skald;

namespace ParkingEventSourcing.Parking;

/// <summary>The slots table.</summary>
internal static class ParkingSlots
{
    public const string Schema =
        "CREATE TABLE IF NOT EXISTS parking_slot (uuid TEXT PRIMARY KEY, name TEXT NOT NULL, status TEXT NOT NULL, owner TEXT)";

    public static readonly string[] Statuses = ["available", "blocked", "reserved"];

    private const string Select = "SELECT uuid AS Uuid, name AS Name, status AS Status FROM parking_slot";

    public static Task<ParkingSlot> CreateAsync(SkaldService service, string name, string status) => service.ExecuteAsync(async context =>
    {
        // The request's own id is as good a uuid as any, and stays the same should this run twice.
        var slot = new ParkingSlot(context.MessageId.ToString(), name, status);
        await context.Connection.ExecuteAsync("INSERT INTO parking_slot (uuid, name, status) VALUES (@Uuid, @Name, @Status)", slot, context.Transaction);
        return slot;
    });

    public static async Task<IReadOnlyList<ParkingSlot>> AllAsync(SkaldService service, CancellationToken cancellationToken)
    {
        await using var connection = await service.OpenAsync(cancellationToken);
        return [.. await connection.QueryAsync<ParkingSlot>($"{Select} ORDER BY uuid")];
    }

    public static async Task<ParkingSlot?> FindAsync(SkaldService service, Guid uuid, CancellationToken cancellationToken)
    {
        await using var connection = await service.OpenAsync(cancellationToken);
        return await connection.QuerySingleOrDefaultAsync<ParkingSlot>($"{Select} WHERE uuid = @uuid", new { uuid = uuid.ToString() });
    }

    /// <summary>Whose the slot is, and stays until the transaction ends; null when there is no such slot.</summary>
    public static async Task<SlotHolding?> LockAsync(string uuid, MessageContext context)
    {
        // Writing takes the row, on every database: what is decided about it next, another process cannot decide at the same time.
        await context.Connection.ExecuteAsync("UPDATE parking_slot SET owner = owner WHERE uuid = @uuid", new { uuid }, context.Transaction);
        return await context.Connection.QuerySingleOrDefaultAsync<SlotHolding>(
            "SELECT status AS Status, owner AS Owner FROM parking_slot WHERE uuid = @uuid", new { uuid }, context.Transaction);
    }

    public static Task GiveAsync(string uuid, SlotHolding slot, MessageContext context) => context.Connection.ExecuteAsync(
        "UPDATE parking_slot SET status = @Status, owner = @Owner WHERE uuid = @uuid", new { slot.Status, slot.Owner, uuid }, context.Transaction);
}
