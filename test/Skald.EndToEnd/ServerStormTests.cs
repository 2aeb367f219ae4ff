using System.Diagnostics;
using System.Net;
using System.Text;
using Npgsql;
using Skald.TestServers;

namespace Skald.EndToEnd;

/// <summary>
/// PostgreSQL and RabbitMQ are stopped, killed, frozen and cut off, while orders come in and all systems run: four rounds of a few seconds in the test run, as
/// many, in random order, and as long as <c>SKALD_ROUNDS</c> and <c>SKALD_PAUSE</c> (in seconds) say in a campaign.
/// </summary>
[Collection("Timed")]
public sealed class ServerStormTests(ITestOutputHelper output) : IAsyncLifetime
{
    private const int Posters = 8;

    // As many as two cores can bring home that run the servers as well: a test of outages, and not of overload.
    private static readonly TimeSpan BetweenOrders = TimeSpan.FromMilliseconds(100);

    // Guides promise two seconds, which the output shows; a machine that runs the other tests as well gets a lot more.
    private static readonly TimeSpan Soon = Number("SKALD_ROUNDS") is null ? TimeSpan.FromSeconds(40) : TimeSpan.FromSeconds(5);
    private static readonly TimeSpan RequestDeadline = TimeSpan.FromSeconds(30);
    private static readonly int Rounds = Number("SKALD_ROUNDS") ?? 4;
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(Number("SKALD_PAUSE") ?? 4);

    private readonly DirectoryInfo _data = Directory.CreateTempSubdirectory("skald-storm-");
    private readonly List<ServingProcess> _playgrounds = [];
    private readonly CancellationTokenSource _enough = new();
    private PostgresServer _postgres = null!; // All set before the test.
    private RabbitServer _rabbit = null!;
    private TcpProxy _toPostgres = null!;
    private TcpProxy _toRabbit = null!;
    private string _database = "";
    private Task _posting = Task.CompletedTask;
    private volatile string _lastProblem = "";
    private int _next = -1;
    private int _accepted;
    private long _longestRequest;

    public async ValueTask InitializeAsync()
    {
        foreach (var missing in new[] { PostgresServer.Requirement, Requirements.RabbitMq })
        {
            Assert.False(missing is not null && Requirements.MustRun, missing);
            Assert.SkipWhen(missing is not null, missing ?? "");
        }

        _postgres = await PostgresServer.StartAsync();
        _rabbit = await RabbitServer.StartAsync();
        (_toPostgres, _toRabbit) = (new TcpProxy(_postgres.Port), new TcpProxy(_rabbit.Port));
        _database = await _postgres.NewDatabaseAsync();
        var store = $"postgres://postgres@127.0.0.1:{_toPostgres.Port}/{new NpgsqlConnectionStringBuilder(_database).Database}";
        for (var i = 0; i < 2; i++)
        {
            _playgrounds.Add(await ServingProcess.StartAsync("Playground", "--data", _data.FullName, "--store", store, "--broker", _rabbit.Uri("v1", _toRabbit.Port)));
        }
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var playground in _playgrounds)
        {
            await playground.DisposeAsync();
        }

