namespace Skald.EndToEnd;

/// <summary>Every command and every reply arrives twice.</summary>
public sealed class FoodOrdersDuplicates : IAsyncLifetime
{
    private FoodOrdersSystem _system = null!; // Set before each test.

    public async ValueTask InitializeAsync() => _system = await FoodOrdersSystem.StartAsync(everyMessageTwice: true);

    public ValueTask DisposeAsync() => _system.DisposeAsync();

    [Fact]
    public async Task A_reply_that_comes_twice_authorizes_the_card_once()
    {
        var ids = await Task.WhenAll(Enumerable.Range(0, 5).Select(_ => _system.RunAsync("run-success-saga")));

        var orders = await Task.WhenAll(ids.Select(_system.EndOfAsync));

        Assert.All(orders, o => Assert.Equal("approved", o.Status));
        var books = await _system.ProviderBooksAsync();
        Assert.Equal(5, books.Count);
        Assert.All(books, b => Assert.Equal((1, 0, 1), (b.Authorizations, b.Reversals, b.Calls)));
    }

    [Fact]
    public async Task A_refusal_that_comes_twice_rejects_the_order_once_and_for_good()
    {
        var order = await _system.EndOfAsync(await _system.RunAsync("run-saga-failing-on-card-authorization"));

        Assert.Equal(("rejected", "compensated"), (order.Status, order.Saga!.Status));
        Assert.Equal("rejected", await _system.TicketStatusAsync(order.TicketId));
    }
}
