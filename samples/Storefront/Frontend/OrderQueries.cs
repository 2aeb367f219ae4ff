using System.Data.Common;
using Dapper;
using Skald;

namespace Storefront.Frontend;

/// <summary>Reads orders together with their flows.</summary>
internal sealed class OrderQueries(SkaldService service)
{
    private const string Columns = """
        uuid AS Uuid, item AS Item, quantity AS Quantity, user_name AS User, status AS Status, reason AS Reason,
        price_cents AS PriceCents, total_cents AS TotalCents, placed AS Placed, changed AS Changed
        """;

    /// <summary>One order; null when there is none.</summary>
    public async Task<OrderView?> FindAsync(Guid uuid, CancellationToken cancellationToken)
    {
        await using var connection = await service.OpenAsync(cancellationToken);
        var row = await connection.QuerySingleOrDefaultAsync<OrderRow>($"SELECT {Columns} FROM orders WHERE uuid = @uuid", new { uuid = uuid.ToString() });
        return row is null ? null : await ViewAsync(row, cancellationToken);
    }

    /// <summary>The orders that changed last, the latest change first.</summary>
    public async Task<IReadOnlyList<OrderView>> NewestAsync(int limit, CancellationToken cancellationToken)
    {
        await using var connection = await service.OpenAsync(cancellationToken);
        return await ViewsAsync(await connection.QueryAsync<OrderRow>($"SELECT {Columns} FROM orders ORDER BY changed DESC LIMIT @limit", new { limit }), cancellationToken);
    }

    /// <summary>The orders that changed since, the earliest change first.</summary>
    public async Task<IReadOnlyList<OrderView>> ChangedSinceAsync(long changed, int limit, CancellationToken cancellationToken)
    {
        await using var connection = await service.OpenAsync(cancellationToken);
        return await ViewsAsync(
            await connection.QueryAsync<OrderRow>($"SELECT {Columns} FROM orders WHERE changed > @changed ORDER BY changed LIMIT @limit", new { changed, limit }),
            cancellationToken);
    }

    private async Task<IReadOnlyList<OrderView>> ViewsAsync(IEnumerable<OrderRow> rows, CancellationToken cancellationToken)
    {
        var views = new List<OrderView>();
        foreach (var row in rows)
        {
            views.Add(await ViewAsync(row, cancellationToken));
        }

        return views;
    }

    private async Task<OrderView> ViewAsync(OrderRow row, CancellationToken cancellationToken)
    {
        var flow = await service.FindFlowAsync(row.Uuid, cancellationToken);
        return new OrderView(
            row.Uuid, row.Item, row.Quantity, row.User, ((OrderStatus)row.Status).Word(), row.Reason, Amount(row.PriceCents), Amount(row.TotalCents), row.Placed,
            flow is null ? null : new FlowView(flow.Status.Word(), flow.Reason, [.. flow.Waits.SelectMany(w => w.Expected).Select(e => $"{e.Event} of {e.By}")]),
            [.. flow?.Events.Select(e => new HistoryEntry(e.Event, e.By[(e.By.LastIndexOf('.') + 1)..], e.At)) ?? []])
        {
            Changed = row.Changed,
        };
    }

    private static decimal? Amount(long? cents) => cents is { } known ? Cents.ToAmount(known) : null;

    internal sealed record OrderRow
    {
        public string Uuid { get; init; } = "";
        public string Item { get; init; } = "";
        public long Quantity { get; init; }
        public string User { get; init; } = "";
        public long Status { get; init; }
        public string? Reason { get; init; }
        public long? PriceCents { get; init; }
        public long? TotalCents { get; init; }
        public string Placed { get; init; } = "";
        public long Changed { get; init; }
    }
}
