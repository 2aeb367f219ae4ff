using System.Collections.Concurrent;
using System.Net;
using System.Net.Http.Json;
using System.Text;
using Skald.Management;

namespace Skald.EndToEnd;

/// <summary>Kills processes that run everything, again and again, and counts what is left.</summary>
public sealed class CrashTests(ITestOutputHelper output, Servers servers) : IClassFixture<Servers>, IDisposable
{
    private const int Orders = 2000;
    private const int Posters = 32;

    // A poster looks every so often whether so many are open that new ones would only wait until it is too late for them.
    private const int LooksEvery = 10;
    private const int OpenAtMost = 250;

    private readonly DirectoryInfo _data = Directory.CreateTempSubdirectory("skald-crash-");

    public void Dispose() => _data.Delete(recursive: true);

    [Fact]
    public Task Two_thousand_orders_survive_twenty_kills_on_SQLite() =>
        SurviveAsync(kills: 20, processes: 1, resent: n => n > 0, new SqliteAuditSource(_data.FullName), "--data", _data.FullName);

    [Fact]
    public async Task Two_thousand_orders_survive_forty_kills_on_PostgreSQL_and_RabbitMQ()
    {
        var (address, database) = await servers.NewDatabaseAsync();
        var broker = await servers.NewBrokerAsync();

        await SurviveAsync(
            kills: 40, processes: 2, resent: _ => true, new ServerAuditSource(_data.FullName, database, servers.Rabbit),
            "--data", _data.FullName, "--store", address, "--broker", broker);
    }

    [Fact]
    public async Task Two_thousand_orders_survive_ten_kills_on_PostgreSQL_alone()
    {
        var (address, database) = await servers.NewDatabaseAsync();

        await SurviveAsync(
            kills: 10, processes: 2, resent: n => n == 0, new ServerAuditSource(_data.FullName, database, null),
            "--data", _data.FullName, "--store", address, "--broker", address);
    }

    /// <param name="kills">How often a process is killed.</param>
    /// <param name="processes">How many run at once; they are killed in turn.</param>
    /// <param name="resent">
    /// How many commands may be sent again: some where messages are in memory only for a while, none where they are committed with the state; as many as there
    /// were between commit and confirm, perhaps none, where a broker of its own delivers again what a dead process had.
    /// </param>
    /// <param name="source">Where the audit reads.</param>
    /// <param name="settings">Store and broker.</param>
    private async Task SurviveAsync(int kills, int processes, Predicate<int> resent, AuditSource source, params string[] settings)
    {
        var seed = int.TryParse(Environment.GetEnvironmentVariable("SKALD_SEED"), out var given) ? given : Environment.ProcessId;
        output.WriteLine($"SKALD_SEED={seed}");
        var random = new Random(seed);
        // Killed when so many orders have been accepted: a moment that no clock decides.
        var killAt = new Queue<int>(Enumerable.Range(20, Orders - 100).OrderBy(_ => random.Next()).Take(kills).Order());

        var audit = new FoodOrdersAudit(source);
        await using (var playgrounds = new RestartedPlaygrounds(processes, settings))
        {
            await playgrounds.StartAsync();
            await PostAllAsync(playgrounds, killAt);
            Assert.Equal(kills, playgrounds.Kills);
            await Eventually.TrueAsync("every saga has ended and every message is dealt with", audit.IsAtRestAsync);
            Assert.All(await playgrounds.StopAsync(), exitCode => Assert.Equal(0, exitCode));
        }

        var report = await audit.CheckAsync(Orders, MustFail);
        output.WriteLine(report.ToString());
        Assert.Empty(report.Problems);
        Assert.Equal(Orders, report.Completed + report.Compensated);
        Assert.True(report.Completed > Orders / 2, "so few completed that little was tested");
        Assert.True(resent(report.Resent), $"{report.Resent} commands sent again is not what these kills can have cut in two");
    }

    /// <summary>A tenth of the orders take a failing route: refused consumer, refused card, or a fault of the orchestrator's own.</summary>
    private static bool MustFail(int order) => order % 10 == 0;

    private static string Body(int order) => (MustFail(order) ? order / 10 % 3 : -1) switch
    {
        0 => FoodOrdersSystem.Order(consumerId: 10),
        1 => FoodOrdersSystem.Order(price: 80),
        2 => FoodOrdersSystem.Order(quantity: 100500),
        _ => FoodOrdersSystem.Order(quantity: 1 + (order % 5)),
    };

