using Wolverine.Attributes;

namespace Skald.Bench.Servers;

// The same order on Wolverine: a saga in its own PostgreSQL storage, started by a message. Its identity travels in every
// message, as its guide says for messages that start one.

public sealed record WvSubmit(Guid Id, int ConsumerId, int CardId, int Price, string Items);

public sealed record WvVerifyConsumer(Guid Id, int ConsumerId);

public sealed record WvConsumerVerified(Guid Id);

public sealed record WvCreateTicket(Guid Id, int ConsumerId, string Items);

public sealed record WvTicketCreated(Guid Id, int TicketId);

public sealed record WvAuthorizeCard(Guid Id, int CardId, int Price);

public sealed record WvCardAuthorized(Guid Id, int TransactionId);

public sealed record WvApproveTicket(Guid Id, int TicketId);

public sealed record WvTicketApproved(Guid Id);

/// <summary>Stays in its table when it has ended, as Skald's does: what has ended is counted there.</summary>
public sealed class WvOrder : Wolverine.Saga
{
    public const string Ended = "approved";

    public Guid Id { get; set; }

    public string Step { get; set; } = "verifying";

    public int CardId { get; set; }

    public int Price { get; set; }

    public int ConsumerId { get; set; }

    public string Items { get; set; } = "";

    public int TicketId { get; set; }

    public int TransactionId { get; set; }

    public static (WvOrder Saga, WvVerifyConsumer First) Start(WvSubmit submit) => (
        new WvOrder { Id = submit.Id, CardId = submit.CardId, Price = submit.Price, ConsumerId = submit.ConsumerId, Items = submit.Items },
        new WvVerifyConsumer(submit.Id, submit.ConsumerId));

    public WvCreateTicket Handle(WvConsumerVerified verified)
    {
        Step = "creating";
        return new WvCreateTicket(Id, ConsumerId, Items);
    }

    public WvAuthorizeCard Handle(WvTicketCreated created)
    {
        (Step, TicketId) = ("authorizing", created.TicketId);
        return new WvAuthorizeCard(Id, CardId, Price);
    }

    public WvApproveTicket Handle(WvCardAuthorized authorized)
    {
        (Step, TransactionId) = ("approving", authorized.TransactionId);
        return new WvApproveTicket(Id, TicketId);
    }

    public void Handle(WvTicketApproved approved, OrdersEnded ended)
    {
        Step = Ended;
        ended.Tell(Id);
    }
}

[WolverineHandler]
public sealed class WvConsumerService
{
    public WvConsumerVerified Handle(WvVerifyConsumer command) => new(command.Id);
}

[WolverineHandler]
public sealed class WvRestaurantService
{
    public WvTicketCreated Handle(WvCreateTicket command) => new(command.Id, 7);

    public WvTicketApproved Handle(WvApproveTicket command) => new(command.Id);
}

[WolverineHandler]
public sealed class WvAccountingService
{
    public WvCardAuthorized Handle(WvAuthorizeCard command) => new(command.Id, 11);
}
