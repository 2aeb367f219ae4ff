using Microsoft.Extensions.Logging;
using Skald;

namespace Storefront.Inventory;

/// <summary>Sets stock aside, and gives it back when the janitor asks.</summary>
/// <remarks>
/// Stock and reservation change in the transaction that publishes. One statement both looks and takes, so that two orders can
/// never take the same stock.
/// </remarks>
public sealed class InventoryHandlers(ILogger<InventoryHandlers> logger)
{
    /// <summary>The stock is the order's; if there is not enough, the order has failed.</summary>
    public async Task Handle(OrderCreated order, MessageContext context)
    {
        ArgumentNullException.ThrowIfNull(order);
        ArgumentNullException.ThrowIfNull(context);
        if (await context.Tombstones.FindAsync(Key(order.Uuid)) is not null || await Stock.IsReservedAsync(order.Uuid, context))
        {
            logger.AlreadyExists(order.Uuid);
        }
        else if (await Stock.TakeAsync(order.Item, order.Quantity, context) is { } priceCents)
        {
            logger.QuantityUpdated(order.Item);
            await Stock.ReserveAsync(order, priceCents, context);
            context.Publish(
                new InventoryUpdated(order) { PricePerUnit = Cents.ToAmount(priceCents), Status = $"Stock reserved for order {order.Uuid}." }, order.Flow);
        }
        else
        {
            var status = await Stock.ExistsAsync(order.Item, context)
                ? $"Insufficient inventory for {order.Item} to fulfill order {order.Uuid}. Issuing error message to {Topics.Error}"
                : $"Item {order.Item} does not exist. Issuing error message to {Topics.Error}";
            // Should stock arrive later, a copy of this message must not take it: the customer is told that the order failed.
            await context.Tombstones.BuryAsync(Key(order.Uuid), status);
            context.Publish(new InventoryFailed(order) { Status = status }, order.Flow);
        }
    }

    /// <summary>What was set aside is back, once; nothing can be set aside for this order any more.</summary>
    public async Task<Reply<StockReleased>> Handle(ReleaseStock command, MessageContext context)
    {
        ArgumentNullException.ThrowIfNull(command);
        ArgumentNullException.ThrowIfNull(context);
        await context.Tombstones.BuryAsync(Key(command.Uuid), command.Reason);
        return new StockReleased(await Stock.ReleaseAsync(command.Uuid, context));
    }

    /// <summary>Everything is as the document has it.</summary>
    public async Task<Reply<DataReset>> Handle(ResetInventory command, MessageContext context) => new DataReset(await Stock.ResetAsync(context));

    private static string Key(Guid uuid) => $"reservation:{uuid}";
}

internal static partial class Log
{
    [LoggerMessage(EventId = 1, Level = LogLevel.Information, Message = "Document {Uuid} already exists. Ignoring.")]
    public static partial void AlreadyExists(this ILogger logger, Guid uuid);

    [LoggerMessage(EventId = 2, Level = LogLevel.Information, Message = "Quantity for {Item} updated.")]
    public static partial void QuantityUpdated(this ILogger logger, string item);
}
