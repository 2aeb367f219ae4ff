using Skald.Testing;
using Storefront;
using Storefront.Frontend;
using Storefront.Janitor;

namespace Skald.EndToEnd;

/// <summary>The rules of the storefront's two sagas, without processes.</summary>
public sealed class StorefrontSagaSpecs(ITestOutputHelper output)
{
    [Fact]
    public void Every_story_of_new_data_ends_as_promised()
    {
        var report = SagaVerifier.For(new DataInitSaga().Plan()).StartedWith(new DataInit([])).WithSample(new DataReset(["a line"])).Verify();

        output.WriteLine(report.ToString());
        report.ShouldHold();
        Assert.Contains(SagaStatus.Completed, report.Ends.Keys);
    }

    [Fact]
    public void Every_story_of_a_cancellation_ends_as_promised()
    {
        var order = new OrderCancelled { Uuid = new Guid(1, 1, 1, new byte[8]), Item = "a book", Quantity = 2, User = "Ann" };
        var report = SagaVerifier.For(new CancelOrderSaga().Plan()).StartedWith(new Cancellation(order))
            .WithSample(new StockReleased(2)).WithSample(new OrderClosed(true)).WithLocal((_, _, state) => state).Verify();

        output.WriteLine(report.ToString());
        report.ShouldHold();
        Assert.Contains(SagaStatus.Completed, report.Ends.Keys);
    }
}
