using System.Text.Json;
using Microsoft.EntityFrameworkCore;

namespace FoodOrders.Restaurants;

/// <summary>A ticket as people see it.</summary>
public sealed record TicketView(long Id, string Status, long OrderId, long CustomerId, JsonElement Items);

/// <summary>Reads them.</summary>
internal static class TicketList
{
    public static async Task<IReadOnlyList<TicketView>> ReadAsync(IDbContextFactory<KitchenContext> kitchens, CancellationToken cancellationToken)
    {
        await using var kitchen = await kitchens.CreateDbContextAsync(cancellationToken);
        var tickets = await kitchen.Tickets.AsNoTracking().OrderByDescending(t => t.Id).ToListAsync(cancellationToken);
        return [.. tickets.Select(t => new TicketView(t.Id, t.Status, t.OrderId, t.CustomerId, JsonSerializer.Deserialize<JsonElement>(t.Items)))];
    }
}
