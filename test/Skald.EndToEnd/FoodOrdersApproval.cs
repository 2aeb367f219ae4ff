using FoodOrders.Orders;
using FoodOrders.Restaurants;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace Skald.EndToEnd;

/// <summary>The restaurant cannot start.</summary>
public sealed class FoodOrdersApproval
{
    [Fact]
    public async Task An_approval_refused_for_good_reverses_the_card_and_rejects_ticket_and_order()
    {
        await using var system = await FoodOrdersSystem.StartAsync(s => FailApprovals(s, times: 3));

        var order = await system.EndOfAsync(await system.RunAsync("run-success-saga"));

        Assert.Equal(("rejected", "compensated"), (order.Status, order.Saga!.Status));
        Assert.Equal(("approve ticket", "EnvironmentError"), (order.Saga.FailedStep, order.Saga.Failure!.Type));
        Assert.Equal("rejected", await system.TicketStatusAsync(order.TicketId));
        Assert.Equal("reversed", await system.AuthorizationStatusAsync(order.TransactionId));
        var booked = Assert.Single(await system.ProviderBooksAsync());
        Assert.Equal(("reversed", 1, 1), (booked.Status, booked.Authorizations, booked.Reversals));
    }

    [Fact]
    public async Task An_approval_refused_twice_is_granted_at_the_third_try()
    {
        await using var system = await FoodOrdersSystem.StartAsync(s => FailApprovals(s, times: 2));

        var order = await system.EndOfAsync(await system.RunAsync("run-success-saga"));

        Assert.Equal(("approved", "completed"), (order.Status, order.Saga!.Status));
        Assert.Null(order.Saga.Failure);
        Assert.Equal("approved", await system.TicketStatusAsync(order.TicketId));
    }

    private static void FailApprovals(IServiceCollection services, int times)
    {
        services.Configure<ApprovalRetries>(retries => retries.DelaySeconds = 0.05);
        services.AddSingleton(new ApprovalFailures(Options.Create(new ApprovalFailureOptions { Probability = 0.5 }), new LowFor(times)));
    }

    /// <summary>Draws low so many times, then high.</summary>
    private sealed class LowFor(int times) : Random
    {
        private int _drawn;

        public override double NextDouble() => ++_drawn <= times ? 0 : 0.99;
    }
}
