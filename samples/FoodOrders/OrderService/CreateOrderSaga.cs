using System.Globalization;
using Microsoft.Extensions.Options;
using Skald;

namespace FoodOrders.Orders;

/// <summary>
/// Create the order; verify the consumer; create a ticket; authorize the card; then, with no way back, approve the ticket;
/// approve the order.
/// </summary>
public sealed class CreateOrderSaga(OrderBook orders, IOptions<ApprovalRetries> retries) : Saga<CreateOrderState>
{
    /// <summary>How long each participant may take to answer.</summary>
    public static readonly TimeSpan Deadline = TimeSpan.FromSeconds(5);

    /// <summary>The step every order waits at first.</summary>
    public const string VerifyConsumer = "verify consumer";

    /// <inheritdoc/>
    protected override void Define(SagaBuilder<CreateOrderState> saga)
    {
        // The order has no number before it is created.
        saga.Key(o => o.OrderId == 0 ? null : KeyOf(o.OrderId));
        saga.Summary(o => $"order {o.OrderId} of consumer {o.ConsumerId}");

        saga.Step("create order").Do(orders.Create).Undo(orders.Reject);

        saga.Step(VerifyConsumer).Send(o => new VerifyConsumerDetails(o.ConsumerId))
            .NothingToUndo("it only reads")
            .Within(Deadline);

        saga.Step("create ticket").Send(o => new CreateTicket(o.OrderId, o.ConsumerId, Kitchen.Check(o.Items)))
            .OnReply((o, ticket) => o with { TicketId = ticket.TicketId })
            .Undo(o => new RejectTicket(o.TicketId))
            .Within(Deadline);

        saga.Step("authorize card").Send(o => new AuthorizeCard(o.CardId, o.Price))
            .OnReply((o, card) => o with { TransactionId = card.TransactionId })
            .Undo(o => new ReverseAuthorization(o.TransactionId))
            .Within(Deadline);

        // The ticket exists when this step is reached: its reply brought the id.
        saga.Pivot("approve ticket").Send(o => new ApproveTicket(o.TicketId!.Value))
            .RetryRefused(retries.Value.Retries, retries.Value.Delay)
            .NothingToUndo("rejecting the ticket covers an approval too")
            .Within(Deadline);

        saga.Retriable("approve order").Do(orders.Approve);
    }

    /// <summary>The business key of an order's saga.</summary>
    public static string KeyOf(long order) => order.ToString(CultureInfo.InvariantCulture);
}
