using System.Diagnostics;
using System.Net;
using System.Text;
using Npgsql;

namespace Skald.EndToEnd;

/// <summary>What an instance or the database may do to a running system on servers, with the times the guides promise.</summary>
[Collection("Timed")]
public sealed class ServerFaultTests(Servers servers, ITestOutputHelper output) : IClassFixture<Servers>, IAsyncDisposable
{
    private const string Restaurant = "FoodOrders.RestaurantService";

    private readonly DirectoryInfo _data = Directory.CreateTempSubdirectory("skald-server-faults-");
    private readonly List<ServingProcess> _processes = [];
    private readonly List<Uri> _orders = [];
    private string[] _settings = [];

    public async ValueTask DisposeAsync()
    {
        foreach (var process in _processes)
        {
            await process.DisposeAsync();
        }

        _data.Delete(recursive: true);
    }

    [Theory]
    [InlineData("amqp")]
    [InlineData("postgres")]
    public async Task What_a_killed_instance_had_in_its_hands_is_taken_over_within_15_seconds(string broker)
    {
        var order = await StartAsync("postgres", broker);
        var first = await StartAsync(Restaurant);

        // Frozen, it keeps what it has and does nothing with it: then there is no doubt that it dies with work in its hands.
        await PostAsync(order, 40);
        first.Freeze();
        await PostAsync(order, 60);
        await StartAsync(Restaurant);
        await PostAsync(order, 20);
        Assert.NotEqual(0, await CountAsync("status IN (0, 1)"));
        await first.KillAsync();

        var watch = Stopwatch.StartNew();
        await Eventually.TrueAsync("every order has ended", async () => await CountAsync("status IN (0, 1)") == 0);
        output.WriteLine($"{broker}: the last of {_orders.Count} orders ended {watch.ElapsedMilliseconds} ms after the kill");
        Assert.InRange(watch.Elapsed, TimeSpan.Zero, TimeSpan.FromSeconds(15));
        Assert.Equal(_orders.Count, await CountAsync("status IN (2, 3)"));
    }

    [Theory]
    [InlineData("amqp")]
    [InlineData("postgres")]
    public async Task An_instance_stops_within_a_second_under_load(string broker)
    {
        var order = await StartAsync("postgres", broker);
        var first = await StartAsync(Restaurant);
        await StartAsync(Restaurant);
        await PostAsync(order, 50);
        var load = PostAsync(order, 400);
        await Eventually.TrueAsync("the load has begun", () => Task.FromResult(_orders.Count > 100));

        var watch = Stopwatch.StartNew();
        Assert.Equal(0, await first.StopAsync());
        output.WriteLine($"{broker}: stopped within {watch.ElapsedMilliseconds} ms");
        Assert.InRange(watch.Elapsed, TimeSpan.Zero, TimeSpan.FromSeconds(1));
        await load;
        var (approved, turnedBack) = (0L, 0L);
        await Eventually.TrueAsync(
            "every order is approved",
            async () =>
            {
                (approved, turnedBack) = (await CountAsync("status = 2"), await CountAsync("status = 3"));
                return approved == _orders.Count;
            },
            () => $"{approved} of {_orders.Count} are, {turnedBack} were turned back.");
    }

    [Fact]
    public async Task Health_tells_that_the_database_is_away_and_work_goes_on_when_it_is_back()
    {
        var order = await StartAsync("postgres", "amqp");
        await StartAsync(Restaurant);
        await PostAsync(order, 10);
        Assert.Equal(HttpStatusCode.OK, await ReadyAsync(order));
        await servers.Postgres.KillAsync();
        await Eventually.TrueAsync("not ready", async () => await ReadyAsync(order) == HttpStatusCode.ServiceUnavailable);
        Assert.Equal(HttpStatusCode.OK, (await order.Http.GetAsync("/health/live")).StatusCode);

        await servers.Postgres.RestartAsync();
        var watch = Stopwatch.StartNew();
        await Eventually.TrueAsync("ready again", async () => await ReadyAsync(order) == HttpStatusCode.OK);
        var ready = watch.ElapsedMilliseconds;
        await PostAsync(order, 10);
        var posted = watch.ElapsedMilliseconds;
        await Eventually.TrueAsync("every order has ended", async () => await CountAsync("status IN (2, 3)") == _orders.Count);
        output.WriteLine($"ready after {ready} ms, ten orders taken after {posted} ms, {await CountAsync("status = 3")} turned back");
        output.WriteLine($"ready, and all orders ended, {watch.ElapsedMilliseconds} ms after the database was back");
    }

    private static async Task<HttpStatusCode> ReadyAsync(ServingProcess process)
    {
        using var answer = await process.Http.GetAsync("/health/ready");
        return answer.StatusCode;
    }

    /// <summary>Starts all services but the restaurant; gives the one that takes orders.</summary>
    private async Task<ServingProcess> StartAsync(string store, string broker)
    {
        _settings = ["--data", _data.FullName, .. await servers.PairAsync(store, broker)];
        var order = await StartAsync("FoodOrders.OrderService");
        await StartAsync("FoodOrders.ConsumerService");
        await StartAsync("FoodOrders.AccountingService");
        return order;
    }

    private async Task<ServingProcess> StartAsync(string assembly)
    {
        var process = await ServingProcess.StartAsync(assembly, _settings);
        _processes.Add(process);
        return process;
    }

    private async Task PostAsync(ServingProcess order, int count)
    {
        var left = count;
        await Task.WhenAll(Enumerable.Range(0, 8).Select(async _ =>
        {
            while (Interlocked.Decrement(ref left) >= 0)
            {
                using var answer = await order.Http.PostAsync("/orders", new StringContent(FoodOrdersSystem.Order(), Encoding.UTF8, "application/json"));
                Assert.Equal(HttpStatusCode.Accepted, answer.StatusCode);
                lock (_orders)
                {
                    _orders.Add(answer.Headers.Location!);
                }
            }
        }));
    }

    private async Task<long> CountAsync(string condition)
    {
        var address = new Uri(_settings[3]);
        await using var connection = new NpgsqlConnection($"Host={address.Host};Port={address.Port};Username=postgres;Database={address.AbsolutePath[1..]};Pooling=false");
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand($"SELECT count(*) FROM food_orders_order.skald_sagas WHERE {condition}", connection);
        return await command.ExecuteScalarAsync() is long count ? count : 0;
    }
}
