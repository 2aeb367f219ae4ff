using System.Text;
using System.Text.Json;

namespace Skald.EndToEnd;

/// <summary>The same systems, unchanged, on every pair of store and broker.</summary>
public sealed class PairTests(Servers servers) : IClassFixture<Servers>, IAsyncDisposable
{
    private readonly DirectoryInfo _data = Directory.CreateTempSubdirectory("skald-pair-");
    private readonly List<ServingProcess> _processes = [];
    private string[] _settings = [];

    // Its answer takes seven seconds, of which the saga waits for five.
    private static readonly string SlowConsumer = FoodOrdersSystem.Order(consumerId: 55);

    public async ValueTask DisposeAsync()
    {
        var failed = TestContext.Current.TestState?.Result == TestResult.Failed;
        foreach (var process in _processes)
        {
            if (failed)
            {
                TestContext.Current.TestOutputHelper?.WriteLine(process.Output);
            }

            await process.DisposeAsync();
        }

        _data.Delete(recursive: true);
    }

    [Theory]
    [InlineData("sqlite", "sqlite")]
    [InlineData("sqlite", "amqp")]
    [InlineData("postgres", "postgres")]
    [InlineData("postgres", "amqp")]
    public async Task Every_system_does_the_same_with_two_instances_of_every_service(string store, string broker)
    {
        _settings = ["--data", _data.FullName, .. await servers.PairAsync(store, broker)];
        var one = await StartAsync("Playground");
        var two = await StartAsync("Playground");

        await TakeOrdersAsync(one.Http, two.Http, "/food-orders");
        await BookAsync();
        await BookByEventsAsync();
        await ShopAsync(one.Http, two.Http, "/storefront");
        await BookByStoredEventsAsync();
    }

    [Fact]
    public async Task Each_service_in_a_process_of_its_own_does_the_same_on_servers()
    {
        _settings = ["--data", _data.FullName, .. await servers.PairAsync("postgres", "amqp")];
        var order = await StartAsync("FoodOrders.OrderService");
        foreach (var service in (string[])["FoodOrders.ConsumerService", "FoodOrders.RestaurantService", "FoodOrders.AccountingService",
            "ParkingOrchestration.Booking", "ParkingOrchestration.Billing", "ParkingOrchestration.Parking",
            "ParkingChoreography.Booking", "ParkingChoreography.Billing", "ParkingChoreography.Parking",
            "ParkingEventSourcing.Booking", "ParkingEventSourcing.Parking"])
        {
            await StartAsync(service);
        }

        await TakeOrdersAsync(order.Http, order.Http, "");
        await BookAsync();
        await BookByEventsAsync();
        await BookByStoredEventsAsync();
    }

    private async Task TakeOrdersAsync(HttpClient one, HttpClient two, string prefix)
    {
        (string Body, string Ends, string? FailedStep)[] routes =
        [
            (FoodOrdersSystem.Order(), "approved", null),
            (FoodOrdersSystem.Order(consumerId: 10), "rejected", "verify consumer"),
            (SlowConsumer, "rejected", "verify consumer"),
            (FoodOrdersSystem.Order(quantity: 100500), "rejected", "create ticket"),
            (FoodOrdersSystem.Order(price: 80), "rejected", "authorize card"),
        ];
        // The first order makes each process load what an order needs, which on a busy machine may take longer than a step's
        // five seconds: how that one ends is not judged.
        await OrderAsync(FoodOrdersSystem.Order());
        await Task.WhenAll(routes.Select(async route =>
        {
            var order = await OrderAsync(route.Body);
            if (route.Body == SlowConsumer && order.Text("status") == "approved")
            {
                // Two seconds late is in time for a process that stood still for longer; and only for such a one.
                Assert.Contains(_processes, process => process.Output.Contains("was away: ", StringComparison.Ordinal));
                return;
            }

            Assert.True(order.Text("status") == route.Ends, $"It was to be {route.Ends}: {order}");
            Assert.Equal(route.FailedStep, order.GetProperty("saga").GetProperty("failedStep").GetString());
        }));

        async Task<JsonElement> OrderAsync(string body)
        {
            using var accepted = await one.PostAsync(prefix + "/orders", new StringContent(body, Encoding.UTF8, "application/json"));
            JsonElement order = default;
            await Eventually.TrueAsync("the order has ended", async () =>
            {
                order = JsonSerializer.Deserialize<JsonElement>(await two.GetStringAsync(accepted.Headers.Location));
                return order.GetProperty("saga").Text("status") is "completed" or "compensated" or "parked";
            });
            return order;
        }
    }

