using System.Net.Http.Json;
using System.Text.Json;

namespace Skald.EndToEnd;

/// <summary>Each way an order can end.</summary>
public abstract class FoodOrdersRoutes(Func<Task<FoodOrdersSystem>> start) : IAsyncLifetime
{
    private FoodOrdersSystem _system = null!; // Set before each test.

    public async ValueTask InitializeAsync() => _system = await start();

    public ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        return _system.DisposeAsync();
    }

    [Fact]
    public async Task An_order_that_everybody_agrees_to_is_approved()
    {
        var order = await _system.EndOfAsync(await _system.RunAsync("run-success-saga"));

        Assert.Equal(("approved", "completed"), (order.Status, order.Saga!.Status));
        Assert.Null(order.Saga.FailedStep);
        Assert.Equal("approved", await _system.TicketStatusAsync(order.TicketId));
        Assert.Equal("authorized", await _system.AuthorizationStatusAsync(order.TransactionId));
    }

    [Fact]
    public async Task An_incorrect_consumer_id_rejects_the_order()
    {
        var order = await _system.EndOfAsync(await _system.RunAsync("run-saga-failing-on-consumer-verification-because-of-incorrect-id"));

        Assert.Equal(("rejected", "compensated"), (order.Status, order.Saga!.Status));
        Assert.Equal("verify consumer", order.Saga.FailedStep);
        Assert.Equal(("ValueError", "Consumer has incorrect id = 10"), (order.Saga.Failure!.Type, order.Saga.Failure.Message));
        Assert.Null(order.TicketId);
    }

    [Fact]
    public async Task Code_of_the_orchestrator_that_throws_rejects_the_order()
    {
        var order = await _system.EndOfAsync(await _system.RunAsync("run-saga-where-orchestrator-code-fails"));

        Assert.Equal(("rejected", "compensated"), (order.Status, order.Saga!.Status));
        Assert.Equal("create ticket", order.Saga.FailedStep);
        Assert.Equal(("KeyError", "'Incorrect quantity'"), (order.Saga.Failure!.Type, order.Saga.Failure.Message));
        Assert.Null(order.TicketId);
    }

    [Fact]
    public async Task A_declined_card_rejects_ticket_and_order()
    {
        var order = await _system.EndOfAsync(await _system.RunAsync("run-saga-failing-on-card-authorization"));

        Assert.Equal(("rejected", "compensated"), (order.Status, order.Saga!.Status));
        Assert.Equal("authorize card", order.Saga.FailedStep);
        Assert.Equal(("ValueError", "Card authorization failed. Insiffucient balance"), (order.Saga.Failure!.Type, order.Saga.Failure.Message));
        Assert.Equal("rejected", await _system.TicketStatusAsync(order.TicketId));
        Assert.Null(order.TransactionId);
    }

    [Fact]
    public async Task A_consumer_service_that_is_too_slow_rejects_the_order_and_its_late_answer_changes_nothing()
    {
        var slow = await _system.RunAsync("run-saga-failing-on-consumer-verification-because-of-timeout");
        // Others do not wait for the slow one.
        var quick = await _system.EndOfAsync(await _system.RunAsync("run-success-saga"));
        Assert.Equal("approved", quick.Status);
        Assert.Equal("running", (await _system.FindAsync(slow)).Saga!.Status);

        var order = await _system.EndOfAsync(slow);
        Assert.Equal(("rejected", "compensated"), (order.Status, order.Saga!.Status));
        Assert.Equal(("verify consumer", "Timeout"), (order.Saga.FailedStep, order.Saga.Failure!.Type));

        // The answer comes after 7 seconds; another order to the same consumer ends after it was sent.
        var later = await _system.EndOfAsync(await _system.RunAsync("run-saga-failing-on-consumer-verification-because-of-timeout"));
        Assert.Equal("rejected", later.Status);
        Assert.Equal(order with { Items = default }, await _system.FindAsync(slow) with { Items = default });
    }

    [Fact]
    public async Task A_failure_shows_type_and_message_and_nothing_of_the_inside()
    {
        var id = await _system.RunAsync("run-saga-where-orchestrator-code-fails");
        await _system.EndOfAsync(id);

        var failure = (await _system.Http.GetFromJsonAsync<JsonElement>($"orders/{id}")).GetProperty("saga").GetProperty("failure");

        Assert.Equal(["type", "message"], failure.EnumerateObject().Select(p => p.Name));
        Assert.DoesNotContain(" at ", failure.GetProperty("message").GetString());
    }

    [Fact]
    public async Task Ten_orders_started_at_once_keep_their_own_items_and_get_ids_of_their_own()
    {
        var ids = await Task.WhenAll(Enumerable.Range(1, 10).Select(n => _system.PlaceAsync(FoodOrdersSystem.Order(item: $"Dish {n}", quantity: n))));

        var orders = await Task.WhenAll(ids.Select(_system.EndOfAsync));

        Assert.All(orders, o => Assert.Equal("approved", o.Status));
        Assert.Equal(
            Enumerable.Range(1, 10).Select(n => ($"Dish {n}", (long)n)),
            orders.Select(o => (Assert.Single(o.Items).Name, o.Items[0].Quantity)));
        Assert.Equal(10, orders.Select(o => o.Id).Distinct().Count());
        Assert.Equal(10, orders.Select(o => o.TicketId).Distinct().Count());
        Assert.Equal(10, orders.Select(o => o.TransactionId).Distinct().Count());
    }

    [Fact]
    public async Task Ready_made_orders_started_at_once_each_have_both_default_items()
    {
        var ids = await Task.WhenAll(Enumerable.Range(1, 10).Select(_ => _system.RunAsync("run-success-saga")));

        var orders = await Task.WhenAll(ids.Select(_system.EndOfAsync));

        Assert.All(orders, o => Assert.Equal(["Dish 1", "Dish 2"], o.Items.Select(i => i.Name)));
        Assert.All(orders, o => Assert.Equal("approved", o.Status));
    }
}
