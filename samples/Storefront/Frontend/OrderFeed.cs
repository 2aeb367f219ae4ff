using System.Text.Json;
using Skald;

namespace Storefront.Frontend;

/// <summary>
/// The orders as they change. It reads the database, because any process of the frontend may be the one that handles an order's next event.
/// </summary>
internal sealed class OrderFeed(OrderQueries queries) : ILiveSource
{
    public async Task<IReadOnlyList<LiveItem>> NewestAsync(int limit, CancellationToken cancellationToken) =>
        [.. (await queries.NewestAsync(limit, cancellationToken)).Reverse().Select(Item)];

    public async Task<IReadOnlyList<LiveItem>> ChangedSinceAsync(long number, int limit, CancellationToken cancellationToken) =>
        [.. (await queries.ChangedSinceAsync(number, limit, cancellationToken)).Select(Item)];

    private static LiveItem Item(OrderView order) => new(order.Changed, order.Uuid, JsonSerializer.Serialize(order, FrontendJson.Default.OrderView));
}
