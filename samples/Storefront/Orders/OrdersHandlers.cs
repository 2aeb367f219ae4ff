using Microsoft.Extensions.Logging;
using Skald;

namespace Storefront.Orders;

/// <summary>Writes down the orders of users that exist, and cancels them when the janitor asks.</summary>
/// <remarks>
/// The order is written in the transaction that publishes: if it is there, its event is on its way, and a copy of the message
/// has nothing left to do.
/// </remarks>
public sealed class OrdersHandlers(ILogger<OrdersHandlers> logger)
{
    /// <summary>A user's order is created; without the user, it has failed.</summary>
    public async Task Handle(OrderPlaced order, MessageContext context)
    {
        ArgumentNullException.ThrowIfNull(order);
        ArgumentNullException.ThrowIfNull(context);
        if (await UserOrders.ExistsAsync(order.Uuid, context) || await context.Tombstones.FindAsync(Key(order.Uuid)) is not null)
        {
            logger.AlreadyExists(order.Uuid);
        }
        else if (await UserOrders.UserExistsAsync(order.User, context))
        {
            logger.UserExists(order.User);
            await UserOrders.CreateAsync(order, context);
            context.Publish(new OrderCreated(order) { Status = $"Order {order.Uuid} created." }, order.Flow);
        }
        else
        {
            var status = $"User {order.User} does not exist. Issuing error message to {Topics.Error}";
            await context.Tombstones.BuryAsync(Key(order.Uuid), status);
            context.Publish(new OrderFailed(order) { Status = status }, order.Flow);
        }
    }

    /// <summary>The order is cancelled if it is there, and can never be created again.</summary>
    public async Task<Reply<OrderClosed>> Handle(CancelOrder command, MessageContext context)
    {
        ArgumentNullException.ThrowIfNull(command);
        ArgumentNullException.ThrowIfNull(context);
        await context.Tombstones.BuryAsync(Key(command.Uuid), command.Reason);
        return new OrderClosed(await UserOrders.CancelAsync(command.Uuid, context));
    }

    /// <summary>Everything is as the document has it.</summary>
    public async Task<Reply<DataReset>> Handle(ResetOrders command, MessageContext context) => new DataReset(await UserOrders.ResetAsync(context));

    private static string Key(Guid uuid) => $"order:{uuid}";
}

internal static partial class Log
{
    [LoggerMessage(EventId = 1, Level = LogLevel.Information, Message = "Document {Uuid} already exists. Ignoring.")]
    public static partial void AlreadyExists(this ILogger logger, Guid uuid);

    [LoggerMessage(EventId = 2, Level = LogLevel.Information, Message = "User {User} exists. Continuing.")]
    public static partial void UserExists(this ILogger logger, string user);
}
