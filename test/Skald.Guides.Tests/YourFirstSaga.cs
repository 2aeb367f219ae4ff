using Skald.Testing;
using Xunit;

// The step that docs/guides/your-first-saga.md adds; the rest of it is the template's.
namespace Skald.Guides.YourFirstSaga;

public static class Services
{
    public const string Stock = "orders.stock";
}

[Command("stock.wrap", To = Services.Stock)]
public sealed record WrapParcel(string Product) : ICommand<Done>;

[Command("stock.unwrap", To = Services.Stock)]
public sealed record UnwrapParcel(string Product) : ICommand<Done>;

public sealed class StockHandlers
{
    public Reply<Done> Handle(WrapParcel command, MessageContext context) => Done.Instance;

    public Reply<Done> Handle(UnwrapParcel command, MessageContext context) => Done.Instance;
}

public sealed record OrderState(string Product);

public sealed class PlaceOrderSaga : Saga<OrderState>
{
    protected override void Define(SagaBuilder<OrderState> saga)
    {
        saga.Step("wrap the parcel").Send(o => new WrapParcel(o.Product)).Undo(o => new UnwrapParcel(o.Product));
        saga.Pivot("note").Do((o, _) => new Refusal("No", "")).NothingToUndo("it only says no");
    }
}

public sealed class The_step_that_the_first_guide_adds
{
    [Fact]
    public void Is_undone() => SagaSpec.Given(new PlaceOrderSaga(), new OrderState("tea"))
        .Sends(new WrapParcel("tea")).Acknowledges().Sends(new UnwrapParcel("tea")).Acknowledges().IsNow(SagaStatus.Compensated);
}
