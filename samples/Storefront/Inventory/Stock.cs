using System.Globalization;
using Dapper;
using Skald;

namespace Storefront.Inventory;

/// <summary>The stock and what is set aside. Nothing is deleted but by <see cref="ResetAsync"/>.</summary>
internal static class Stock
{
    public const string ItemsSchema =
        "CREATE TABLE IF NOT EXISTS inventory (item TEXT PRIMARY KEY, quantity BIGINT NOT NULL CHECK (quantity >= 0), price_cents BIGINT NOT NULL)";

    public const string ReservationsSchema = """
        CREATE TABLE IF NOT EXISTS reservations (
            uuid TEXT PRIMARY KEY, item TEXT NOT NULL, quantity BIGINT NOT NULL, user_name TEXT NOT NULL,
            price_cents BIGINT NOT NULL, status TEXT NOT NULL, created TEXT NOT NULL)
        """;

    private static readonly (string Item, long Quantity, long PriceCents)[] Items = [("widget", 10000, 1000), ("wotsit", 20000, 1500)];

    public static async Task<bool> IsReservedAsync(Guid uuid, StepContext context) => await context.Connection.ExecuteScalarAsync<long>(
        "SELECT count(*) FROM reservations WHERE uuid = @uuid", new { uuid = uuid.ToString() }, context.Transaction) > 0;

    public static async Task<bool> ExistsAsync(string item, StepContext context) => await context.Connection.ExecuteScalarAsync<long>(
        "SELECT count(*) FROM inventory WHERE item = @item", new { item }, context.Transaction) > 0;

    /// <summary>Takes from the stock and tells the price; null when there is not so much.</summary>
    public static Task<long?> TakeAsync(string item, long quantity, StepContext context) => context.Connection.ExecuteScalarAsync<long?>(
        "UPDATE inventory SET quantity = quantity - @quantity WHERE item = @item AND quantity >= @quantity RETURNING price_cents",
        new { item, quantity }, context.Transaction);

    public static Task ReserveAsync(OrderMessage order, long priceCents, StepContext context) => context.Connection.ExecuteAsync(
        """
        INSERT INTO reservations (uuid, item, quantity, user_name, price_cents, status, created)
        VALUES (@uuid, @Item, @Quantity, @User, @priceCents, 'reserved', @created)
        """,
        new { uuid = order.Uuid.ToString(), order.Item, order.Quantity, order.User, priceCents, created = context.Now.UtcDateTime.ToString("O", CultureInfo.InvariantCulture) },
        context.Transaction);

    /// <summary>Puts back what was set aside, and tells how much; 0 when nothing is.</summary>
    public static async Task<long> ReleaseAsync(Guid uuid, StepContext context)
    {
        var released = await context.Connection.QuerySingleOrDefaultAsync<Released>(
            "UPDATE reservations SET status = 'released' WHERE uuid = @uuid AND status = 'reserved' RETURNING item AS Item, quantity AS Quantity",
            new { uuid = uuid.ToString() }, context.Transaction);
        if (released is null)
        {
            return 0;
        }

        await context.Connection.ExecuteAsync("UPDATE inventory SET quantity = quantity + @Quantity WHERE item = @Item", released, context.Transaction);
        return released.Quantity;
    }

    public static async Task<IReadOnlyList<StockItem>> AllAsync(SkaldService service, CancellationToken cancellationToken)
    {
        await using var connection = await service.OpenAsync(cancellationToken);
        var rows = await connection.QueryAsync<StockRow>("SELECT item AS Item, quantity AS Quantity, price_cents AS PriceCents FROM inventory ORDER BY item");
        return [.. rows.Select(r => new StockItem(r.Item, r.Quantity, Cents.ToAmount(r.PriceCents)))];
    }

    public static async Task<IReadOnlyList<Reservation>> ReservationsAsync(SkaldService service, int limit, CancellationToken cancellationToken)
    {
        await using var connection = await service.OpenAsync(cancellationToken);
        return [.. await connection.QueryAsync<Reservation>(
            """
            SELECT uuid AS Uuid, item AS Item, quantity AS Quantity, user_name AS User, status AS Status, created AS Created
            FROM reservations ORDER BY created DESC, uuid LIMIT @limit
            """,
            new { limit })];
    }

    /// <summary>The item's stock is this from now on, whatever it was.</summary>
    public static Task SetAsync(SkaldService service, string item, long quantity, decimal price) => service.ExecuteAsync(async context =>
        await context.Connection.ExecuteAsync(
            """
            INSERT INTO inventory (item, quantity, price_cents) VALUES (@item, @quantity, @cents)
            ON CONFLICT (item) DO UPDATE SET quantity = @quantity, price_cents = @cents
            """,
            new { item, quantity, cents = Cents.From(price) }, context.Transaction));

    /// <summary>Deletes everything and writes what the document begins with. Says what it did, a line each.</summary>
    public static async Task<IReadOnlyList<string>> ResetAsync(StepContext context)
    {
        List<string> reservations = [.. await context.Connection.QueryAsync<string>("DELETE FROM reservations RETURNING uuid", transaction: context.Transaction)];
        List<string> items = [.. await context.Connection.QueryAsync<string>("DELETE FROM inventory RETURNING item", transaction: context.Transaction)];
        await context.Connection.ExecuteAsync(
            "INSERT INTO inventory (item, quantity, price_cents) VALUES (@Item, @Quantity, @PriceCents)",
            Items.Select(i => new { i.Item, i.Quantity, i.PriceCents }), context.Transaction);
        return
        [
            .. DeletionLines.Of("reservation", reservations), .. DeletionLines.Of("item", items),
            .. Items.Select(i => FormattableString.Invariant($"Wrote item {i.Item}: {i.Quantity} at {Cents.ToAmount(i.PriceCents)}.")),
        ];
    }

    internal sealed record Released(string Item, long Quantity);

    internal sealed record StockRow(string Item, long Quantity, long PriceCents);
}

/// <summary>An item as people see it.</summary>
public sealed record StockItem(string Item, long Quantity, decimal PricePerUnit);

/// <summary>Stock set aside for an order: <c>reserved</c>, or <c>released</c> when the order was cancelled.</summary>
public sealed record Reservation(string Uuid, string Item, long Quantity, string User, string Status, string Created);
