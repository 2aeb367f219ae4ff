using System.Collections.Concurrent;
using System.Globalization;
using System.Text;
using System.Text.Json;
using Skald.Messaging;

namespace Skald.EndToEnd;

/// <summary>What went wrong in the original, and does not here.</summary>
[Collection("Storefront")]
public sealed class StorefrontRegressions(Servers servers)
{
    [Theory]
    [InlineData("sqlite", "sqlite")]
    [InlineData("postgres", "amqp")]
    public async Task The_messages_of_a_cancelled_order_have_no_effect_when_they_are_replayed(string store, string broker)
    {
        await using var shop = await StorefrontSystem.OnAsync(servers, store, broker);
        await shop.ServeAsync(StorefrontSystem.All);
        await shop.FillAsync();
        var copies = new Dictionary<string, ConcurrentQueue<Delivery>>();
        foreach (var topic in (string[])["frontend", "order-created", "inventory-updated", "error"])
        {
            copies[topic] = await shop.CopyAsync(topic);
        }

        var refused = await shop.PlaceAsync(StorefrontSystem.Order("widget", 10_001));
        await shop.BecomesAsync(refused, "cancelled");
        var unpaid = await shop.PlaceAsync(StorefrontSystem.Order("widget", 100, rest: [("payment-error", true)]));
        await shop.BecomesAsync(unpaid, "cancelled");
        await shop.VerbAsync("inventory", "set_stock", ("item", "widget"), ("quantity", 50_000L), ("price", 10m)); // Now there would be enough.

        (string Topic, int Copies)[] expected = [("frontend", 2), ("order-created", 2), ("inventory-updated", 1), ("error", 2)];
        await Eventually.TrueAsync("every message was copied", () => Task.FromResult(expected.All(e => copies[e.Topic].Count == e.Copies)));
        foreach (var (topic, messages) in copies)
        {
            foreach (var copy in messages.ToList())
            {
                // A new id, so that only what the services remember of the order can hold it up; and no payment-error any more.
                var body = Encoding.UTF8.GetString(copy.Body.Span).Replace("payment-error", "was", StringComparison.Ordinal);
                await shop.PublishAsync(topic, body, copy.Envelope?.Type, copy.Envelope?.Flow);
            }
        }

        // An order that comes after the replays on every topic is done when they are.
        await shop.BecomesAsync(await shop.PlaceAsync(StorefrontSystem.Order("widget", 1)), "paid");
        await shop.BecomesAsync(await shop.PlaceAsync(StorefrontSystem.Order("nothing", 1)), "cancelled");
        Assert.Equal(49_999, await shop.StockAsync("widget"));
        Assert.Equal([1L], await shop.RowsAsync<long>("payments", "SELECT quantity FROM payments"));
        Assert.Equal(3, (await shop.CancellationsAsync()).Count);
        foreach (var uuid in (string[])[refused, unpaid])
        {
            Assert.Equal(("cancelled", "undone"), ((await shop.FindAsync(uuid)).Text("status"), (await shop.FindAsync(uuid)).GetProperty("flow").Text("status")));
        }
    }

    [Theory]
    [InlineData("sqlite", "sqlite")]
    [InlineData("postgres", "amqp")]
    public async Task A_malformed_message_becomes_a_dead_letter_and_the_worker_goes_on(string store, string broker)
    {
        await using var shop = await StorefrontSystem.OnAsync(servers, store, broker);
        await shop.ServeAsync(StorefrontSystem.All);
        await shop.FillAsync();
        const string Order = """{"uuid":"0f8fad5b-d9cb-469f-a165-70867728950e","item":"widget","quantity":5,"user":"jack"}""";
        (string Topic, string Service, string Body)[] malformed =
        [
            ("frontend", "orders", "{\"item\":"),
            ("frontend", "orders", "[1]"),
            ("frontend", "orders", Order.Replace("\"user\":\"jack\"", "\"x\":1", StringComparison.Ordinal)),
            ("order-created", "inventory", Order.Replace(":5", ":\"5\"", StringComparison.Ordinal)),
            ("order-created", "inventory", Order.Replace(":5", ":-5", StringComparison.Ordinal)),
            ("order-created", "inventory", Order.Replace(":5", ":0.5", StringComparison.Ordinal)),
            ("inventory-updated", "payments", Order),
            ("error", "janitor", "null"),
        ];

        foreach (var (topic, _, body) in malformed)
        {
            await shop.PublishAsync(topic, body);
        }

        foreach (var service in malformed.GroupBy(m => m.Service))
        {
            var rows = (await shop.OpenAsync(service.Key)).Operations;
            await Eventually.TrueAsync($"{service.Key} has its dead letters", async () => (await rows.DeadLettersAsync(0, 100)).Count == service.Count());
        }

        await shop.BecomesAsync(await shop.PlaceAsync(StorefrontSystem.Order()), "paid");
        Assert.Equal(9950, await shop.StockAsync("widget"));
    }

    [Theory]
    [InlineData("sqlite", "sqlite")]
    [InlineData("postgres", "amqp")]
    public async Task An_order_is_stuck_at_payments_while_it_is_stopped_and_goes_on_when_it_returns(string store, string broker)
    {
        await using var shop = await StorefrontSystem.OnAsync(servers, store, broker);
        const double Deadline = 1;
        shop.Environment["STOREFRONT_DEADLINE_SECONDS"] = Deadline.ToString(CultureInfo.InvariantCulture);
        await shop.ServeAsync("Frontend", "Orders", "Inventory", "Janitor");
        await shop.FillAsync();
        var uuid = await shop.PlaceAsync(StorefrontSystem.Order());
        await shop.BecomesAsync(uuid, "stock_reserved");

        JsonElement order = default;
        await Eventually.TrueAsync("the order is stuck", async () => (order = await shop.FindAsync(uuid)).GetProperty("flow").Text("status") == "stuck");
        var reserved = order.GetProperty("history").EnumerateArray().Single(e => e.Text("event") == "inventory-updated").GetProperty("at").GetDateTimeOffset();
        Assert.InRange(TimeProvider.System.GetUtcNow() - reserved, TimeSpan.FromSeconds(Deadline), TimeSpan.FromSeconds(Deadline + 2));
        Assert.Contains("payment-created of payments or payment-failed of payments did not come", order.GetProperty("flow").Text("reason"), StringComparison.Ordinal);
        Assert.Equal(["payment-created of payments", "payment-failed of payments"], order.GetProperty("flow").GetProperty("waits_for").EnumerateArray().Select(e => e.GetString()));

        await shop.ServeAsync("Payments");
        Assert.Equal("completed", (await shop.BecomesAsync(uuid, "paid")).GetProperty("flow").Text("status"));
    }
}