    private static async Task PostAllAsync(RestartedPlaygrounds playgrounds, Queue<int> killAt)
    {
        var next = -1;
        var accepted = 0;
        await Task.WhenAll(Enumerable.Range(0, Posters).Select(async _ =>
        {
            for (var order = Interlocked.Increment(ref next); order < Orders; order = Interlocked.Increment(ref next))
            {
                await PostAsync(playgrounds, order);
                if (order % LooksEvery == 0)
                {
                    await Eventually.TrueAsync("the orders before have been worked off", () => IsCalmAsync(playgrounds, order));
                }

                var count = Interlocked.Increment(ref accepted);
                var kill = false;
                lock (killAt)
                {
                    kill = killAt.TryPeek(out var at) && count >= at && killAt.TryDequeue(out _);
                }

                if (kill)
                {
                    await playgrounds.KillAndRestartAsync();
                }
            }
        }));
    }

    private static async Task<bool> IsCalmAsync(RestartedPlaygrounds playgrounds, int order)
    {
        try
        {
            var counts = await (await playgrounds.HttpAsync(order)).GetFromJsonAsync("/skald/api/sagas/counts?q=status:open", ManagementJson.Of<SagaCounts>());
            return counts!.All.Value < OpenAtMost;
        }
        catch (Exception exception) when (exception is HttpRequestException or ObjectDisposedException or TaskCanceledException or IOException)
        {
            return false; // Killed under us: ask the next one.
        }
    }

    /// <summary>Posts until it is accepted. The key makes that safe: an order whose answer was lost is not taken twice.</summary>
    private static async Task PostAsync(RestartedPlaygrounds playgrounds, int order)
    {
        while (true)
        {
            var http = await playgrounds.HttpAsync(order);
            using var request = new HttpRequestMessage(HttpMethod.Post, "/food-orders/orders") { Content = new StringContent(Body(order), Encoding.UTF8, "application/json") };
            request.Headers.Add("Idempotency-Key", $"order-{order}");
            try
            {
                using var response = await http.SendAsync(request);
                if (response.StatusCode == HttpStatusCode.Accepted)
                {
                    return;
                }

                Assert.Equal(HttpStatusCode.ServiceUnavailable, response.StatusCode);
            }
            catch (Exception exception) when (exception is HttpRequestException or ObjectDisposedException or TaskCanceledException or IOException)
            {
                // Killed under us: ask the next one.
            }
        }
    }
}

/// <summary>Playgrounds on the same data, killed in turn and started again.</summary>
internal sealed class RestartedPlaygrounds(int count, string[] settings) : IAsyncDisposable
{
    private readonly SemaphoreSlim _one = new(1, 1);
    private readonly ConcurrentBag<ServingProcess> _dead = [];
    private readonly TaskCompletionSource<ServingProcess>[] _current = [.. Enumerable.Range(0, count).Select(_ => NewSlot())];

    public int Kills { get; private set; }

    public async Task<HttpClient> HttpAsync(int number) => (await _current[number % count].Task).Http;

    public async Task StartAsync()
    {
        foreach (var slot in _current)
        {
            slot.SetResult(await ServingProcess.StartAsync("Playground", settings));
        }
    }

    public async Task KillAndRestartAsync()
    {
        await _one.WaitAsync();
        try
        {
            var number = Kills++ % count;
            var old = await _current[number].Task;
            _current[number] = NewSlot();
            await old.KillAsync();
            _dead.Add(old);
            _current[number].SetResult(await ServingProcess.StartAsync("Playground", settings));
        }
        finally
        {
            _one.Release();
        }
    }

    public async Task<int[]> StopAsync() => await Task.WhenAll(_current.Select(async slot => await (await slot.Task).StopAsync()));

    public async ValueTask DisposeAsync()
    {
        foreach (var slot in _current.Where(s => s.Task.IsCompletedSuccessfully))
        {
            await slot.Task.Result.DisposeAsync();
        }

        foreach (var process in _dead)
        {
            await process.DisposeAsync();
        }

        _one.Dispose();
    }

    private static TaskCompletionSource<ServingProcess> NewSlot() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
