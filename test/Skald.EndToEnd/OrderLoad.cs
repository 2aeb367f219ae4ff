using System.Diagnostics;
using System.Net;
using System.Text;

namespace Skald.EndToEnd;

/// <summary>Orders that come in at two processes of the Playground for as long as a test lasts, and what these say of their readiness meanwhile.</summary>
internal sealed class OrderLoad(IReadOnlyList<ServingProcess> playgrounds) : IDisposable
{
    private const int Posters = 8;

    // As many as two cores can bring home that run the servers as well: a test of outages, and not of overload.
    private static readonly TimeSpan BetweenOrders = TimeSpan.FromMilliseconds(100);

    private readonly CancellationTokenSource _enough = new();
    private Task _posting = Task.CompletedTask;
    private volatile string _lastProblem = "";
    private int _next = -1;
    private int _accepted;
    private long _longestRequest;

    /// <summary>How many orders were taken.</summary>
    public int Accepted => Volatile.Read(ref _accepted);

    /// <summary>Of a request, in milliseconds.</summary>
    public long LongestRequest => Volatile.Read(ref _longestRequest);

    /// <summary>What one of them said last that was not ready.</summary>
    public string LastProblem => _lastProblem;

    public void Begin() => _posting = Task.WhenAll(Enumerable.Range(0, Posters).Select(_ => PostAsync()));

    /// <summary>No more come in. When everything is at rest, the processes end, and what the services, the broker and the card provider have is compared.</summary>
    public async Task<AuditReport> EndAsync(AuditSource source)
    {
        await _enough.CancelAsync();
        await _posting;
        var audit = new FoodOrdersAudit(source);
        await UntilAsync("every saga has ended and every message is dealt with", audit.IsAtRestAsync);
        Assert.All(await Task.WhenAll(playgrounds.Select(p => p.StopAsync())), exitCode => Assert.Equal(0, exitCode));
        var report = await audit.CheckAsync(Accepted, _ => false);
        Assert.Empty(report.Problems);
        Assert.Equal(Accepted, report.Completed + report.Compensated);
        return report;
    }

    public void Dispose() => _enough.Dispose();

    /// <summary>How long it takes until both say so.</summary>
    public async Task<TimeSpan> BecomesAsync(HttpStatusCode status, TimeSpan within)
    {
        var watch = Stopwatch.StartNew();
        while (true)
        {
            var answers = await Task.WhenAll(playgrounds.Select(async playground =>
            {
                using var answer = await playground.Http.GetAsync("health/ready");
                _lastProblem = answer.IsSuccessStatusCode ? _lastProblem : await answer.Content.ReadAsStringAsync();
                return answer.StatusCode;
            }));
            if (answers.All(answer => answer == status))
            {
                return watch.Elapsed;
            }

            Assert.True(watch.Elapsed < within, $"It should be {status} by now, and is {string.Join(", ", answers)}: {_lastProblem}");
            await Task.Delay(TimeSpan.FromMilliseconds(50), TimeProvider.System, TestContext.Current.CancellationToken);
        }
    }

    /// <summary>More orders are taken.</summary>
    public Task ComesAsync(int more)
    {
        var enough = Volatile.Read(ref _accepted) + more;
        return UntilAsync($"{enough} orders are taken", async () =>
        {
            await (_posting.IsFaulted ? _posting : Task.CompletedTask);
            return Volatile.Read(ref _accepted) >= enough;
        });
    }

    public static async Task UntilAsync(string what, Func<Task<bool>> holds)
    {
        var watch = Stopwatch.StartNew();
        while (!await holds())
        {
            Assert.True(watch.Elapsed < TimeSpan.FromMinutes(3), $"It should hold by now that {what}.");
            await Task.Delay(TimeSpan.FromMilliseconds(100), TimeProvider.System, TestContext.Current.CancellationToken);
        }
    }

    private async Task PostAsync()
    {
        while (!_enough.IsCancellationRequested)
        {
            var order = Interlocked.Increment(ref _next);
            while (!await IsAcceptedAsync(order))
            {
                await Task.Delay(TimeSpan.FromMilliseconds(100), TimeProvider.System, CancellationToken.None);
            }

            Interlocked.Increment(ref _accepted);
            await Task.Delay(BetweenOrders, TimeProvider.System, CancellationToken.None);
        }
    }

    /// <summary>The key makes it safe to ask again: an order whose answer was lost is not taken twice.</summary>
    private async Task<bool> IsAcceptedAsync(int order)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/food-orders/orders") { Content = new StringContent(FoodOrdersSystem.Order(), Encoding.UTF8, "application/json") };
        request.Headers.Add("Idempotency-Key", $"order-{order}");
        var watch = Stopwatch.StartNew();
        using var response = await playgrounds[order % 2].Http.SendAsync(request);
        InterlockedMax(ref _longestRequest, watch.ElapsedMilliseconds);
        Assert.True(response.StatusCode is HttpStatusCode.Accepted or HttpStatusCode.ServiceUnavailable or HttpStatusCode.GatewayTimeout, $"{response.StatusCode}");
        return response.StatusCode == HttpStatusCode.Accepted;
    }

    private static void InterlockedMax(ref long most, long value)
    {
        for (var seen = Volatile.Read(ref most); value > seen && Interlocked.CompareExchange(ref most, value, seen) is var other && other != seen;)
        {
            seen = other;
        }
    }
}
