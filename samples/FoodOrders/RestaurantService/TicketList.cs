using System.Text.Json;
using Dapper;
using Skald;

namespace FoodOrders.Restaurants;

/// <summary>A ticket as people see it.</summary>
public sealed record TicketView(long Id, string Status, long OrderId, long CustomerId, JsonElement Items);

/// <summary>Reads them.</summary>
internal static class TicketList
{
    public static async Task<IReadOnlyList<TicketView>> ReadAsync(SkaldService service, CancellationToken cancellationToken)
    {
        await using var connection = await service.OpenAsync(cancellationToken);
        var rows = await connection.QueryAsync<TicketRow>(
            "SELECT id AS Id, status AS Status, order_id AS OrderId, customer_id AS CustomerId, items AS Items FROM tickets ORDER BY id DESC");
        return [.. rows.Select(r => new TicketView(r.Id, r.Status, r.OrderId, r.CustomerId, JsonSerializer.Deserialize<JsonElement>(r.Items)))];
    }

    private sealed record TicketRow
    {
        public long Id { get; init; }
        public string Status { get; init; } = "";
        public long OrderId { get; init; }
        public long CustomerId { get; init; }
        public string Items { get; init; } = "[]";
    }
}
