using System.Diagnostics;
using System.Text.Json.Serialization;

namespace Skald.Bench;

// The workload of every figure: a start and four command/reply hops, nine messages with the start, five durable
// transitions. Participants only reply; what is measured is the platform.

[Command("consumer.verify", To = "consumer")]
public sealed record VerifyConsumer(int ConsumerId) : ICommand<Done>;

[Command("restaurant.create_ticket", To = "restaurant")]
public sealed record CreateTicket(int ConsumerId, string Items) : ICommand<TicketCreated>;

public sealed record TicketCreated(int TicketId);

[Command("restaurant.reject_ticket", To = "restaurant")]
public sealed record RejectTicket(int TicketId) : ICommand<Done>;

[Command("accounting.authorize_card", To = "accounting")]
public sealed record AuthorizeCard(int CardId, int Amount) : ICommand<CardAuthorized>;

public sealed record CardAuthorized(int TransactionId);

[Command("restaurant.approve_ticket", To = "restaurant")]
public sealed record ApproveTicket(int TicketId) : ICommand<Done>;

public sealed record CreateOrderState(int ConsumerId, int CardId, int Price, string Items)
{
    public int TicketId { get; init; }

    public int TransactionId { get; init; }
}

[JsonSerializable(typeof(VerifyConsumer))]
[JsonSerializable(typeof(CreateTicket))]
[JsonSerializable(typeof(TicketCreated))]
[JsonSerializable(typeof(RejectTicket))]
[JsonSerializable(typeof(AuthorizeCard))]
[JsonSerializable(typeof(CardAuthorized))]
[JsonSerializable(typeof(ApproveTicket))]
[JsonSerializable(typeof(CreateOrderState))]
[JsonSerializable(typeof(Done))]
[JsonSerializable(typeof(Refusal))]
[JsonSourceGenerationOptions(System.Text.Json.JsonSerializerDefaults.Web)]
public sealed partial class BenchJson : JsonSerializerContext;

public sealed class CreateOrderSaga : Saga<CreateOrderState>
{
    protected override void Define(SagaBuilder<CreateOrderState> saga) => Order.Define(saga, TimeSpan.FromSeconds(30));
}

/// <summary>The same order with time to wait for a participant that is behind: whatever is compensated then has no reason.</summary>
public sealed class PatientOrderSaga : Saga<CreateOrderState>
{
    protected override void Define(SagaBuilder<CreateOrderState> saga) => Order.Define(saga, TimeSpan.FromMinutes(30));
}

internal static class Order
{
    /// <param name="saga">Of either.</param>
    /// <param name="deadline">Of a step that may be given up: 30 seconds are what it has unless it says so.</param>
    public static void Define(SagaBuilder<CreateOrderState> saga, TimeSpan deadline)
    {
        saga.Step("verify consumer").Send(s => new VerifyConsumer(s.ConsumerId)).NothingToUndo("it only reads").Within(deadline);
        saga.Step("create ticket").Send(s => new CreateTicket(s.ConsumerId, s.Items))
            .Undo(s => new RejectTicket(s.TicketId))
            .OnReply((s, ticket) => s with { TicketId = ticket.TicketId })
            .Within(deadline);
        saga.Pivot("authorize card").Send(s => new AuthorizeCard(s.CardId, s.Price))
            .OnReply((s, card) => s with { TransactionId = card.TransactionId });
        saga.Retriable("approve ticket").Send(s => new ApproveTicket(s.TicketId)).ParkIfRefused();
    }
}

public sealed class ConsumerHandlers
{
    public Reply<Done> Handle(VerifyConsumer command, MessageContext context) => Done.Instance;
}

/// <summary>A consumer's service that has a millisecond of work to do for each message, and falls behind under a burst.</summary>
public sealed class BusyConsumerHandlers
{
    private static readonly TimeSpan Work = TimeSpan.FromMilliseconds(1);

    public Reply<Done> Handle(VerifyConsumer command, MessageContext context)
    {
        // A timer would wait for longer, by as much as the machine likes.
        var watch = Stopwatch.StartNew();
        while (watch.Elapsed < Work)
        {
            Thread.SpinWait(100);
        }

        return Done.Instance;
    }
}

public sealed class RestaurantHandlers
{
    /// <summary>The items of an order that cannot be approved when it is paid.</summary>
    public const string Parks = "parks";

    public Reply<TicketCreated> Handle(CreateTicket command, MessageContext context) => new TicketCreated(command.Items == Parks ? -1 : 7);

    public Reply<Done> Handle(RejectTicket command, MessageContext context) => Done.Instance;

    public Reply<Done> Handle(ApproveTicket command, MessageContext context) => command.TicketId < 0 ? new Refusal("Burnt", "the kitchen is on fire") : Done.Instance;
}

public sealed class AccountingHandlers
{
    public Reply<CardAuthorized> Handle(AuthorizeCard command, MessageContext context) =>
        command.Amount >= 50 ? new Refusal("CardDeclined", "insufficient balance") : new CardAuthorized(11);
}
