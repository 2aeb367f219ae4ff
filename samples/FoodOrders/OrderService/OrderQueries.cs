using System.Data.Common;
using System.Text.Json;
using Dapper;
using Skald;

namespace FoodOrders.Orders;

/// <summary>Reads orders together with their sagas.</summary>
public sealed class OrderQueries(SkaldService service)
{
    private const string Columns = """
        id AS Id, status AS Status, consumer_id AS ConsumerId, card_id AS CardId, price_cents AS PriceCents,
        ticket_id AS TicketId, transaction_id AS TransactionId
        """;

    /// <summary>One order; null when there is none.</summary>
    public async Task<OrderView?> FindAsync(long id, CancellationToken cancellationToken)
    {
        await using var connection = await service.OpenAsync(cancellationToken);
        return await RowAsync(connection, id) is { } row ? await ViewAsync(connection, row, cancellationToken) : null;
    }

    /// <summary>The newest orders, newest first.</summary>
    public async Task<IReadOnlyList<OrderView>> ListAsync(int limit, CancellationToken cancellationToken)
    {
        await using var connection = await service.OpenAsync(cancellationToken);
        var rows = await connection.QueryAsync<OrderRow>($"SELECT {Columns} FROM orders ORDER BY id DESC LIMIT @limit", new { limit });
        var views = new List<OrderView>();
        foreach (var row in rows)
        {
            views.Add(await ViewAsync(connection, row, cancellationToken));
        }

        return views;
    }

    private static Task<OrderRow?> RowAsync(DbConnection connection, long id) =>
        connection.QuerySingleOrDefaultAsync<OrderRow>($"SELECT {Columns} FROM orders WHERE id = @id", new { id });

    private async Task<OrderView> ViewAsync(DbConnection connection, OrderRow order, CancellationToken cancellationToken)
    {
        var saga = await service.FindSagaAsync<CreateOrderSaga>(CreateOrderSaga.KeyOf(order.Id), cancellationToken);
        if (order.Status == OrderStatus.PendingValidation && saga?.Status.IsFinal() == true)
        {
            // It ended between the two reads. Order and saga end in one transaction, so the order is final by now.
            order = await RowAsync(connection, order.Id) ?? order;
        }

        var items = await connection.QueryAsync<ItemRow>(
            "SELECT name AS Name, quantity AS Quantity FROM order_items WHERE order_id = @Id ORDER BY position", new { order.Id });
        var state = saga?.State.Deserialize(OrderJson.Default.CreateOrderState);
        return new OrderView(
            order.Id, order.Status, order.ConsumerId, order.CardId, Cents.ToAmount(order.PriceCents),
            [.. items.Select(i => new OrderItem(i.Name, i.Quantity))],
            order.TicketId ?? state?.TicketId, order.TransactionId ?? state?.TransactionId, saga is null ? null : View(saga));
    }

    private static SagaView View(SagaSnapshot saga) => new(
        saga.Id.ToString(), saga.Status.Word(), saga.Step, saga.FailedStep,
        saga.Failure is { } failure ? new FailureView(failure.Type, failure.Message) : null);

    internal sealed record OrderRow
    {
        public long Id { get; init; }
        public string Status { get; init; } = "";
        public long ConsumerId { get; init; }
        public long CardId { get; init; }
        public long PriceCents { get; init; }
        public long? TicketId { get; init; }
        public long? TransactionId { get; init; }
    }

    internal sealed record ItemRow
    {
        public string Name { get; init; } = "";
        public long Quantity { get; init; }
    }
}
