using System.Text.Json;
using Dapper;
using Skald;

namespace FoodOrders.Restaurants;

/// <summary>Creates, approves and rejects tickets. A ticket goes from pending to approved, and from either to rejected.</summary>
public sealed class TicketHandlers(ApprovalFailures failures)
{
    /// <summary>A ticket for the order, pending until approved. Its number may have to wait for another instance's commit; a service that stops waits for none.</summary>
    public async Task<Reply<TicketCreated>> Handle(CreateTicket command, MessageContext context)
    {
        var id = await context.Connection.ExecuteScalarAsync<long>(new CommandDefinition(
            """
            INSERT INTO sequences (name, value) VALUES ('tickets', 1)
            ON CONFLICT (name) DO UPDATE SET value = sequences.value + 1
            RETURNING value
            """,
            transaction: context.Transaction,
            cancellationToken: context.CancellationToken));
        await context.Connection.ExecuteAsync(
            """
            INSERT INTO tickets (id, saga_id, order_id, customer_id, items, status)
            VALUES (@id, @sagaId, @OrderId, @CustomerId, @items, 'pending')
            """,
            new { id, sagaId = context.SagaId.ToString(), command.OrderId, command.CustomerId, items = JsonSerializer.Serialize(command.Items, JsonSerializerOptions.Web) },
            context.Transaction);
        return new TicketCreated(id);
    }

    /// <summary>The kitchen starts, unless the ticket was rejected before or the kitchen fails.</summary>
    public Reply<Done> Handle(ApproveTicket command, MessageContext context)
    {
        if (failures.Strikes())
        {
            return new Refusal("EnvironmentError", "test error message. Task will retry now");
        }

        var approved = context.Connection.Execute(
            "UPDATE tickets SET status = 'approved' WHERE id = @TicketId AND status <> 'rejected'", command, context.Transaction);
        return approved == 1
            ? Done.Instance
            : new Refusal("TicketRejected", $"Ticket {command.TicketId} is rejected or unknown; it cannot be approved.");
    }

    /// <summary>The kitchen forgets the ticket. By saga: when the ticket's id got lost on its way, the saga does not know it.</summary>
    public Reply<Done> Handle(RejectTicket command, MessageContext context)
    {
        context.Connection.Execute(
            "UPDATE tickets SET status = 'rejected' WHERE saga_id = @sagaId", new { sagaId = context.SagaId.ToString() }, context.Transaction);
        return Done.Instance;
    }
}
