using System.Net;
using System.Net.Http.Json;
using System.Text.Json;

namespace Skald.EndToEnd;

/// <summary>The document's walk-through, typed against separately started services.</summary>
[Collection("Storefront")]
public sealed class StorefrontDocument(Servers servers)
{
    [Theory]
    [InlineData("sqlite", "sqlite")]
    [InlineData("postgres", "amqp")]
    public async Task The_requests_of_the_document_end_as_it_says(string store, string broker)
    {
        await using var shop = await StorefrontSystem.OnAsync(servers, store, broker);
        await shop.ServeAsync(StorefrontSystem.All);
        Assert.Contains("Wrote item widget: 10000 at 10.", (await shop.RunAsync("Frontend", "data-init")).Output, StringComparison.Ordinal);
        Assert.Equal("Index Page\n", await shop.Http.GetStringAsync("/"));
        Assert.Equal("called GET\n", await shop.Http.GetStringAsync("/order"));

        await PaysAsync(shop);
        await CancelsAsync(shop);
        await RefusesAsync(shop);
        await RepeatsAsync(shop);
    }

    private static async Task PaysAsync(StorefrontSystem shop)
    {
        var uuid = await shop.PlaceAsync(StorefrontSystem.Order(rest: [("gift", new { wrap = true }), ("uuid", "mine"), ("total_invoice", -1)]));
        var paid = await shop.BecomesAsync(uuid, "paid");
        Assert.Equal(("completed", 500m, 10m), (paid.GetProperty("flow").Text("status"), paid.GetProperty("total_invoice").GetDecimal(), paid.GetProperty("price_per_unit").GetDecimal()));
        Assert.Equal(["order-placed", "order-created", "inventory-updated", "payment-created"], History(paid));
        Assert.Equal(9950, await shop.StockAsync("widget"));

        var pulled = await shop.RunAsync("Frontend", "subscriptions", "pull", "payment-created-sub", "--auto-ack");
        Assert.Equal((0, ""), (pulled.ExitCode, pulled.Error));
        var message = JsonSerializer.Deserialize<JsonElement>(Assert.Single(pulled.Output.TrimEnd().Split('\n')));
        Assert.Equal((uuid, 500, $"Order {uuid} processing complete!", true),
            (message.Text("uuid"), message.GetProperty("total_invoice").GetInt32(), message.Text("status"), message.GetProperty("gift").GetProperty("wrap").GetBoolean()));
        Assert.Equal("paid", (await shop.BecomesAsync(await shop.PlaceAsync(StorefrontSystem.Order("wotsit", 80, "jill")), "paid")).Text("status"));

        await shop.RunAsync("Inventory", "set_stock", "a/b", "5");
        await shop.BecomesAsync(await shop.PlaceAsync(StorefrontSystem.Order("a/b", 5)), "paid");
        Assert.Equal(0, await shop.StockAsync("a/b"));
    }

    private static async Task CancelsAsync(StorefrontSystem shop)
    {
        var before = await shop.StockAsync("wotsit");
        (string Order, Func<string, string> Reason)[] failures =
        [
            (StorefrontSystem.Order("wotsit", 80, "jill", ("payment-error", "null")), uuid => $"Payment error detected for order {uuid}. Issuing error message to error"),
            (StorefrontSystem.Order("wotsit", 80, "jill", ("payment-error", null)), uuid => $"Payment error detected for order {uuid}. Issuing error message to error"),
            (StorefrontSystem.Order("wotsit", 500_000, "jill"), uuid => $"Insufficient inventory for wotsit to fulfill order {uuid}. Issuing error message to error"),
            (StorefrontSystem.Order("gadget", 1, "jill"), _ => "Item gadget does not exist. Issuing error message to error"),
            (StorefrontSystem.Order("widget", 25, "jimbo"), _ => "User jimbo does not exist. Issuing error message to error"),
        ];
        var reasons = new List<string>();
        foreach (var (order, reason) in failures)
        {
            var uuid = await shop.PlaceAsync(order);
            var cancelled = await shop.BecomesAsync(uuid, "cancelled");
            reasons.Add(reason(uuid));
            Assert.Equal((reason(uuid), "undone", "order-cancelled"), (cancelled.Text("reason"), cancelled.GetProperty("flow").Text("status"), History(cancelled)[^1]));
            Assert.DoesNotContain(await shop.RowsAsync<string>("orders", "SELECT uuid FROM user_orders WHERE status = 'created'"), u => u == uuid);
        }

        Assert.Equal(before, await shop.StockAsync("wotsit"));
        Assert.Equal(failures.Length, (await shop.CancellationsAsync()).Count(StorefrontSystem.IsDone));

        // The janitor had its own copies: a person at a terminal takes nothing away from it.
        var errors = await shop.RunAsync("Frontend", "subscriptions", "pull", "error-cli-sub", "--auto-ack", "--limit", "50", "--json");
        Assert.Equal(reasons.Order(), JsonSerializer.Deserialize<List<JsonElement>>(errors.Output)!.Select(m => m.GetProperty("data").Text("status")).Order());
    }

    private static async Task RefusesAsync(StorefrontSystem shop)
    {
        var known = await shop.RowsAsync<long>("frontend", "SELECT count(*) FROM orders");
        (string Body, string[] Fields)[] wrong =
        [
            ("{}", ["item", "quantity", "user"]),
            (StorefrontSystem.Order(quantity: -5), ["quantity"]),
            (StorefrontSystem.Order(quantity: 0), ["quantity"]),
            (StorefrontSystem.Order(quantity: 1.5), ["quantity"]),
            (StorefrontSystem.Order(quantity: "50"), ["quantity"]),
            (StorefrontSystem.Order(item: " "), ["item"]),
            (StorefrontSystem.Order(rest: [("User", "jill")]), ["User"]),
            ("[]", ["body"]),
        ];
        foreach (var (body, fields) in wrong)
        {
            using var response = await shop.PostAsync(body);
            Assert.Equal((HttpStatusCode.BadRequest, "application/problem+json"), (response.StatusCode, response.Content.Headers.ContentType?.MediaType));
            Assert.Equal(fields, (await response.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("errors").EnumerateObject().Select(e => e.Name));
        }

        using var malformed = await shop.PostAsync("{\"item\":");
        Assert.Equal(HttpStatusCode.BadRequest, malformed.StatusCode);
        Assert.Equal(known, await shop.RowsAsync<long>("frontend", "SELECT count(*) FROM orders"));
    }

    private static async Task RepeatsAsync(StorefrontSystem shop)
    {
        var order = StorefrontSystem.Order(quantity: 1);
        var answers = await Task.WhenAll(Enumerable.Range(0, 8).Select(async _ => await (await shop.PostAsync(order, "one-widget")).Content.ReadAsStringAsync()));
        Assert.Single(answers.Distinct());
        using var other = await shop.PostAsync(StorefrontSystem.Order(quantity: 2), "one-widget");
        Assert.Equal(HttpStatusCode.UnprocessableEntity, other.StatusCode);

        var stock = await shop.StockAsync("widget");
        await shop.BecomesAsync(JsonSerializer.Deserialize<JsonElement>(answers[0]).Text("uuid"), "paid");
        Assert.InRange(stock - await shop.StockAsync("widget"), 0, 1);
        Assert.Single(await shop.RowsAsync<string>("inventory", "SELECT uuid FROM reservations WHERE quantity = 1"));
    }

    private static List<string> History(JsonElement order) => [.. order.GetProperty("history").EnumerateArray().Select(e => e.Text("event"))];
}
