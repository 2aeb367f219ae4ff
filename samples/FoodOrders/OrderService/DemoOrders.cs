using System.Collections.Immutable;

namespace FoodOrders.Orders;

/// <summary>The ready-made orders that the home page offers. Each call makes new items: orders never share them.</summary>
public sealed class DemoOrders(Random random)
{
    private readonly Lock _lock = new();

    /// <summary>The pages, in the order in which they are listed.</summary>
    public static IReadOnlyList<DemoPage> Pages { get; } =
    [
        new("run-random-saga", "random consumer, price and card", d => d.Order(d.Draw(1, 100), d.Draw(1, 100), d.Draw(1, 5))),
        new("run-success-saga", "ends approved", d => d.Order(70, 20)),
        new("run-saga-failing-on-consumer-verification-because-of-incorrect-id", "the consumer is refused", d => d.Order(10, 20)),
        new("run-saga-failing-on-consumer-verification-because-of-timeout", "the consumer service takes 7 seconds, 5 are allowed", d => d.Order(55, 20)),
        new("run-saga-where-orchestrator-code-fails", "the orchestrator's own code throws", d => d.BreakingOrder()),
        new("run-saga-failing-on-card-authorization", "the card is declined", d => d.Order(70, 80)),
    ];

    private CreateOrderState Order(int consumer, int price, int card = 1) =>
        new(consumer, card, price, [new OrderItem("Dish 1", Draw(1, 5)), new OrderItem("Dish 2", Draw(1, 5))]);

    private CreateOrderState BreakingOrder() => Order(70, 20) with { Items = [new OrderItem("Dish 1", Kitchen.BreakingQuantity)] };

    private int Draw(int least, int most)
    {
        // Random is not made for several threads.
        lock (_lock)
        {
            return random.Next(least, most + 1);
        }
    }
}

/// <summary>One of them.</summary>
/// <param name="Path">Its path, relative to the home page.</param>
/// <param name="Outcome">What to expect.</param>
/// <param name="Make">Makes the order.</param>
public sealed record DemoPage(string Path, string Outcome, Func<DemoOrders, CreateOrderState> Make);
