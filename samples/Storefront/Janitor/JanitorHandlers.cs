using Skald;

namespace Storefront.Janitor;

/// <summary>Whatever failed, and wherever: the order is cancelled, once.</summary>
public sealed class JanitorHandlers
{
    /// <summary>Orders said no.</summary>
    public Task Handle(OrderFailed failure, MessageContext context) => CancelAsync(failure, context);

    /// <summary>Inventory said no.</summary>
    public Task Handle(InventoryFailed failure, MessageContext context) => CancelAsync(failure, context);

    /// <summary>Payments said no.</summary>
    public Task Handle(PaymentFailed failure, MessageContext context) => CancelAsync(failure, context);

    private static async Task CancelAsync(OrderMessage failure, MessageContext context)
    {
        ArgumentNullException.ThrowIfNull(failure);
        ArgumentNullException.ThrowIfNull(context);
        var reason = failure.Status ?? "The order failed.";
        // The first failure of an order is the one that counts; its saga undoes everything.
        if (await context.Tombstones.BuryAsync($"order:{failure.Uuid}", reason))
        {
            await Cancellations.BeginAsync(failure, reason, context);
            context.Start<CancelOrderSaga, Cancellation>(new Cancellation(new OrderCancelled(failure) { Reason = reason, Status = $"Order {failure.Uuid} cancelled." }));
        }
    }
}
