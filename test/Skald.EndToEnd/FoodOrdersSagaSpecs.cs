using FoodOrders;
using FoodOrders.Orders;
using Microsoft.Extensions.Options;
using Skald.Testing;

namespace Skald.EndToEnd;

/// <summary>The order saga's rules, without processes.</summary>
public sealed class FoodOrdersSagaSpecs(ITestOutputHelper output)
{
    [Theory]
    [InlineData(2)]
    [InlineData(100500)]
    public void Every_story_of_an_order_ends_as_promised(int quantity)
    {
        var report = SagaVerifier.For(new CreateOrderSaga(new OrderBook(), Options.Create(new ApprovalRetries())).Plan())
            .StartedWith(new CreateOrderState(70, 1, 20, [new OrderItem("Dish 1", quantity)]))
            .WithLocal((step, undo, state) => step == "create order" && !undo ? (CreateOrderState)state with { OrderId = 1 } : state)
            .WithSample(new TicketCreated(7)).WithSample(new CardAuthorized(11))
            .Verify();

        output.WriteLine(report.ToString());
        report.ShouldHold();
        Assert.Equal(quantity == 2, report.Ends.ContainsKey(SagaStatus.Completed));
    }
}
