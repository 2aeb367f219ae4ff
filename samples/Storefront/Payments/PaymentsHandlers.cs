using Microsoft.Extensions.Logging;
using Skald;

namespace Storefront.Payments;

/// <summary>Writes an invoice, or fails where it is asked to.</summary>
public sealed class PaymentsHandlers(ILogger<PaymentsHandlers> logger)
{
    /// <summary>The invoice is written and the order complete; with the key <c>payment-error</c> it has failed.</summary>
    public async Task Handle(InventoryUpdated order, MessageContext context)
    {
        ArgumentNullException.ThrowIfNull(order);
        ArgumentNullException.ThrowIfNull(context);
        if (await Invoices.ExistsAsync(order.Uuid, context) || await context.Tombstones.FindAsync(Key(order.Uuid)) is not null)
        {
            logger.AlreadyExists(order.Uuid);
        }
        else if (order.Rest?.ContainsKey(OrderMessage.PaymentErrorKey) == true)
        {
            var status = $"Payment error detected for order {order.Uuid}. Issuing error message to {Topics.Error}";
            await context.Tombstones.BuryAsync(Key(order.Uuid), status);
            context.Publish(new PaymentFailed(order) { Status = status }, order.Flow);
        }
        else
        {
            // A message without a price is refused while it is read.
            var price = order.PricePerUnit!.Value;
            var total = price * order.Quantity;
            await Invoices.CreateAsync(order, price, total, context);
            context.Publish(new PaymentCreated(order) { TotalInvoice = total, Status = $"Order {order.Uuid} processing complete!" }, order.Flow);
        }
    }

    /// <summary>The invoices are gone.</summary>
    public async Task<Reply<DataReset>> Handle(ResetPayments command, MessageContext context) => new DataReset(await Invoices.ResetAsync(context));

    private static string Key(Guid uuid) => $"payment:{uuid}";
}

internal static partial class Log
{
    [LoggerMessage(EventId = 1, Level = LogLevel.Information, Message = "Document {Uuid} already exists. Ignoring.")]
    public static partial void AlreadyExists(this ILogger logger, Guid uuid);
}
