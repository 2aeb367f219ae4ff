using Dapper;
using Skald;

namespace ParkingOrchestration.Parking;

/// <summary>The slots table, as Parking's command line uses it.</summary>
internal static class ParkingSlots
{
    public const string Schema =
        "CREATE TABLE IF NOT EXISTS parking_slot (uuid TEXT PRIMARY KEY, name TEXT NOT NULL, status TEXT NOT NULL, owner TEXT)";

    public static readonly string[] Statuses = ["available", "blocked", "reserved"];

    private const string Select = "SELECT uuid AS Uuid, name AS Name, status AS Status FROM parking_slot";

    public static async Task<ParkingSlot> CreateAsync(SkaldService service, string name, string status) => await service.ExecuteAsync(async context =>
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

    public static async Task<ParkingSlot?> FindAsync(SkaldService service, string uuid, CancellationToken cancellationToken)
    {
        await using var connection = await service.OpenAsync(cancellationToken);
        return await connection.QuerySingleOrDefaultAsync<ParkingSlot>($"{Select} WHERE uuid = @uuid", new { uuid });
    }
}
