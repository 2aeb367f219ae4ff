using Skald;

namespace Storefront.Frontend;

/// <summary>Follows what becomes of the orders. Events come in any order: a status only ever goes forward.</summary>
public sealed class FrontendHandlers
{
    /// <summary>Written down by orders.</summary>
    public Task Handle(OrderCreated order, MessageContext context) => OrderBook.NoteAsync(order, OrderStatus.Placed, null, context);

    /// <summary>Its stock is set aside.</summary>
    public Task Handle(InventoryUpdated order, MessageContext context) => OrderBook.NoteAsync(order, OrderStatus.StockReserved, null, context);

    /// <summary>It is paid.</summary>
    public Task Handle(PaymentCreated order, MessageContext context) => OrderBook.NoteAsync(order, OrderStatus.Paid, null, context);

    /// <summary>Orders said no: the janitor will cancel it.</summary>
    public Task Handle(OrderFailed order, MessageContext context) => FailedAsync(order, context);

    /// <summary>Inventory said no: the janitor will cancel it.</summary>
    public Task Handle(InventoryFailed order, MessageContext context) => FailedAsync(order, context);

    /// <summary>Payments said no: the janitor will cancel it.</summary>
    public Task Handle(PaymentFailed order, MessageContext context) => FailedAsync(order, context);

    /// <summary>It is undone.</summary>
    public Task Handle(OrderCancelled order, MessageContext context)
    {
        ArgumentNullException.ThrowIfNull(order);
        return OrderBook.NoteAsync(order, OrderStatus.Cancelled, order.Reason, context);
    }

    private static Task FailedAsync(OrderMessage order, MessageContext context)
    {
        ArgumentNullException.ThrowIfNull(order);
        return OrderBook.NoteAsync(order, OrderStatus.Placed, order.Status, context);
    }
}
