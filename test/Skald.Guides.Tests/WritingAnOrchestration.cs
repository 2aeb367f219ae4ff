using Dapper;
using Microsoft.Extensions.DependencyInjection;
using Skald.Decisions;
using Skald.Definition;
using Skald.Testing;
using Xunit;

// docs/guides/writing-an-orchestration.md
namespace Skald.Guides.Orchestration;

public sealed record PlaceOrder(string Number, string Customer, string Card, decimal Total, bool IsGift = false)
{
    public string? Shelf { get; init; }

    public string? Address { get; init; }

    public string? Receipt { get; init; }

    public string? Bank { get; init; }
}

[Command("customers.check", To = "customers")]
public sealed record CheckCustomer(string Customer) : ICommand<Done>;

[Command("stock.reserve", To = "stock")]
public sealed record ReserveStock(string Order) : ICommand<StockReserved>;

public sealed record StockReserved(string Shelf);

[Command("stock.release", To = "stock")]
public sealed record ReleaseStock(string Order) : ICommand<Done>;

[Command("gifts.wrap", To = "stock")]
public sealed record WrapGift(string Order) : ICommand<Done>;

[Command("gifts.unwrap", To = "stock")]
public sealed record UnwrapGift(string Order) : ICommand<Done>;

[Event("ADDRESS_CONFIRMED")]
public sealed record AddressConfirmed(string Address) : IEvent;

[Command("cards.charge", To = "cards")]
public sealed record ChargeCard(string Card, decimal Total) : ICommand<CardCharged>;

public sealed record CardCharged(string Receipt);

public sealed record CardDeclined(string Message, string Bank) : Refusal("CardDeclined", Message);

[Command("parcels.ship", To = "parcels")]
public sealed record ShipParcel(string Order, string Address) : ICommand<Done>;

public sealed class PlaceOrderSaga(OrderBook orders) : Saga<PlaceOrder>
{
    protected override void Define(SagaBuilder<PlaceOrder> saga)
    {
        saga.Key(o => o.Number, KeyUse.Once);
        saga.Summary(o => $"order {o.Number} of {o.Customer}");

        saga.Step("write it down").Do(orders.Create).Undo(orders.Reject);

        saga.Step("check the customer").Send(o => new CheckCustomer(o.Customer))
            .NothingToUndo("it only reads")
            .Within(TimeSpan.FromSeconds(5));

        saga.Parallel(both =>
        {
            both.Step("reserve the stock").Send(o => new ReserveStock(o.Number))
                .OnReply((o, stock) => o with { Shelf = stock.Shelf })
                .Undo(o => new ReleaseStock(o.Number))
                .RetryUndo(new RetryPolicy(20, TimeSpan.FromSeconds(1), TimeSpan.FromMinutes(5)));
            both.Step("wrap the gift").Send(o => new WrapGift(o.Number))
                .Undo(o => new UnwrapGift(o.Number))
                .When(o => o.IsGift);
        });

        saga.WaitFor<AddressConfirmed>("address")
            .OnEvent((o, e) => o with { Address = e.Address })
            .Within(TimeSpan.FromDays(2));

        saga.Pivot("charge the card").Send(o => new ChargeCard(o.Card, o.Total))
            .OnReply((o, card) => o with { Receipt = card.Receipt })
            .OnRefusal<CardDeclined>((o, no) => o with { Bank = no.Bank })
            .RetryRefused(2, TimeSpan.FromSeconds(5))
            .ParkAfter(TimeSpan.FromHours(1));

        saga.Retriable("ship the parcel").Send(o => new ShipParcel(o.Number, o.Address!)) // The wait brought it.
            .RetryRefused(10, TimeSpan.FromMinutes(1));

        saga.Retriable("close the order").Do(orders.Close);
    }
}

public sealed class OrderBook
{
    public async ValueTask<StepResult<PlaceOrder>> Create(PlaceOrder order, StepContext context)
    {
        if (order.Total > 10_000)
        {
            return new Refusal("TooMuch", "We take no orders above 10,000.");
        }

        await context.Connection.ExecuteAsync("INSERT INTO orders (number, status) VALUES (@Number, 'new')", order, context.Transaction);
        return order;
    }

    public StepResult<PlaceOrder> Reject(PlaceOrder order, StepContext context) => Set(order, context, "rejected");

    public StepResult<PlaceOrder> Close(PlaceOrder order, StepContext context) => Set(order, context, "closed");

    private static PlaceOrder Set(PlaceOrder order, StepContext context, string status)
    {
        context.Connection.Execute("UPDATE orders SET status = @status WHERE number = @Number", new { order.Number, status }, context.Transaction);
        return order;
    }
}

public sealed class Customers
{
    public Reply<Done> Handle(CheckCustomer command, MessageContext context) => Done.Instance;
}

public sealed class Stock
{
    public Reply<StockReserved> Handle(ReserveStock command, MessageContext context) => new StockReserved("12A");

    public Reply<Done> Handle(ReleaseStock command, MessageContext context) => Done.Instance;

    public Reply<Done> Handle(WrapGift command, MessageContext context) => Done.Instance;

    public Reply<Done> Handle(UnwrapGift command, MessageContext context) => Done.Instance;
}

public sealed class Cards
{
    public Reply<CardCharged> Handle(ChargeCard command, MessageContext context) =>
        command.Card == "empty" ? new CardDeclined("insufficient balance", "ING") : new CardCharged("r1");
}

public sealed class Parcels
{
    public Reply<Done> Handle(ShipParcel command, MessageContext context) => Done.Instance;
}

