using System.Collections.Immutable;
using System.ComponentModel;
using System.Text.Json.Serialization;
using Skald;

namespace FoodOrders;

/// <summary>One line of an order.</summary>
public sealed record OrderItem(string Name, long Quantity);

/// <summary>Asks the kitchen to prepare an order; it starts when the ticket is approved.</summary>
[DisplayName("Create restaurant ticket")]
[Command("restaurant_service.create_ticket", To = "restaurant")]
public sealed record CreateTicket(
    [property: JsonPropertyName("order_id")] long OrderId,
    [property: JsonPropertyName("customer_id")] long CustomerId,
    [property: JsonPropertyName("items")] ImmutableArray<OrderItem> Items) : ICommand<TicketCreated>;

/// <summary>The kitchen has the order.</summary>
[DisplayName("Ticket ID is returned")]
public sealed record TicketCreated(
    [property: JsonPropertyName("ticket_id")] long TicketId);

/// <summary>Takes a ticket back, approved or not. Without an id it means the ticket of this saga, whose id never came back.</summary>
[DisplayName("Reject restaurant ticket")]
[Command("restaurant_service.reject_ticket", To = "restaurant")]
public sealed record RejectTicket(
    [property: JsonPropertyName("ticket_id")] long? TicketId) : ICommand<Done>;

/// <summary>Tells the kitchen to start.</summary>
[DisplayName("Approve restaurant ticket")]
[Command("restaurant_service.approve_ticket", To = "restaurant")]
public sealed record ApproveTicket(
    [property: JsonPropertyName("ticket_id")] long TicketId) : ICommand<Done>;
