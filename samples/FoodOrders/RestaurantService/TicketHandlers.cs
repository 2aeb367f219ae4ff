using System.Text.Json;
using Microsoft.EntityFrameworkCore;
using Skald;

namespace FoodOrders.Restaurants;

/// <summary>Creates, approves and rejects tickets.</summary>
public sealed class TicketHandlers(KitchenContext kitchen, ApprovalFailures failures)
{
    /// <summary>A ticket for the order, pending until approved.</summary>
    public async Task<Reply<TicketCreated>> Handle(CreateTicket command, MessageContext context)
    {
        var id = await kitchen.NextNumberAsync(context.CancellationToken);
        kitchen.Tickets.Add(new Ticket
        {
            Id = id,
            SagaId = $"{context.SagaId}",
            OrderId = command.OrderId,
            CustomerId = command.CustomerId,
            Items = JsonSerializer.Serialize(command.Items, JsonSerializerOptions.Web),
        });
        await kitchen.SaveChangesAsync(context.CancellationToken);
        return new TicketCreated(id);
    }

    /// <summary>The kitchen starts, unless the ticket was rejected before or the kitchen fails.</summary>
    public async Task<Reply<Done>> Handle(ApproveTicket command, MessageContext context)
    {
        if (failures.Strikes())
        {
            return new Refusal("EnvironmentError", "test error message. Task will retry now");
        }

        var approved = await kitchen.Tickets.Where(t => t.Id == command.TicketId && t.Status != Ticket.Rejected)
            .ExecuteUpdateAsync(t => t.SetProperty(ticket => ticket.Status, Ticket.Approved), context.CancellationToken);
        return approved == 1
            ? Done.Instance
            : new Refusal("TicketRejected", $"Ticket {command.TicketId} is rejected or unknown; it cannot be approved.");
    }

    /// <summary>The kitchen forgets the ticket. By saga: when the ticket's id got lost on its way, the saga does not know it.</summary>
    public async Task<Reply<Done>> Handle(RejectTicket command, MessageContext context)
    {
        var saga = $"{context.SagaId}";
        await kitchen.Tickets.Where(t => t.SagaId == saga).ExecuteUpdateAsync(t => t.SetProperty(ticket => ticket.Status, Ticket.Rejected), context.CancellationToken);
        return Done.Instance;
    }
}