        await (_toPostgres?.DisposeAsync() ?? default);
        await (_toRabbit?.DisposeAsync() ?? default);
        await (_rabbit?.DisposeAsync() ?? default);
        await (_postgres?.DisposeAsync() ?? default);
        _enough.Dispose();
        _data.Delete(recursive: true);
    }

    [Fact]
    public async Task Whatever_happens_to_the_servers_readiness_follows_and_every_order_ends_right()
    {
        var seed = Number("SKALD_SEED") ?? Environment.ProcessId;
        output.WriteLine($"SKALD_SEED={seed}");
        var random = new Random(seed);
        await BecomesAsync(HttpStatusCode.OK, TimeSpan.FromMinutes(1));
        // Once its queues are there; a node that is killed before it has written their list forgets them (RabbitMQ 3.10).
        await _rabbit.StopAsync();
        await _rabbit.RestartAsync();
        _posting = Task.WhenAll(Enumerable.Range(0, Posters).Select(_ => PostAsync()));
        var (harms, isCampaign) = (Harms.ToArray(), Number("SKALD_ROUNDS") is not null);
        var (away, back) = (new List<TimeSpan>(), new List<TimeSpan>());
        for (var round = 0; round < Rounds; round++)
        {
            if (isCampaign && round % harms.Length == 0)
            {
                random.Shuffle(harms);
            }

            var (what, harm, mend) = harms[round % harms.Length];
            await ComesAsync(20);
            await harm();
            away.Add(await BecomesAsync(HttpStatusCode.ServiceUnavailable, Soon));
            await Task.Delay(Pause, TimeProvider.System, TestContext.Current.CancellationToken);
            await mend();
            back.Add(await BecomesAsync(HttpStatusCode.OK, Soon));
            output.WriteLine($"{what}: not ready after {away[^1].TotalMilliseconds:0} ms, ready {back[^1].TotalMilliseconds:0} ms after it was back (last: {_lastProblem}); {_accepted} orders, {await CompensatedAsync()} compensated");
        }

        await ComesAsync(20);
        await _enough.CancelAsync();
        await _posting;
        output.WriteLine($"the longest request took {_longestRequest} ms; at most {away.Max().TotalMilliseconds:0} ms until not ready, {back.Max().TotalMilliseconds:0} until ready again");
        Assert.InRange(_longestRequest, 0, (RequestDeadline + Soon).TotalMilliseconds);

        var audit = new FoodOrdersAudit(new ServerAuditSource(_data.FullName, _database, _rabbit));
        await UntilAsync("every saga has ended and every message is dealt with", audit.IsAtRestAsync);
        Assert.All(await Task.WhenAll(_playgrounds.Select(p => p.StopAsync())), exitCode => Assert.Equal(0, exitCode));
        var report = await audit.CheckAsync(_accepted, _ => false);
        output.WriteLine(report.ToString());
        Assert.Empty(report.Problems);
        Assert.Equal(_accepted, report.Completed + report.Compensated);
        // Nobody refused anything, and whose deadline passed was not asked: a machine that does nothing else turns none back.
        Assert.True(!isCampaign || report.Compensated == 0, $"{report.Compensated} orders were turned back for no reason.");
    }

    private IEnumerable<(string What, Func<Task> Harm, Func<Task> Mend)> Harms =>
    [
        ("PostgreSQL killed", _postgres.KillAsync, _postgres.RestartAsync),
        ("RabbitMQ frozen", _rabbit.FreezeAsync, _rabbit.ThawAsync),
        ("PostgreSQL cut off", Now(_toPostgres.Cut), Now(_toPostgres.Heal)),
        ("RabbitMQ stopped", _rabbit.StopAsync, _rabbit.RestartAsync),
        ("PostgreSQL frozen", _postgres.FreezeAsync, _postgres.ThawAsync),
        ("RabbitMQ killed", _rabbit.KillAsync, _rabbit.RestartAsync),
        ("PostgreSQL stopped", _postgres.StopAsync, _postgres.RestartAsync),
        ("RabbitMQ cut off", Now(_toRabbit.Cut), Now(_toRabbit.Heal)),
    ];

    private static Func<Task> Now(Action what) => () =>
    {
        what();
        return Task.CompletedTask;
    };

    private async Task<long> CompensatedAsync()
    {
        await using var database = NpgsqlDataSource.Create(_database);
        await using var count = database.CreateCommand("SELECT count(*) FROM food_orders_order.skald_sagas WHERE status = 3");
        return (long)(await count.ExecuteScalarAsync())!;
    }

    private static int? Number(string variable) => int.TryParse(Environment.GetEnvironmentVariable(variable), out var number) ? number : null;

    /// <summary>How long it takes until both say so.</summary>
    private async Task<TimeSpan> BecomesAsync(HttpStatusCode status, TimeSpan within)
    {
        var watch = Stopwatch.StartNew();
        while (true)
        {
            var answers = await Task.WhenAll(_playgrounds.Select(async playground =>
            {
                using var answer = await playground.Http.GetAsync("health/ready");
                _lastProblem = answer.IsSuccessStatusCode ? _lastProblem : await answer.Content.ReadAsStringAsync();
                return answer.StatusCode;
            }));
            if (answers.All(answer => answer == status))
            {
                return watch.Elapsed;
            }

            Assert.True(watch.Elapsed < within, $"It should be {status} by now, and is {string.Join(", ", answers)}.");
            await Task.Delay(TimeSpan.FromMilliseconds(50), TimeProvider.System, TestContext.Current.CancellationToken);
        }
    }

    /// <summary>More orders are taken.</summary>
    private Task ComesAsync(int more)
    {
        var enough = Volatile.Read(ref _accepted) + more;
        return UntilAsync($"{enough} orders are taken", async () =>
        {
            await (_posting.IsFaulted ? _posting : Task.CompletedTask);
            return Volatile.Read(ref _accepted) >= enough;
        });
    }

    private static async Task UntilAsync(string what, Func<Task<bool>> holds)
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
        using var response = await _playgrounds[order % 2].Http.SendAsync(request);
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
