using Dapper;
using Skald;

namespace ParkingChoreography.Parking;

/// <summary>The slots table: <c>available</c> → <c>reserved</c>. Whose a reserved slot is, <see cref="SlotOwner"/> says.</summary>
internal static class ParkingSlots
{
    public const string Schema = "CREATE TABLE IF NOT EXISTS parking_slot (uuid TEXT PRIMARY KEY, name TEXT NOT NULL, status TEXT NOT NULL)";

    public static readonly string[] Statuses = ["available", "reserved"];

    private const string Select = "SELECT uuid AS Uuid, name AS Name, status AS Status FROM parking_slot";

    /// <summary>A slot's status; null when there is no such slot.</summary>
    public static string? StatusOf(string uuid, MessageContext context) => context.Connection.QuerySingleOrDefault<string?>(
        "SELECT status FROM parking_slot WHERE uuid = @uuid", new { uuid }, context.Transaction);

    /// <summary>Shows people that the slot has an owner.</summary>
    public static void MarkReserved(string uuid, MessageContext context) => context.Connection.Execute(
        "UPDATE parking_slot SET status = 'reserved' WHERE uuid = @uuid", new { uuid }, context.Transaction);

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
}
