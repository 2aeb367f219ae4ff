using MassTransit;

namespace Skald.Bench.Servers;

// The same order as CreateOrderSaga, on MassTransit 8.5.12: a state machine with its sagas in memory only, so that no store
// slows it down. Commands and replies are sent to the exchanges of named queues (an address of a queue
// would declare it, and as a classic one); durable queues and publisher confirms, as it does by itself.

public sealed record MtSubmit(Guid CorrelationId, int ConsumerId, int CardId, int Price, string Items);

public sealed record MtVerifyConsumer(Guid CorrelationId, int ConsumerId);

public sealed record MtConsumerVerified(Guid CorrelationId);

public sealed record MtCreateTicket(Guid CorrelationId, int ConsumerId, string Items);

public sealed record MtTicketCreated(Guid CorrelationId, int TicketId);

public sealed record MtAuthorizeCard(Guid CorrelationId, int CardId, int Price);

public sealed record MtCardAuthorized(Guid CorrelationId, int TransactionId);

public sealed record MtApproveTicket(Guid CorrelationId, int TicketId);

public sealed record MtTicketApproved(Guid CorrelationId);

public sealed class MtOrder : SagaStateMachineInstance
{
    public Guid CorrelationId { get; set; }

    public string CurrentState { get; set; } = "";

    public int CardId { get; set; }

    public int Price { get; set; }

    public int ConsumerId { get; set; }

    public string Items { get; set; } = "";

    public int TicketId { get; set; }

    public int TransactionId { get; set; }
}

public sealed class MtCreateOrder : MassTransitStateMachine<MtOrder>
{
    public MtCreateOrder(OrdersEnded ended)
    {
        InstanceState(o => o.CurrentState);
        Event(() => Submit, e => e.CorrelateById(m => m.Message.CorrelationId));
        Event(() => Verified, e => e.CorrelateById(m => m.Message.CorrelationId));
        Event(() => Created, e => e.CorrelateById(m => m.Message.CorrelationId));
        Event(() => Authorized, e => e.CorrelateById(m => m.Message.CorrelationId));
        Event(() => Approved, e => e.CorrelateById(m => m.Message.CorrelationId));
        Initially(When(Submit)
            .Then(c => (c.Saga.ConsumerId, c.Saga.CardId, c.Saga.Price, c.Saga.Items) = (c.Message.ConsumerId, c.Message.CardId, c.Message.Price, c.Message.Items))
            .Send(new Uri("exchange:mt-consumer"), c => new MtVerifyConsumer(c.Saga.CorrelationId, c.Saga.ConsumerId))
            .TransitionTo(Verifying));
        During(Verifying, When(Verified)
            .Send(new Uri("exchange:mt-restaurant"), c => new MtCreateTicket(c.Saga.CorrelationId, c.Saga.ConsumerId, c.Saga.Items))
            .TransitionTo(Creating));
        During(Creating, When(Created)
            .Then(c => c.Saga.TicketId = c.Message.TicketId)
            .Send(new Uri("exchange:mt-accounting"), c => new MtAuthorizeCard(c.Saga.CorrelationId, c.Saga.CardId, c.Saga.Price))
            .TransitionTo(Authorizing));
        During(Authorizing, When(Authorized)
            .Then(c => c.Saga.TransactionId = c.Message.TransactionId)
            .Send(new Uri("exchange:mt-restaurant"), c => new MtApproveTicket(c.Saga.CorrelationId, c.Saga.TicketId))
            .TransitionTo(Approving));
        During(Approving, When(Approved).Then(c => ended.Tell(c.Saga.CorrelationId)).Finalize());
        SetCompletedWhenFinalized();
    }

    public State Verifying { get; private set; } = null!;

    public State Creating { get; private set; } = null!;

    public State Authorizing { get; private set; } = null!;

    public State Approving { get; private set; } = null!;

    public Event<MtSubmit> Submit { get; private set; } = null!;

    public Event<MtConsumerVerified> Verified { get; private set; } = null!;

    public Event<MtTicketCreated> Created { get; private set; } = null!;

    public Event<MtCardAuthorized> Authorized { get; private set; } = null!;

    public Event<MtTicketApproved> Approved { get; private set; } = null!;
}

public sealed class MtConsumerService : IConsumer<MtVerifyConsumer>
{
    public static readonly Uri Saga = new("exchange:mt-order");

    public Task Consume(ConsumeContext<MtVerifyConsumer> context) => context.Send(Saga, new MtConsumerVerified(context.Message.CorrelationId));
}

public sealed class MtRestaurantService : IConsumer<MtCreateTicket>, IConsumer<MtApproveTicket>
{
    public Task Consume(ConsumeContext<MtCreateTicket> context) => context.Send(MtConsumerService.Saga, new MtTicketCreated(context.Message.CorrelationId, 7));

    public Task Consume(ConsumeContext<MtApproveTicket> context) => context.Send(MtConsumerService.Saga, new MtTicketApproved(context.Message.CorrelationId));
}

public sealed class MtAccountingService : IConsumer<MtAuthorizeCard>
{
    public Task Consume(ConsumeContext<MtAuthorizeCard> context) => context.Send(MtConsumerService.Saga, new MtCardAuthorized(context.Message.CorrelationId, 11));
}
