using Microsoft.Extensions.Options;
using Skald;

namespace Storefront;

/// <summary>
/// An order is placed; then it is created, then its stock is set aside, then it is paid. Whoever says no makes the janitor cancel it.
/// </summary>
public sealed class OrderFlow(IOptions<StepDeadline> options) : Flow
{
    /// <inheritdoc/>
    public override string Name => "order";

    /// <inheritdoc/>
    protected override void Define(FlowBuilder flow)
    {
        ArgumentNullException.ThrowIfNull(flow);
        var deadline = options.Value.Time;

        flow.StartsWith<OrderPlaced>(Services.Frontend).UndoneBy<OrderCancelled>();
        flow.Event<OrderCreated>(Services.Orders).NothingToUndo("the janitor's saga has orders cancel it before order-cancelled is published");
        flow.Event<InventoryUpdated>(Services.Inventory).NothingToUndo("the janitor's saga has inventory release it before order-cancelled is published");
        flow.CompletesWith<PaymentCreated>(Services.Payments);
        flow.Event<OrderFailed>(Services.Orders).NothingToUndo("it says that nothing was done");
        flow.Event<InventoryFailed>(Services.Inventory).NothingToUndo("it says that nothing was done");
        flow.Event<PaymentFailed>(Services.Payments).NothingToUndo("it says that nothing was done");
        flow.EndsUndoneWith<OrderCancelled>(Services.Janitor);

        flow.After<OrderPlaced>().Expect<OrderCreated>().Or<OrderFailed>().Within(deadline);
        flow.After<OrderCreated>().Expect<InventoryUpdated>().Or<InventoryFailed>().Within(deadline);
        flow.After<InventoryUpdated>().Expect<PaymentCreated>().Or<PaymentFailed>().Within(deadline);
        flow.After<OrderFailed>().Expect<OrderCancelled>().Within(deadline);
        flow.After<InventoryFailed>().Expect<OrderCancelled>().Within(deadline);
        flow.After<PaymentFailed>().Expect<OrderCancelled>().Within(deadline);

        flow.Subscription<OrderPlaced>("frontend-sub", Services.Orders);
        flow.Subscription<OrderCreated>("order-created-sub", Services.Inventory);
        flow.Subscription<InventoryUpdated>("inventory-updated-sub", Services.Payments);
        flow.Subscription<PaymentCreated>("payment-created-sub");
        flow.Subscription<OrderFailed>("error-sub", Services.Janitor);
        flow.Subscription<InventoryFailed>("error-sub", Services.Janitor);
        flow.Subscription<PaymentFailed>("error-sub", Services.Janitor);
        flow.Subscription<OrderFailed>("error-cli-sub");
    }
}
