using Xunit;

// docs/guides/talking-to-a-saga.md, what is published for whoever has a key.
namespace Skald.Guides.TalkingByKey;

public sealed record CreateOrder(string OrderNumber);

[Event("PAYMENT_RECEIVED")]
public sealed record PaymentReceived(string OrderNumber) : IEvent;

[Event("ADDRESS_CONFIRMED")]
public sealed record AddressConfirmed(string OrderNumber) : IEvent;

[Event("ORDER_CALLED_OFF")]
public sealed record OrderCalledOff(string OrderNumber, string Why) : IEvent;

[Command("stock.reserve", To = "stock")]
public sealed record ReserveStock(string OrderNumber) : ICommand<Done>;

[Command("stock.release", To = "stock")]
public sealed record ReleaseStock(string OrderNumber) : ICommand<Done>;

public sealed class CreateOrderSaga : Saga<CreateOrder>
{
    protected override void Define(SagaBuilder<CreateOrder> saga)
    {
        saga.Key(o => o.OrderNumber);
        saga.WaitFor<PaymentReceived>("payment").ByKey(e => e.OrderNumber)
            .Or<OrderCalledOff>(e => new Refusal("CalledOff", e.Why), byKey: e => e.OrderNumber);
    }
}

public sealed class SideBySideSaga : Saga<CreateOrder>
{
    protected override void Define(SagaBuilder<CreateOrder> saga)
    {
        saga.Key(o => o.OrderNumber);
        saga.Parallel(both =>
        {
            both.Step("reserve stock").Send(o => new ReserveStock(o.OrderNumber)).Undo(o => new ReleaseStock(o.OrderNumber));
            both.WaitFor<PaymentReceived>("payment").ByKey(e => e.OrderNumber);
            both.WaitFor<AddressConfirmed>("address").ByKey(e => e.OrderNumber).Within(TimeSpan.FromDays(1));
        });
    }
}

public sealed class StockHandlers
{
    public Reply<Done> Handle(ReserveStock command, MessageContext context) => Done.Instance;

    public Reply<Done> Handle(ReleaseStock command, MessageContext context) => Done.Instance;
}

public sealed class Talking_to_sagas_by_what_is_published
{
    private const string Order = "shop.order";
    private const string Bank = "shop.bank";

    [Fact]
    public async Task A_published_event_finds_its_saga()
    {
        await using var services = await StartAsync(s => s.AddSaga<CreateOrderSaga>());
        var start = await services[Order].StartAsync<CreateOrderSaga, CreateOrder>(new CreateOrder("4711"));
        await services[Bank].PublishAsync(new OrderCalledOff("4711", "too dear"));
        var end = await services.EndAsync(Order, start.Id);
        Assert.Equal((SagaStatus.Compensated, "CalledOff"), (end.Status, end.Failure?.Type));
    }

    [Fact]
    public async Task Side_by_side_all_have_to_come()
    {
        await using var services = await StartAsync(s => s.AddSaga<SideBySideSaga>());
        var start = await services[Order].StartAsync<SideBySideSaga, CreateOrder>(new CreateOrder("4711"));
        await services[Bank].PublishAsync(new AddressConfirmed("4711"));
        await services[Bank].PublishAsync(new PaymentReceived("4711"));
        Assert.Equal(SagaStatus.Completed, (await services.EndAsync(Order, start.Id)).Status);
    }

    private static Task<Services> StartAsync(Action<SkaldBuilder> order) => Services.StartAsync(
        (Order, order), ("shop.stock", s => s.AddHandlers<StockHandlers>()),
        (Bank, s => s.Publishes<PaymentReceived>().Publishes<AddressConfirmed>().Publishes<OrderCalledOff>()));
}
