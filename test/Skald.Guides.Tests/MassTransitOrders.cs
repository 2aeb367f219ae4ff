using MassTransit;
using MassTransit.Courier.Contracts;
using Skald.Guides.ComingFromMassTransit;

// docs/guides/coming-from-masstransit.md, as it was. In a namespace of its own, as an application would have it.
namespace MassTransitOrders;

public sealed record SubmitOrder(Guid OrderId, string Item, string Card);

public sealed record SubmitNewOrder(Guid OrderId, string Item, string Card);

public sealed record ReserveStock(Guid OrderId, string Item);

public sealed record StockReserved(Guid OrderId);

public sealed record ReleaseStock(Guid OrderId);

public sealed record StockReleased(Guid OrderId);

public sealed record ChargeCard(Guid OrderId, string Card);

public sealed record CardCharged(Guid OrderId);

public sealed record CardDeclined(Guid OrderId, string Why);

public sealed record OrderEnded(Guid OrderId, string Status);

public sealed class OrderState : SagaStateMachineInstance
{
    public Guid CorrelationId { get; set; }

    public string CurrentState { get; set; } = "";

    public string Item { get; set; } = "";

    public string Card { get; set; } = "";
}

public sealed class OrderStateMachine : MassTransitStateMachine<OrderState>
{
    public OrderStateMachine()
    {
        InstanceState(o => o.CurrentState);
        Event(() => Submitted, e => e.CorrelateById(m => m.Message.OrderId));
        Event(() => Reserved, e => e.CorrelateById(m => m.Message.OrderId));
        Event(() => Released, e => e.CorrelateById(m => m.Message.OrderId));
        Event(() => Charged, e => e.CorrelateById(m => m.Message.OrderId));
        Event(() => Declined, e => e.CorrelateById(m => m.Message.OrderId));

        Initially(When(Submitted)
            .Then(c => (c.Saga.Item, c.Saga.Card) = (c.Message.Item, c.Message.Card))
            .Send(new Uri("queue:stock"), c => new ReserveStock(c.Saga.CorrelationId, c.Saga.Item))
            .TransitionTo(Reserving));
        During(Reserving, When(Reserved)
            .Send(new Uri("queue:card"), c => new ChargeCard(c.Saga.CorrelationId, c.Saga.Card))
            .TransitionTo(Charging));
        During(Charging,
            When(Charged)
                .Publish(c => new OrderEnded(c.Saga.CorrelationId, "completed"))
                .Finalize(),
            When(Declined)
                .Send(new Uri("queue:stock"), c => new ReleaseStock(c.Saga.CorrelationId))
                .TransitionTo(Releasing));
        During(Releasing, When(Released)
            .Publish(c => new OrderEnded(c.Saga.CorrelationId, "compensated"))
            .Finalize());
        SetCompletedWhenFinalized();
    }

    public State Reserving { get; private set; } = null!;

    public State Charging { get; private set; } = null!;

    public State Releasing { get; private set; } = null!;

    public Event<SubmitOrder> Submitted { get; private set; } = null!;

    public Event<StockReserved> Reserved { get; private set; } = null!;

    public Event<StockReleased> Released { get; private set; } = null!;

    public Event<CardCharged> Charged { get; private set; } = null!;

    public Event<CardDeclined> Declined { get; private set; } = null!;
}

public sealed class StockConsumer(Shop shop) : IConsumer<ReserveStock>, IConsumer<ReleaseStock>
{
    public Task Consume(ConsumeContext<ReserveStock> context)
    {
        shop.Note(context.Message.OrderId, "reserved");
        return context.Publish(new StockReserved(context.Message.OrderId));
    }

    public Task Consume(ConsumeContext<ReleaseStock> context)
    {
        shop.Note(context.Message.OrderId, "released");
        return context.Publish(new StockReleased(context.Message.OrderId));
    }
}

public sealed class CardConsumer(Shop shop) : IConsumer<ChargeCard>
{
    public Task Consume(ConsumeContext<ChargeCard> context)
    {
        if (context.Message.Card == "empty")
        {
            return context.Publish(new CardDeclined(context.Message.OrderId, "insufficient balance"));
        }

        shop.Note(context.Message.OrderId, "charged");
        return context.Publish(new CardCharged(context.Message.OrderId));
    }
}

public sealed record ReserveStockArguments(Guid OrderId, string Item);

public sealed record ReserveStockLog(Guid OrderId);

public sealed class ReserveStockActivity(Shop shop) : IActivity<ReserveStockArguments, ReserveStockLog>
{
    public Task<ExecutionResult> Execute(ExecuteContext<ReserveStockArguments> context)
    {
        shop.Note(context.Arguments.OrderId, "reserved");
        return Task.FromResult(context.Completed(new ReserveStockLog(context.Arguments.OrderId)));
    }

    public Task<CompensationResult> Compensate(CompensateContext<ReserveStockLog> context)
    {
        shop.Note(context.Log.OrderId, "released");
        return Task.FromResult(context.Compensated());
    }
}

public sealed record ChargeCardArguments(Guid OrderId, string Card);

public sealed class ChargeCardActivity(Shop shop) : IExecuteActivity<ChargeCardArguments>
{
    public Task<ExecutionResult> Execute(ExecuteContext<ChargeCardArguments> context)
    {
        if (context.Arguments.Card == "empty")
        {
            return Task.FromResult(context.Faulted(new InvalidOperationException("insufficient balance")));
        }

        shop.Note(context.Arguments.OrderId, "charged");
        return Task.FromResult(context.Completed());
    }
}

public static class OrderSlip
{
    public static RoutingSlip Of(Guid order, string item, string card)
    {
        var slip = new RoutingSlipBuilder(order);
        slip.AddActivity("reserve the stock", new Uri("queue:reserve-stock_execute"), new ReserveStockArguments(order, item));
        slip.AddActivity("charge the card", new Uri("queue:charge-card_execute"), new ChargeCardArguments(order, card));
        return slip.Build();
    }
}

/// <summary>Tells the test how an order ended.</summary>
public sealed class EndConsumer(Shop shop) : IConsumer<OrderEnded>, IConsumer<RoutingSlipCompleted>, IConsumer<RoutingSlipFaulted>
{
    public Task Consume(ConsumeContext<OrderEnded> context) => shop.EndAsync(context.Message.OrderId, context.Message.Status);

    public Task Consume(ConsumeContext<RoutingSlipCompleted> context) => shop.EndAsync(context.Message.TrackingNumber, "completed");

    public Task Consume(ConsumeContext<RoutingSlipFaulted> context) => shop.EndAsync(context.Message.TrackingNumber, "compensated");
}

public static class MassTransitProgram
{
    public static void Add(Microsoft.Extensions.DependencyInjection.IServiceCollection services, Uri broker) => services.AddMassTransit(x =>
    {
        x.SetKebabCaseEndpointNameFormatter();
        x.AddSagaStateMachine<OrderStateMachine, OrderState>().InMemoryRepository();
        x.AddConsumer<StockConsumer>();
        x.AddConsumer<CardConsumer>();
        x.AddActivity<ReserveStockActivity, ReserveStockArguments, ReserveStockLog>();
        x.AddExecuteActivity<ChargeCardActivity, ChargeCardArguments>();
        x.AddConsumer<EndConsumer>();
        x.AddConsumer<Bridge>();
        x.UsingRabbitMq((context, rabbit) =>
        {
            rabbit.Host(broker, _ => { });
            rabbit.ConfigureEndpoints(context);
        });
    });
}
