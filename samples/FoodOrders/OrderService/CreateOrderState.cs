using System.Collections.Immutable;

namespace FoodOrders.Orders;

/// <summary>What the saga knows of its order.</summary>
/// <param name="ConsumerId">Who orders.</param>
/// <param name="CardId">Who pays.</param>
/// <param name="Price">How much; positive, at most two decimals.</param>
/// <param name="Items">What; at least one.</param>
public sealed record CreateOrderState(long ConsumerId, long CardId, decimal Price, ImmutableArray<OrderItem> Items)
{
    /// <summary>The order's number, once it is created.</summary>
    public long OrderId { get; init; }

    /// <summary>The restaurant's ticket, once its reply came.</summary>
    public long? TicketId { get; init; }

    /// <summary>Accounting's transaction, once its reply came.</summary>
    public long? TransactionId { get; init; }
}