/// <summary>Each of its steps is a mistake.</summary>
public sealed class WrongSaga : Saga<PlaceOrder>
{
    protected override void Define(SagaBuilder<PlaceOrder> saga)
    {
        saga.Step("reserve the stock").Send(o => new ReserveStock(o.Number));
        saga.Pivot("charge the card").Send(o => new ChargeCard(o.Card, o.Total));
        saga.Step("wrap the gift").Send(o => new WrapGift(o.Number)).Undo(o => new UnwrapGift(o.Number));
        saga.Retriable("ship the parcel").Send(o => new ShipParcel(o.Number, "?"));
    }
}

/// <summary>Says a deadline that can have no effect.</summary>
public sealed class HastySaga : Saga<PlaceOrder>
{
    protected override void Define(SagaBuilder<PlaceOrder> saga) =>
        saga.Pivot("charge the card").Send(o => new ChargeCard(o.Card, o.Total)).Within(TimeSpan.FromSeconds(5));
}

public sealed class An_orchestration(ITestOutputHelper output)
{
    private const string Order = "shop.order";

    [Fact]
    public async Task Takes_its_steps_in_order()
    {
        await using var services = await StartAsync();
        var (end, timeline) = await RunAsync(services, new PlaceOrder("1", "Ann", "full", 20, IsGift: true));
        Assert.Equal(SagaStatus.Completed, end.Status);
        Assert.Equal(("12A", "r1"), (end.State.GetProperty("shelf").GetString(), end.State.GetProperty("receipt").GetString()));
        Assert.Equal(
            ["write it down", "check the customer", "address", "charge the card", "ship the parcel", "close the order"],
            timeline.Where(e => e.Kind == JournalKind.Done).Select(e => e.Step).Except(["reserve the stock", "wrap the gift"]));
    }

    [Fact]
    public async Task Turns_back_in_reverse_when_a_participant_refuses()
    {
        await using var services = await StartAsync();
        var (end, timeline) = await RunAsync(services, new PlaceOrder("2", "Ann", "empty", 20));
        Assert.Equal((SagaStatus.Compensated, "charge the card", "CardDeclined"), (end.Status, end.FailedStep, end.Failure?.Type));
        Assert.Equal("ING", end.State.GetProperty("bank").GetString());
        Assert.Equal(2, timeline.Count(e => e is { Kind: JournalKind.Retrying, Step: "charge the card" }));
        Assert.Equal("wrap the gift", Assert.Single(timeline, e => e.Kind == JournalKind.Skipped).Step);
        Assert.Equal(["reserve the stock", "write it down"], timeline.Where(e => e.Kind == JournalKind.Undone).Select(e => e.Step));
        await using var connection = await services[Order].OpenAsync();
        Assert.Equal("rejected", await connection.QuerySingleAsync<string>("SELECT status FROM orders"));
    }

    [Fact]
    public void Is_refused_at_start_up_with_all_its_mistakes()
    {
        var exception = Assert.Throws<SagaDefinitionException>(() => new WrongSaga().Plan());
        output.WriteLine(exception.Message);
        Assert.Equal(["SKALD103", "SKALD104", "SKALD107"], exception.Problems.Select(p => p[..8]));
    }

    [Fact]
    public void Waits_for_a_pivot_however_long_its_answer_takes()
    {
        SagaSpec.Given(new PlaceOrderSaga(new OrderBook()), new PlaceOrder("3", "Ann", "full", 20)).WithLocal((_, _, o) => o)
            .Acknowledges().Replies(new StockReserved("12A")).Raises(new AddressConfirmed("here"))
            .After(TimeSpan.FromMinutes(59)).StepIs("charge the card", StepState.Sent)
            .After(TimeSpan.FromMinutes(2)).IsParkedBecause("was not answered within");
    }

    [Fact]
    public void Has_no_deadline_for_a_pivot_that_nobody_can_undo() =>
        SagaSpec.Given(new HastySaga(), new PlaceOrder("5", "Ann", "full", 20))
            .Sends(new ChargeCard("full", 20)).After(TimeSpan.FromDays(30)).StepIs("charge the card", StepState.Sent);

    [Fact]
    public void Undoes_a_step_whose_answer_is_overdue_for_it_may_be_done() =>
        SagaSpec.Given(new PlaceOrderSaga(new OrderBook()), new PlaceOrder("4", "Ann", "full", 20)).WithLocal((_, _, o) => o)
            .Acknowledges().Sends(new ReserveStock("4")).TimesOut()
            .FailedAt("reserve the stock", "Timeout").Sends(new ReleaseStock("4")).IsNow(SagaStatus.Compensating);

    private static async Task<(SagaSnapshot End, IReadOnlyList<TimelineEntry> Timeline)> RunAsync(Services services, PlaceOrder order)
    {
        var start = await services[Order].StartAsync<PlaceOrderSaga, PlaceOrder>(order);
        await services[Order].RaiseAsync(start.Id, new AddressConfirmed("here"));
        return (await services.EndAsync(Order, start.Id), await services[Order].Operations.TimelineAsync(start.Id));
    }

    private static Task<Services> StartAsync() => Services.StartAsync(
        (Order, s =>
        {
            s.Services.AddSingleton<OrderBook>();
            s.AddSaga<PlaceOrderSaga>().AddSchema("CREATE TABLE IF NOT EXISTS orders (number TEXT PRIMARY KEY, status TEXT NOT NULL)");
        }
    ),
        ("shop.customers", s => s.AddHandlers<Customers>()), ("shop.stock", s => s.AddHandlers<Stock>()),
        ("shop.cards", s => s.AddHandlers<Cards>()), ("shop.parcels", s => s.AddHandlers<Parcels>()));
}
