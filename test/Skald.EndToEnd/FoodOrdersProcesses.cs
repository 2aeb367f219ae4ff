using System.Collections.Concurrent;
using System.Net.Http.Json;
using System.Text.Json;
using FoodOrders.CardProvider;
using FoodOrders.Orders;

namespace Skald.EndToEnd;

/// <summary>The services as processes that share a data folder, killed at the wrong moment.</summary>
public sealed class FoodOrdersProcesses : IDisposable
{
    private static readonly TimeSpan LookInterval = TimeSpan.FromMilliseconds(50);
    private readonly string _data = Directory.CreateTempSubdirectory("skald-food-orders-").FullName;
    private readonly ConcurrentBag<FoodOrdersProcess> _started = [];

    public void Dispose()
    {
        foreach (var process in _started)
        {
            process.Dispose();
        }

        Directory.Delete(_data, recursive: true);
    }

    [Fact]
    public async Task Orders_go_on_after_the_orchestrator_and_a_participant_were_killed_and_money_is_set_aside_once()
    {
        await Task.WhenAll(StartAsync("Consumer"), StartAsync("Restaurant"));
        var accounting = await StartAsync("Accounting");
        (await accounting.Http.PutAsJsonAsync("card-provider/behaviour", new ProviderBehaviour(DelayMs: 1500))).EnsureSuccessStatusCode();
        var killed = await StartAsync("Order");
        await Task.WhenAll(Enumerable.Range(0, 5).Select(_ => killed.Http.GetStringAsync("run-success-saga")));
        await UntilAsync(killed, o => o.Saga?.Step == "authorize card");
        killed.Kill();
        accounting.Kill();
        var again = await StartAsync("Accounting");
        var order = await StartAsync("Order");

        var orders = await UntilAsync(order, o => o.Saga?.Status is "completed" or "compensated" or "parked");

        Assert.Equal(5, orders.Count);
        Assert.All(orders, o => Assert.Equal(("approved", "completed"), (o.Status, o.Saga!.Status)));
        var books = await again.Http.GetFromJsonAsync<List<CardAuthorization>>("card-provider/authorizations");
        Assert.Equal(5, books!.Count);
        Assert.All(books, b => Assert.Equal(("authorized", 1, 0), (b.Status, b.Authorizations, b.Reversals)));
    }

    private async Task<FoodOrdersProcess> StartAsync(string service)
    {
        var process = await FoodOrdersProcess.StartAsync(service, _data);
        _started.Add(process);
        return process;
    }

    /// <summary>All orders once each looks as wished; fails after 30 seconds.</summary>
    private static async Task<IReadOnlyList<OrderView>> UntilAsync(FoodOrdersProcess order, Func<OrderView, bool> wished)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        using var timer = new PeriodicTimer(LookInterval);
        while (true)
        {
            var orders = await order.Http.GetFromJsonAsync<List<OrderView>>("orders") ?? [];
            if (orders.All(wished))
            {
                return orders;
            }

            Assert.False(limit.IsCancellationRequested, $"The orders did not get there in 30 s: {JsonSerializer.Serialize(orders)}");
            await timer.WaitForNextTickAsync(CancellationToken.None);
        }
    }
}
