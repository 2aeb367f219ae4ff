using System.Collections.Concurrent;
using System.Net;
using System.Text;

namespace Skald.EndToEnd;

/// <summary>Kills the process that runs everything, again and again, and counts what is left.</summary>
public sealed class CrashTests(ITestOutputHelper output) : IDisposable
{
    private const int Orders = 2000;
    private const int Kills = 20;
    private const int Posters = 32;

    private readonly DirectoryInfo _data = Directory.CreateTempSubdirectory("skald-crash-");

    public void Dispose() => _data.Delete(recursive: true);

    [Fact]
    public async Task Two_thousand_orders_survive_twenty_kills_and_every_ledger_agrees()
    {
        var seed = int.TryParse(Environment.GetEnvironmentVariable("SKALD_SEED"), out var given) ? given : Environment.ProcessId;
        output.WriteLine($"SKALD_SEED={seed}");
        var random = new Random(seed);
        // Killed when so many orders have been accepted: a moment that no clock decides.
        var killAt = new Queue<int>(Enumerable.Range(20, Orders - 100).OrderBy(_ => random.Next()).Take(Kills).Order());

        var playground = new RestartedPlayground(_data.FullName);
        await using (playground)
        {
            await playground.StartAsync();
            await PostAllAsync(playground, killAt);
            Assert.Equal(Kills, playground.Kills);
            var audit = new FoodOrdersAudit(_data.FullName);
            await Eventually.TrueAsync("every saga has ended and every message is dealt with", audit.IsAtRestAsync);
            Assert.Equal(0, await playground.StopAsync());
        }

        var report = await new FoodOrdersAudit(_data.FullName).CheckAsync(Orders, MustFail);
        output.WriteLine(report.ToString());
        Assert.Empty(report.Problems);
        Assert.Equal(Orders, report.Completed + report.Compensated);
        Assert.True(report.Completed > Orders / 2, "so few completed that little was tested");
        Assert.True(report.Resent > 0, "no kill cut a conversation in two, so nothing was tested");
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

    private static async Task PostAllAsync(RestartedPlayground playground, Queue<int> killAt)
    {
        var next = -1;
        var accepted = 0;
        await Task.WhenAll(Enumerable.Range(0, Posters).Select(async _ =>
        {
            for (var order = Interlocked.Increment(ref next); order < Orders; order = Interlocked.Increment(ref next))
            {
                await PostAsync(playground, order);
                var count = Interlocked.Increment(ref accepted);
                var kill = false;
                lock (killAt)
                {
                    kill = killAt.TryPeek(out var at) && count >= at && killAt.TryDequeue(out _);
                }

                if (kill)
                {
                    await playground.KillAndRestartAsync();
                }
            }
        }));
    }

    /// <summary>Posts until it is accepted. The key makes that safe: an order whose answer was lost is not taken twice.</summary>
    private static async Task PostAsync(RestartedPlayground playground, int order)
    {
        while (true)
        {
            var http = await playground.HttpAsync();
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

/// <summary>A Playground that is killed and started again on the same data.</summary>
internal sealed class RestartedPlayground(string data) : IAsyncDisposable
{
    private readonly SemaphoreSlim _one = new(1, 1);
    private readonly ConcurrentBag<ServingProcess> _dead = [];
    private TaskCompletionSource<ServingProcess> _current = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public int Kills { get; private set; }

    public async Task<HttpClient> HttpAsync() => (await _current.Task).Http;

    public async Task StartAsync() => _current.SetResult(await ServingProcess.StartAsync("Playground", "--data", data));

    public async Task KillAndRestartAsync()
    {
        await _one.WaitAsync();
        try
        {
            var old = await _current.Task;
            _current = new(TaskCreationOptions.RunContinuationsAsynchronously);
            await old.KillAsync();
            _dead.Add(old);
            Kills++;
            await StartAsync();
        }
        finally
        {
            _one.Release();
        }
    }

    public async Task<int> StopAsync() => await (await _current.Task).StopAsync();

    public async ValueTask DisposeAsync()
    {
        if (_current.Task.IsCompletedSuccessfully)
        {
            await _current.Task.Result.DisposeAsync();
        }

        foreach (var process in _dead)
        {
            await process.DisposeAsync();
        }

        _one.Dispose();
    }
}
