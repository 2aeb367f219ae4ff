using Skald;

namespace Storefront.Janitor;

/// <summary>Whatever failed, and wherever: the order is cancelled, once.</summary>
public sealed class JanitorHandlers
{
    /// <summary>Orders said no.</summary>
    public void Handle(OrderFailed failure, MessageContext context) => Cancel(failure, context);

    /// <summary>Inventory said no.</summary>
    public void Handle(InventoryFailed failure, MessageContext context) => Cancel(failure, context);

    /// <summary>Payments said no.</summary>
    public void Handle(PaymentFailed failure, MessageContext context) => Cancel(failure, context);

    private static void Cancel(OrderMessage failure, MessageContext context)
    {
        ArgumentNullException.ThrowIfNull(failure);
        ArgumentNullException.ThrowIfNull(context);
        context.Start<CancelOrderSaga, Cancellation>(new Cancellation(
            new OrderCancelled(failure) { Reason = failure.Status ?? "The order failed.", Status = $"Order {failure.Uuid} cancelled." }));
    }
}
