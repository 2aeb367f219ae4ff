using System.Globalization;
using Dapper;
using Skald;

namespace Storefront.Frontend;

/// <summary>The frontend's own picture of each order, written in the transaction of the request or event that changes it.</summary>
/// <remarks>
/// Every change takes the next number of one sequence, first of all: whoever reads up to a number has seen every change before
/// it, and two processes never wait for each other's orders.
/// </remarks>
internal static class OrderBook
{
    public const string OrdersSchema = """
        CREATE TABLE IF NOT EXISTS orders (
            uuid TEXT PRIMARY KEY, item TEXT NOT NULL, quantity BIGINT NOT NULL, user_name TEXT NOT NULL, status BIGINT NOT NULL,
            reason TEXT, price_cents BIGINT, total_cents BIGINT, placed TEXT NOT NULL, changed BIGINT NOT NULL)
        """;

    public const string ChangedIndex = "CREATE INDEX IF NOT EXISTS orders_changed ON orders (changed)";

    public const string SequencesSchema = "CREATE TABLE IF NOT EXISTS sequences (name TEXT PRIMARY KEY, value BIGINT NOT NULL)";

    public const string FirstSequence = "INSERT INTO sequences (name, value) VALUES ('changes', 0) ON CONFLICT (name) DO NOTHING";

    /// <summary>Places the order and publishes it.</summary>
    /// <returns>The order's uuid.</returns>
    public static async ValueTask<Guid> PlaceAsync(OrderPlaced order, MessageContext context)
    {
        await NoteAsync(order, OrderStatus.Placed, null, context);
        context.Publish(order, order.Flow);
        return order.Uuid;
    }

    /// <summary>An order has come so far, at least.</summary>
    public static async Task NoteAsync(OrderMessage order, OrderStatus status, string? reason, MessageContext context)
    {
        ArgumentNullException.ThrowIfNull(order);
        ArgumentNullException.ThrowIfNull(context);
        var changed = await context.Connection.ExecuteScalarAsync<long>(
            "UPDATE sequences SET value = value + 1 WHERE name = 'changes' RETURNING value", transaction: context.Transaction);
        await context.Connection.ExecuteAsync(
            """
            INSERT INTO orders (uuid, item, quantity, user_name, status, reason, price_cents, total_cents, placed, changed)
            VALUES (@uuid, @Item, @Quantity, @User, @status, @reason, @price, @total, @placed, @changed)
            ON CONFLICT (uuid) DO UPDATE SET
                status = CASE WHEN excluded.status > orders.status THEN excluded.status ELSE orders.status END,
                reason = COALESCE(orders.reason, excluded.reason),
                price_cents = COALESCE(excluded.price_cents, orders.price_cents),
                total_cents = COALESCE(excluded.total_cents, orders.total_cents),
                changed = excluded.changed
            """,
            new
            {
                uuid = order.Uuid.ToString(), order.Item, order.Quantity, order.User, status = (long)status, reason, price = InCents(order.PricePerUnit),
                total = InCents(order.TotalInvoice), placed = context.Now.UtcDateTime.ToString("O", CultureInfo.InvariantCulture), changed,
            },
            context.Transaction);
    }

    private static long? InCents(decimal? amount) => amount is { } known ? Cents.From(known) : null;
}
