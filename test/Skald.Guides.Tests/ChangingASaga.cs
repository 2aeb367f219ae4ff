using Skald.Testing;
using Xunit;

// docs/guides/changing-a-saga.md
namespace Skald.Guides.Changing;

public sealed record CreateOrder(string Id, string CustomerId, string CardId, decimal Price)
{
    public string Currency { get; init; } = "EUR";
}

[Command("customers.check", To = "customers")]
public sealed record CheckCustomer(string Customer) : ICommand<Done>;

[Command("tickets.book", To = "tickets")]
public sealed record BookTicket(string Order) : ICommand<Done>;

[Command("tickets.cancel", To = "tickets")]
public sealed record CancelTicket(string Order) : ICommand<Done>;

[Command("cars.reserve", To = "cars")]
public sealed record ReserveCar(string Order) : ICommand<Done>;

[Command("cars.release", To = "cars")]
public sealed record ReleaseCar(string Order) : ICommand<Done>;

[Command("cards.charge", To = "cards")]
public sealed record ChargeCard(string Card, decimal Price) : ICommand<Done>;

public sealed class CreateOrderSagaAsDeployed : Saga<CreateOrder>
{
    public override string Name => "create-order";

    protected override void Define(SagaBuilder<CreateOrder> saga)
    {
        saga.Step("create ticket").Send(o => new BookTicket(o.Id)).Undo(o => new CancelTicket(o.Id));
        saga.Step("reserve car").Send(o => new ReserveCar(o.Id)).Undo(o => new ReleaseCar(o.Id));
        saga.Pivot("charge card").Send(o => new ChargeCard(o.CardId, o.Price));
    }
}

public sealed class CreateOrderSaga : Saga<CreateOrder>
{
    public override int Version => 2;

    protected override void Define(SagaBuilder<CreateOrder> saga)
    {
        saga.Step("check customer").Send(o => new CheckCustomer(o.CustomerId)).NothingToUndo("a look").Since(2);
        saga.Step("book ticket").Send(o => new BookTicket(o.Id)).Undo(o => new CancelTicket(o.Id)).Formerly("create ticket", before: 2);
        saga.Step("reserve car").Send(o => new ReserveCar(o.Id)).Undo(o => new ReleaseCar(o.Id)).Until(2);
        saga.Pivot("charge card").Send(o => new ChargeCard(o.CardId, o.Price));
        saga.StateChanged(since: 2, upgrade: s => s["currency"] = "EUR", downgrade: s => s.Remove("currency"));
    }
}

public sealed class Changing_a_saga
{
    [Fact]
    public void Old_and_new_code_carry_one_saga_in_turn()
    {
        SagaVerifier.For(new CreateOrderSagaAsDeployed().Plan())
            .Beside(new CreateOrderSaga().Plans()[0])
            .StartedWith(new CreateOrder("4711", "c1", "card 1", 20))
            .Verify().ShouldHold();
    }

    [Fact]
    public void Each_runs_the_plan_that_it_was_started_under()
    {
        var plans = new CreateOrderSaga().Plans();
        Assert.Equal(["create ticket", "reserve car", "charge card"], plans[0].Steps.Select(s => s.Name));
        Assert.Equal(["check customer", "book ticket", "charge card"], plans[1].Steps.Select(s => s.Name));
    }
}
