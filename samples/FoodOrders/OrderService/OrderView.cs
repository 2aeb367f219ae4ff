using System.Collections.Immutable;
using Skald;

namespace FoodOrders.Orders;

/// <summary>An order as callers see it.</summary>
public sealed record OrderView(
    long Id,
    string Status,
    long ConsumerId,
    long CardId,
    decimal Price,
    ImmutableArray<OrderItem> Items,
    long? TicketId,
    long? TransactionId,
    SagaView? Saga)
{
    /// <summary>The order as it stands when its saga has just been started; made of the start alone, so that a repeat gets the same answer.</summary>
    public static OrderView Of(SagaStart<CreateOrderState> start)
    {
        var order = start.State;
        var saga = new SagaView(start.Id.ToString(), SagaStatus.Running.Word(), CreateOrderSaga.VerifyConsumer, null, null);
        return new OrderView(
            order.OrderId, OrderStatus.PendingValidation, order.ConsumerId, order.CardId, Cents.ToAmount(Cents.From(order.Price)),
            order.Items, null, null, saga);
    }
}

/// <summary>Where an order's saga stands.</summary>
/// <param name="Id">The saga.</param>
/// <param name="Status"><c>running</c>, <c>compensating</c>, <c>completed</c>, <c>compensated</c> or <c>parked</c>.</param>
/// <param name="Step">The step it is at, or ended with.</param>
/// <param name="FailedStep">The step that made it turn back.</param>
/// <param name="Failure">Why it turned back.</param>
public sealed record SagaView(string Id, string Status, string? Step, string? FailedStep, FailureView? Failure);

/// <summary>A failure: a word for programs, a sentence for people, and nothing of the inside.</summary>
public sealed record FailureView(string Type, string Message);
