using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using FoodOrders.CardProvider;

namespace Skald.EndToEnd;

/// <summary>The card provider is slow, fails, loses its answer, or hears everything twice.</summary>
public sealed class FoodOrdersCardProvider : IAsyncLifetime
{
    private FoodOrdersSystem _system = null!; // Set before each test.

    public async ValueTask InitializeAsync() => _system = await FoodOrdersSystem.StartAsync();

    public ValueTask DisposeAsync() => _system.DisposeAsync();

    [Theory]
    [InlineData(1000, 0, 0, false)]
    [InlineData(0, 2, 0, false)]
    [InlineData(0, 0, 1, false)]
    [InlineData(0, 0, 0, true)]
    public async Task Money_is_set_aside_once_whatever_the_provider_does(int delayMs, int failNext, int loseNext, bool answerTwice)
    {
        await _system.ProviderBehavesAsync(new ProviderBehaviour(delayMs, failNext, loseNext, answerTwice));

        var order = await _system.EndOfAsync(await _system.RunAsync("run-success-saga"));

        Assert.Equal(("approved", "completed"), (order.Status, order.Saga!.Status));
        var booked = Assert.Single(await _system.ProviderBooksAsync());
        Assert.Equal(("authorized", 1, 0), (booked.Status, booked.Authorizations, booked.Reversals));
        Assert.Equal(loseNext > 0 || answerTwice ? 2 : 1, booked.Calls);
    }

    [Theory]
    [InlineData(-5)]
    [InlineData(int.MaxValue)]
    public async Task A_delay_that_nobody_could_wait_for_is_refused(int delayMs)
    {
        using var answer = await _system.Http.PutAsJsonAsync("accounting/card-provider/behaviour", new ProviderBehaviour(delayMs));

        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
        Assert.Equal(["delayMs"], (await answer.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("errors").EnumerateObject().Select(e => e.Name));
    }

    [Fact]
    public async Task A_provider_that_sets_money_aside_but_never_says_so_gives_it_back_when_it_can_be_reached()
    {
        await _system.ProviderBehavesAsync(new ProviderBehaviour(LoseNext: 1000));
        var id = await _system.RunAsync("run-success-saga");
        await _system.UntilAsync(id, o => o.Saga!.Status == "compensating");
        await _system.ProviderBehavesAsync(new ProviderBehaviour());

        var order = await _system.EndOfAsync(id);

        Assert.Equal(("rejected", "compensated"), (order.Status, order.Saga!.Status));
        Assert.Equal(("authorize card", "Timeout"), (order.Saga.FailedStep, order.Saga.Failure!.Type));
        Assert.Equal("rejected", await _system.TicketStatusAsync(order.TicketId));
        var booked = Assert.Single(await _system.ProviderBooksAsync());
        Assert.Equal(("reversed", 1, 1), (booked.Status, booked.Authorizations, booked.Reversals));
    }

    [Fact]
    public async Task A_provider_slower_than_the_deadline_ends_without_money_set_aside()
    {
        await _system.ProviderBehavesAsync(new ProviderBehaviour(DelayMs: 6000));
        var id = await _system.RunAsync("run-success-saga");
        await _system.UntilAsync(id, o => o.Saga!.Status == "compensating");
        await _system.ProviderBehavesAsync(new ProviderBehaviour());

        var order = await _system.EndOfAsync(id);

        Assert.Equal(("rejected", "compensated"), (order.Status, order.Saga!.Status));
        var booked = Assert.Single(await _system.ProviderBooksAsync());
        Assert.Equal(("reversed", 1, 1), (booked.Status, booked.Authorizations, booked.Reversals));
    }
}
