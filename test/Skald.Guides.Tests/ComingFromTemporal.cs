using Microsoft.Extensions.DependencyInjection;
using Skald.Testing;
using Xunit;

// docs/guides/coming-from-temporal.md
namespace Skald.Guides.ComingFromTemporal;

public sealed record Order(string Number, string Card)
{
    public string? ApprovedBy { get; init; }
}

[Command("stock.reserve", To = "stock")]
public sealed record ReserveStock(string Order) : ICommand<Done>;

[Command("stock.release", To = "stock")]
public sealed record ReleaseStock(string Order) : ICommand<Done>;

[Command("card.charge", To = "card")]
public sealed record ChargeCard(string Order, string Card) : ICommand<Done>;

[Command("parcels.ship", To = "parcels")]
public sealed record ShipParcel(string Order) : ICommand<Done>;

[Event("ORDER_APPROVED")]
public sealed record OrderApproved(string By) : IEvent;

public sealed class OrderSaga : Saga<Order>
{
    protected override void Define(SagaBuilder<Order> saga)
    {
        saga.Key(o => o.Number, KeyUse.OneAtATime);
        saga.Step("reserve").Send(o => new ReserveStock(o.Number)).Undo(o => new ReleaseStock(o.Number));
        saga.WaitFor<OrderApproved>("approval").OnEvent((o, e) => o with { ApprovedBy = e.By }).Within(TimeSpan.FromDays(3));
        saga.Pivot("charge").Send(o => new ChargeCard(o.Number, o.Card));
        saga.Retriable("ship").Send(o => new ShipParcel(o.Number)).RetryRefused(100, TimeSpan.FromMinutes(10));
    }
}

public sealed class Everybody
{
    public Reply<Done> Handle(ReserveStock command, MessageContext context) => Done.Instance;

    public Reply<Done> Handle(ReleaseStock command, MessageContext context) => Done.Instance;
}

public sealed class CardHandlers
{
    public Reply<Done> Handle(ChargeCard command, MessageContext context) => Done.Instance;
}

public sealed class ParcelHandlers
{
    public Reply<Done> Handle(ShipParcel command, MessageContext context) => Done.Instance;
}

public sealed class A_workflow_that_became_a_saga
{
    [Fact]
    public async Task Is_started_signalled_and_asked()
    {
        await using var services = await Services.StartAsync(
            ("shop.order", s => s.AddSaga<OrderSaga>()), ("shop.stock", s => s.AddHandlers<Everybody>()),
            ("shop.card", s => s.AddHandlers<CardHandlers>()), ("shop.parcels", s => s.AddHandlers<ParcelHandlers>()));
        var service = services["shop.order"];

        var start = await service.StartAsync<OrderSaga, Order>(new Order("4711", "full"));            // StartWorkflowAsync
        await service.RaiseAsync<OrderSaga, OrderApproved>("4711", new OrderApproved("ann"));        // SignalAsync
        var end = await service.WaitAsync(start.Id);                                                 // GetResultAsync
        var by = end.State.GetProperty("approvedBy").GetString();                                    // QueryAsync

        Assert.Equal((SagaStatus.Completed, "ann"), (end.Status, by));
    }

    [Fact]
    public void Turns_back_when_nobody_approves() =>
        SagaSpec.Given(new OrderSaga(), new Order("4711", "full"))
            .Acknowledges().After(TimeSpan.FromDays(3)).FailedAt("approval", "Timeout").Sends(new ReserveStock("4711")).Sends(new ReleaseStock("4711"));
}
