using System.Net.Http.Json;
using FoodOrders.Orders;

namespace Skald.EndToEnd;

/// <summary>What four processes export when an order is turned back: received as a collector receives it.</summary>
public sealed class A_trace_of_an_order : IAsyncDisposable
{
    private const int Producer = 4;
    private const int Consumer = 5;

    private readonly string _data = Directory.CreateTempSubdirectory("skald-traces-").FullName;
    private readonly List<ServingProcess> _started = [];

    public async ValueTask DisposeAsync()
    {
        foreach (var process in _started)
        {
            await process.DisposeAsync();
        }

        Directory.Delete(_data, recursive: true);
    }

    [Fact]
    public async Task Has_its_request_and_all_that_four_services_did_and_undid()
    {
        await using var collector = await OtlpReceiver.StartAsync();
        foreach (var service in new[] { "Consumer", "Restaurant", "Accounting" })
        {
            await StartAsync(service, collector);
        }

        var orders = await StartAsync("Order", collector);
        await orders.Http.GetStringAsync("run-saga-failing-on-card-authorization");
        await Eventually.TrueAsync(
            "the order was turned back", async () => (await orders.Http.GetFromJsonAsync<List<OrderView>>("orders"))![0].Saga?.Status == "compensated");
        // What has stopped has exported all.
        await Task.WhenAll(_started.Select(process => process.StopAsync()));

        var start = Assert.Single(collector.Spans, span => span.Name == "start create-order");
        var trace = collector.Spans.Where(span => span.Trace == start.Trace).ToList();
        Assert.Equal(
            ["food-orders.accounting", "food-orders.consumer", "food-orders.order", "food-orders.restaurant"], trace.Select(span => span.Service).Distinct().Order());

        // The request, and the start in it, which has ended at once.
        var request = Assert.Single(trace, span => span.Parent.Length == 0);
        Assert.Equal(("food-orders.order", "GET run-saga-failing-on-card-authorization"), (request.Service, request.Name.TrimEnd('/').Replace("GET /", "GET ", StringComparison.Ordinal)));
        Assert.True(IsWithin(trace, start, request), "the start is within the request");

        // All that the saga did is below its start, each in its place.
        Assert.Equal(["step create order", "undo create order"], trace.Where(span => span.Parent == start.Id && span.Kind == 1 && span.Name != "commit").Select(span => span.Name).Order());
        var sends = trace.Where(span => span.Parent == start.Id && span.Kind == Producer).ToList();
        Assert.Equal(
            ["authorize card forward", "create ticket forward", "create ticket undo", "verify consumer forward"],
            sends.Select(span => $"{span.Tags["skald.saga.step"]} {(span.Tags["skald.compensating"] == "1" ? "undo" : "forward")}").Order());
        foreach (var send in sends)
        {
            Assert.Equal(start.Tags["skald.saga.id"], send.Tags["skald.saga.id"]);
            var below = trace.Where(span => span.Parent == send.Id).ToList();
            var handled = Assert.Single(below, span => span.Kind == Consumer);
            Assert.Equal(send.Tags["messaging.destination.name"], $"{handled.Service}.commands");
            Assert.Equal((0, send.Tags["messaging.message.id"]), (handled.Status, handled.Tags["messaging.message.id"]));
            // And its answer, where it was asked for.
            var answered = Assert.Single(trace, span => span.Parent == handled.Id && span.Kind == Consumer);
            Assert.Equal("food-orders.order", answered.Service);
        }

        // A refusal is an answer, and no error.
        Assert.Equal("ValueError", Assert.Single(trace, span => span.Tags.ContainsKey("skald.refusal")).Tags["skald.refusal"]);
        // Who answers outside the transaction: the call is a span of its own.
        Assert.Equal(["food-orders.accounting", "food-orders.consumer"], trace.Where(span => span.Name.StartsWith("call ", StringComparison.Ordinal)).Select(span => span.Service).Order());
        // Batches have traces of their own, that say what was in them.
        Assert.Contains(collector.Spans, span => span.Name == "commit food-orders.restaurant" && span.Links.Any(link => sends.Any(send => send.Id == link)));

        Assert.Equal("s", collector.Metrics["skald.saga.duration"]);
        Assert.Equal("s", collector.Metrics["messaging.process.duration"]);
        Assert.Equal("{message}", collector.Metrics["messaging.client.sent.messages"]);
        Assert.Equal("s", collector.Metrics["skald.step.duration"]);
    }

    private static bool IsWithin(List<ExportedSpan> trace, ExportedSpan span, ExportedSpan root) =>
        span.Parent == root.Id || (trace.FirstOrDefault(s => s.Id == span.Parent) is { } parent && IsWithin(trace, parent, root));

    private async Task<ServingProcess> StartAsync(string service, OtlpReceiver collector)
    {
        var process = await ServingProcess.StartAsync($"FoodOrders.{service}Service", ["--data", _data], new Dictionary<string, string>
        {
            ["OTEL_EXPORTER_OTLP_ENDPOINT"] = collector.Address.ToString(), ["OTEL_EXPORTER_OTLP_PROTOCOL"] = "http/protobuf",
        });
        _started.Add(process);
        return process;
    }
}
