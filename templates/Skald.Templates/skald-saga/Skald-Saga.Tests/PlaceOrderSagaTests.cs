using Skald;
using Skald.Testing;

namespace Skald_Saga.Tests;

public sealed class PlaceOrderSagaTests
{
    private static readonly OrderState s_order = new("tea", 2, 9.80m, "ada");

    [Fact]
    public void An_order_is_charged_and_shipped() =>
        Reserved()
            .Sends(new ChargeCard("ada", 9.80m)).Replies(new CardCharged("R1"))
            .Sends(new ShipParcel("tea", 2)).Acknowledges()
            .SendsNothing().IsNow(SagaStatus.Completed).StateIs(o => o.Receipt == "R1");

    [Fact]
    public void A_declined_card_releases_the_stock() =>
        Reserved()
            .Sends(new ChargeCard("ada", 9.80m)).Refuses("CardDeclined")
            .Sends(new ReleaseStock("tea", 2)).Acknowledges()
            .SendsNothing().IsNow(SagaStatus.Compensated);

    [Fact]
    public void Without_stock_nothing_is_charged() =>
        SagaSpec.Given(new PlaceOrderSaga(), s_order)
            .Sends(new ReserveStock("tea", 2)).Refuses("OutOfStock")
            .SendsNothing().IsNow(SagaStatus.Compensated);

    // Every order in which answers, deadlines, repeats and crashes can come.
    [Fact]
    public void Every_story_of_an_order_ends_as_promised() =>
        SagaVerifier.For(new PlaceOrderSaga().Plan()).StartedWith(s_order).Verify().ShouldHold();

    private static SagaSpec<OrderState> Reserved() =>
        SagaSpec.Given(new PlaceOrderSaga(), s_order)
            .Sends(new ReserveStock("tea", 2)).Acknowledges();
}
