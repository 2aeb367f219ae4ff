using FoodOrders;
using FoodOrders.Orders;
using Microsoft.Extensions.Options;
using ParkingOrchestration.Booking;
using ParkingOrchestration.Contracts;
using Skald.Testing;
using Skald.Tests;
using Storefront;
using Storefront.Frontend;
using Storefront.Janitor;

namespace Skald.EndToEnd;

/// <summary>What people may do to the sagas of the samples: every act, at any time, in every state.</summary>
public sealed class Acts_on_sagas_of_the_samples(ITestOutputHelper output)
{
    [Fact]
    public void On_an_order() => Hold(SagaVerifier.For(new CreateOrderSaga(new OrderBook(), Options.Create(new ApprovalRetries())).Plan())
        .StartedWith(new CreateOrderState(70, 1, 20, [new OrderItem("Dish 1", 2)]))
        .WithLocal((step, undo, state) => step == "create order" && !undo ? (CreateOrderState)state with { OrderId = 1 } : state)
        .WithSample(new TicketCreated(7)).WithSample(new CardAuthorized(11)));

    [Fact]
    public void On_a_booking() => Hold(SagaVerifier.For(new BookingSaga().Plan())
        .StartedWith(new BookingState("A1"))
        .WithLocal((step, undo, state) => step == "create booking" && !undo ? (BookingState)state with { Id = 1, ParkingSlotRefNo = "R1" } : state)
        .WithSample(new BillPaid("R1", 100.00m)));

    [Fact]
    public void On_new_data() => Hold(SagaVerifier.For(new DataInitSaga().Plan()).StartedWith(new DataInit([])).WithSample(new DataReset(["a line"])));

    [Fact]
    public void On_a_cancellation() => Hold(SagaVerifier.For(new CancelOrderSaga().Plan())
        .StartedWith(new Cancellation(new OrderCancelled { Uuid = new Guid(1, 1, 1, new byte[8]), Item = "a book", Quantity = 2, User = "Ann" }))
        .WithSample(new StockReleased(2)).WithSample(new OrderClosed(true)).WithLocal((_, _, state) => state));

    private void Hold(SagaVerification verification)
    {
        var check = new ForesightCheck();
        var report = check.On(verification).Faults(_ => Faults.None with { Acts = 1, Resumes = 1, Refusals = 1, UndoFailures = 1 }).Verify();
        output.WriteLine($"{report}; {check.Acts:N0} acts foreseen in {check.States:N0} states");
        report.ShouldHold();
        Assert.True(check.Acts > 20);
    }
}
