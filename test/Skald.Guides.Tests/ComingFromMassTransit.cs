using System.Collections.Concurrent;
using MassTransit;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Skald.TestServers;
using Xunit;

// docs/guides/coming-from-masstransit.md, as it is now, and both beside each other.
namespace Skald.Guides.ComingFromMassTransit;

public sealed record Order(Guid Id, string Item, string Card);

[Command("stock.reserve", To = "stock")]
public sealed record ReserveStock(Guid Order, string Item) : ICommand<Done>;

[Command("stock.release", To = "stock")]
public sealed record ReleaseStock(Guid Order) : ICommand<Done>;

[Command("card.charge", To = "card")]
public sealed record ChargeCard(Guid Order, string Card) : ICommand<Done>;

public sealed class OrderSaga : Saga<Order>
{
    protected override void Define(SagaBuilder<Order> saga)
    {
        saga.Key(o => o.Id.ToString(), KeyUse.Once);
        saga.Step("reserve the stock").Send(o => new ReserveStock(o.Id, o.Item)).Undo(o => new ReleaseStock(o.Id));
        saga.Pivot("charge the card").Send(o => new ChargeCard(o.Id, o.Card));
    }
}

public sealed class StockHandlers(Shop shop)
{
    public Reply<Done> Handle(ReserveStock command, MessageContext context)
    {
        shop.Note(command.Order, "reserved");
        return Done.Instance;
    }

    public Reply<Done> Handle(ReleaseStock command, MessageContext context)
    {
        shop.Note(command.Order, "released");
        return Done.Instance;
    }
}

public sealed class CardHandlers(Shop shop)
{
    public Reply<Done> Handle(ChargeCard command, MessageContext context)
    {
        if (command.Card == "empty")
        {
            return new Refusal("CardDeclined", "insufficient balance");
        }

        shop.Note(command.Order, "charged");
        return Done.Instance;
    }
}

/// <summary>Takes what MassTransit still brings; a copy of the message starts no second saga.</summary>
public sealed class Bridge([FromKeyedServices("shop.order")] SkaldService orders) : IConsumer<MassTransitOrders.SubmitNewOrder>
{
    public Task Consume(ConsumeContext<MassTransitOrders.SubmitNewOrder> context) => orders.StartAsync<OrderSaga, Order>(
        new Order(context.Message.OrderId, context.Message.Item, context.Message.Card),
        new StartOptions { IdempotencyKey = $"{context.MessageId}" },
        context.CancellationToken);
}

/// <summary>What was done to which order, and how it ended.</summary>
public sealed class Shop
{
    private readonly ConcurrentDictionary<Guid, ConcurrentQueue<string>> _done = new();
    private readonly ConcurrentDictionary<Guid, TaskCompletionSource<string>> _ends = new();

    public void Note(Guid order, string what) => _done.GetOrAdd(order, _ => new()).Enqueue(what);

    public IEnumerable<string> Done(Guid order) => _done[order];

    public Task<string> EndOf(Guid order) => _ends.GetOrAdd(order, _ => new(TaskCreationOptions.RunContinuationsAsynchronously)).Task;

    public Task EndAsync(Guid order, string status)
    {
        _ = EndOf(order);
        _ends[order].TrySetResult(status);
        return Task.CompletedTask;
    }
}

public sealed class The_same_orders_on_the_same_RabbitMQ
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    [Fact]
    public async Task End_as_they_did_with_MassTransit()
    {
        Assert.SkipWhen(Requirements.RabbitMq is not null && !Requirements.MustRun, Requirements.RabbitMq ?? "");
        await using var server = await RabbitServer.StartAsync();
        var broker = server.NewUri();
        var shop = new Shop();
        var builder = Host.CreateEmptyApplicationBuilder(null);
        builder.Services.AddSingleton(shop);
        // Else the first messages go to exchanges to which no queue is bound yet.
        builder.Services.Configure<MassTransitHostOptions>(options => options.WaitUntilStarted = true);
        MassTransitOrders.MassTransitProgram.Add(builder.Services, new Uri(broker));
        builder.Services
            .AddSkald("shop.order", s => s.UseRabbitMq(broker).AddSaga<OrderSaga>())
            .AddSkald("shop.stock", s => s.UseRabbitMq(broker).AddHandlers<StockHandlers>())
            .AddSkald("shop.card", s => s.UseRabbitMq(broker).AddHandlers<CardHandlers>());
        using var host = builder.Build();
        await host.StartAsync();

        foreach (var (card, told) in (IEnumerable<(string, string)>)[("full", "reserved, charged: completed"), ("empty", "reserved, released: compensated")])
        {
            Assert.Equal(told, await RunAsync(shop, order => StateMachineAsync(host, order, card)));
            Assert.Equal(told, await RunAsync(shop, order => RoutingSlipAsync(host, order, card)));
            Assert.Equal(told, await RunAsync(shop, order => SkaldAsync(host, shop, order, card)));
        }

        Assert.Equal("reserved, charged: completed", await RunAsync(shop, order => BridgedAsync(host, shop, order)));
        await host.StopAsync();
    }

    private static async Task<string> RunAsync(Shop shop, Func<Guid, Task> start)
    {
        var order = NewId.NextGuid();
        await start(order);
        var status = await shop.EndOf(order).WaitAsync(Patience);
        return $"{string.Join(", ", shop.Done(order))}: {status}";
    }

    private static Task StateMachineAsync(IHost host, Guid order, string card) =>
        host.Services.GetRequiredService<IBus>().Publish(new MassTransitOrders.SubmitOrder(order, "lamp", card));

    private static Task RoutingSlipAsync(IHost host, Guid order, string card) =>
        host.Services.GetRequiredService<IBus>().Execute(MassTransitOrders.OrderSlip.Of(order, "lamp", card));

    private static async Task SkaldAsync(IHost host, Shop shop, Guid order, string card)
    {
        var service = host.Services.GetRequiredKeyedService<SkaldService>("shop.order");
        var start = await service.StartAsync<OrderSaga, Order>(new Order(order, "lamp", card));
        var end = await service.WaitAsync(start.Id);
        await shop.EndAsync(order, end.Status.Word());
    }

    private static async Task BridgedAsync(IHost host, Shop shop, Guid order)
    {
        var (bus, service) = (host.Services.GetRequiredService<IBus>(), host.Services.GetRequiredKeyedService<SkaldService>("shop.order"));
        for (var copies = 0; copies < 2; copies++)
        {
            await bus.Publish(new MassTransitOrders.SubmitNewOrder(order, "lamp", "full"), publishing => publishing.MessageId = order);
        }

        await Eventually.HoldsAsync("the saga has begun", async () => await service.FindSagaAsync<OrderSaga>(order.ToString()) is not null);
        await shop.EndAsync(order, (await service.WaitAsync((await service.FindSagaAsync<OrderSaga>(order.ToString()))!.Id)).Status.Word()); // It has begun.
    }
}
