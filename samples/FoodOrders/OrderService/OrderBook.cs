using Dapper;
using Skald;

namespace FoodOrders.Orders;

/// <summary>The saga's local steps: they write in the saga's own transaction.</summary>
public sealed class OrderBook
{
    /// <summary>Stores the order and gives it its number, which may have to wait for another instance's commit; a service that stops waits for none.</summary>
    public async ValueTask<StepResult<CreateOrderState>> Create(CreateOrderState order, StepContext context)
    {
        var id = await NextNumberAsync(context);
        await context.Connection.ExecuteAsync(
            """
            INSERT INTO orders (id, status, consumer_id, card_id, price_cents)
            VALUES (@id, @status, @ConsumerId, @CardId, @cents)
            """,
            new { id, status = OrderStatus.PendingValidation, order.ConsumerId, order.CardId, cents = Cents.From(order.Price) },
            context.Transaction);
        await context.Connection.ExecuteAsync(
            "INSERT INTO order_items (order_id, position, name, quantity) VALUES (@id, @position, @Name, @Quantity)",
            order.Items.Select((item, position) => new { id, position, item.Name, item.Quantity }),
            context.Transaction);
        return order with { OrderId = id };
    }

    private static async Task<long> NextNumberAsync(StepContext context)
    {
        await using var command = context.Connection.CreateCommand();
        (command.Transaction, command.CommandText) = (context.Transaction, """
            INSERT INTO sequences (name, value) VALUES ('orders', 1)
            ON CONFLICT (name) DO UPDATE SET value = sequences.value + 1
            RETURNING value
            """);
        // A statement always returns its row.
        return (long)(await command.ExecuteScalarAsync(context.CancellationToken))!;
    }

    /// <summary>Everything else is done: the order stands.</summary>
    public StepResult<CreateOrderState> Approve(CreateOrderState order, StepContext context) => End(order, OrderStatus.Approved, context);

    /// <summary>Something failed and the rest is undone: the order is off.</summary>
    public StepResult<CreateOrderState> Reject(CreateOrderState order, StepContext context) => End(order, OrderStatus.Rejected, context);

    private static CreateOrderState End(CreateOrderState order, string status, StepContext context)
    {
        context.Connection.Execute(
            "UPDATE orders SET status = @status, ticket_id = @TicketId, transaction_id = @TransactionId WHERE id = @OrderId",
            new { status, order.TicketId, order.TransactionId, order.OrderId },
            context.Transaction);
        return order;
    }
}

/// <summary>The words for an order's status.</summary>
public static class OrderStatus
{
    /// <summary>The saga is at work.</summary>
    public const string PendingValidation = "pending_validation";

    /// <summary>Final.</summary>
    public const string Approved = "approved";

    /// <summary>Final.</summary>
    public const string Rejected = "rejected";
}

/// <summary>Amounts as whole cents, which every database keeps exactly.</summary>
internal static class Cents
{
    public static long From(decimal amount) => decimal.ToInt64(amount * 100);

    // Dividing leaves no needless zeros: 2000 becomes 20, 1950 becomes 19.5.
    public static decimal ToAmount(long cents) => cents / 100m;
}