    private static async Task ShopAsync(HttpClient one, HttpClient two, string prefix)
    {
        using var begun = await two.PostAsync(prefix + "/data-init", new StringContent("{}", Encoding.UTF8, "application/json"));
        Assert.True(begun.IsSuccessStatusCode, await begun.Content.ReadAsStringAsync());
        (string Body, string Ends, string Flow)[] routes =
        [
            (StorefrontSystem.Order(), "paid", "completed"),
            (StorefrontSystem.Order(rest: [("payment-error", "null")]), "cancelled", "undone"),
            (StorefrontSystem.Order("wotsit", 500_000, "jill"), "cancelled", "undone"),
            (StorefrontSystem.Order(user: "jimbo"), "cancelled", "undone"),
        ];
        await Task.WhenAll(routes.Select(async route =>
        {
            using var accepted = await one.PostAsync(prefix + "/order", new StringContent(route.Body, Encoding.UTF8, "application/json"));
            await Eventually.TrueAsync($"the order is {route.Ends}", async () =>
            {
                var order = JsonSerializer.Deserialize<JsonElement>(await two.GetStringAsync(accepted.Headers.Location));
                return (order.Text("status"), order.GetProperty("flow").Text("status")) == (route.Ends, route.Flow);
            });
        }));
    }

    private async Task BookAsync()
    {
        var slot = (await RunAsync("Parking", "create_parking_slot", "A slot")).Field("uuid");
        Assert.Equal("completed", (await RunAsync("Booking", "create_booking_request", slot)).Field("status"));
        Assert.Equal("rejected", (await RunAsync("Booking", "create_booking_request", slot)).Field("status"));
        Assert.Equal("reserved", (await RunAsync("Parking", "parking_slot_details", slot)).Field("status"));

        var other = (await RunAsync("Parking", "create_parking_slot", "Another")).Field("uuid");
        await RunAsync("Parking", "fail_next", "--count", "1");
        Assert.Equal("failed", (await RunAsync("Booking", "create_booking_request", other)).Field("status"));
        Assert.Equal("available", (await RunAsync("Parking", "parking_slot_details", other)).Field("status"));
    }

    private async Task BookByEventsAsync()
    {
        var system = new ChoreographySystem { Place = (_settings[^3], _settings[^1]), Data = _data.FullName };
        var slot = await system.NewSlotAsync();
        foreach (var (booking, bill) in ((string, string)[])[("done", "paid"), ("failed", "refunded")])
        {
            var reference = await system.BookAsync(slot);
            Assert.Equal(0, (await system.PayAsync(reference)).ExitCode);
            await system.BookingBecomesAsync(reference, booking);
            await system.BillBecomesAsync(reference, bill);
        }
    }

    private async Task BookByStoredEventsAsync()
    {
        await using var parking = new EventSourcingSystem { Settings = _settings };
        var slot = await parking.NewSlotAsync();
        var first = await parking.BookAsync(slot);
        await parking.SlotBecomesAsync(slot, "blocked");
        await parking.BookingBecomesAsync(await parking.BookAsync(slot), "cancelled");
        await parking.DoneAsync("Booking", "reserve_booking", first);
        await parking.DoneAsync("Booking", "complete_booking", first);
        await parking.SlotBecomesAsync(slot, "reserved");
        Assert.Equal("completed", await parking.StatusAsync(first));
        Assert.Equal("0", (await parking.DoneAsync("Booking", "rebuild_projection")).Field("differences"));
    }

    private async Task<ServingProcess> StartAsync(string assembly)
    {
        var process = await ServingProcess.StartAsync(assembly, _settings);
        _processes.Add(process);
        return process;
    }

    private Task<ProcessResult> RunAsync(string service, params string[] args) => Processes.RunAsync($"ParkingOrchestration.{service}", [.. args, .. _settings]);
}
