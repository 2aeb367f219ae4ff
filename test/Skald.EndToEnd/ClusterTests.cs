using System.Diagnostics;
using System.Net;
using Npgsql;
using Skald.TestServers;

namespace Skald.EndToEnd;

/// <summary>
/// Three nodes of RabbitMQ and a PostgreSQL with a synchronous standby, under load: the node that leads most queues is killed, or cut off from the others; the
/// primary is killed and the standby promoted. A campaign and not part of the test run: <c>SKALD_ROUNDS=10 dotnet ... -explicit only -class "*ClusterTests"</c>.
/// </summary>
[Collection("Timed")]
public sealed class ClusterTests(ITestOutputHelper output) : IAsyncLifetime
{
    private const int Nodes = 3;
    private const int Orders = 20;

    private static readonly TimeSpan ResumesWithin = TimeSpan.FromSeconds(15);
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);
    private static readonly int Rounds = int.TryParse(Environment.GetEnvironmentVariable("SKALD_ROUNDS"), out var rounds) ? rounds : 1;

    private readonly DirectoryInfo _data = Directory.CreateTempSubdirectory("skald-cluster-");
    private readonly List<ServingProcess> _playgrounds = [];
    private IReadOnlyList<RabbitServer> _rabbits = [];
    private PostgresServer _primary = null!; // All set before the test.
    private PostgresServer _standby = null!;
    private string _database = "";
    private OrderLoad _load = null!;

    public async ValueTask InitializeAsync()
    {
        Assert.Null(PostgresServer.Requirement);
        Assert.Null(Requirements.RabbitMq);
        _primary = await PostgresServer.StartAsync();
        var database = new NpgsqlConnectionStringBuilder(await _primary.NewDatabaseAsync()).Database;
        _standby = await PostgresServer.StartStandbyAsync(_primary);
        _rabbits = await RabbitServer.StartClusterAsync(Nodes);
        var hosts = $"127.0.0.1:{_primary.Port},127.0.0.1:{_standby.Port}";
        _database = $"Host={hosts};Database={database};Username=postgres;Target Session Attributes=read-write;Host Recheck Seconds=1;Pooling=false";
        var broker = _rabbits[0].Uri("v1").Replace($":{_rabbits[0].Port}", string.Join(",127.0.0.1", _rabbits.Select(node => $":{node.Port}")), StringComparison.Ordinal);
        for (var i = 0; i < 2; i++)
        {
            _playgrounds.Add(await ServingProcess.StartAsync("Playground", "--data", _data.FullName, "--store", $"postgres://postgres@{hosts}/{database}", "--broker", broker));
        }

        _load = new OrderLoad(_playgrounds);
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var process in _playgrounds)
        {
            await process.DisposeAsync();
        }

        foreach (var node in _rabbits)
        {
            await node.DisposeAsync();
        }

        await (_standby?.DisposeAsync() ?? default);
        await (_primary?.DisposeAsync() ?? default);
        _load?.Dispose();
        _data.Delete(recursive: true);
    }

    [Fact(Explicit = true)]
    public async Task A_leader_that_is_lost_costs_seconds_and_no_message()
    {
        await _load.BecomesAsync(HttpStatusCode.OK, Patience);
        _load.Begin();
        var took = new List<TimeSpan>();
        for (var round = 0; round < Rounds; round++)
        {
            took.Add(await KillLeaderAsync());
            took.Add(await CutLeaderOffAsync());
            took.Add(await FailOverAsync());
        }

        await _load.ComesAsync(Orders);
        var report = await _load.EndAsync(new ServerAuditSource(_data.FullName, _database, _rabbits[0]));
        output.WriteLine($"{took.Count} leaders lost; work went on after {took.Max().TotalSeconds:0.0} s at most; the longest request took {_load.LongestRequest} ms");
        output.WriteLine(report.ToString());
        Assert.All(took, time => Assert.InRange(time, TimeSpan.Zero, ResumesWithin));
    }

    private async Task<TimeSpan> KillLeaderAsync()
    {
        var leader = await LeaderAsync();
        await leader.KillAsync();
        var took = await GoesOnAsync($"RabbitMQ's {leader.Name} killed");
        await leader.RestartAsync();
        await WholeAsync();
        return took;
    }

    private async Task<TimeSpan> CutLeaderOffAsync()
    {
        var leader = await LeaderAsync();
        await leader.CutOffAsync();
        var took = await GoesOnAsync($"RabbitMQ's {leader.Name} cut off");
        await leader.RejoinAsync();
        await WholeAsync();
        return took;
    }

    private async Task<TimeSpan> FailOverAsync()
    {
        await _primary.KillAsync();
        await _standby.PromoteAsync();
        (_primary, _standby) = (_standby, _primary);
        var took = await GoesOnAsync("PostgreSQL's primary killed and its standby promoted");
        await _standby.FollowAsync(_primary);
        return took;
    }

    /// <summary>The node that leads most queues.</summary>
    private async Task<RabbitServer> LeaderAsync()
    {
        var leaders = (await _rabbits[0].ControlAsync("list_queues -p v1 leader")).Split('\n', StringSplitOptions.RemoveEmptyEntries);
        var most = leaders.CountBy(name => name).Where(l => _rabbits.Any(node => node.Name == l.Key)).MaxBy(l => l.Value).Key;
        return _rabbits.Single(node => node.Name == most);
    }

    /// <summary>Every node has every queue again, as an operator makes sure of before the next is touched.</summary>
    private Task WholeAsync() => OrderLoad.UntilAsync("every node is back", async () =>
    {
        try
        {
            var queues = (await _rabbits[0].ControlAsync("list_queues -p v1 type online")).Split('\n').Where(line => line.StartsWith("quorum", StringComparison.Ordinal)).ToList();
            return queues.Count > 0 && queues.All(queue => queue.Split(',').Length == Nodes);
        }
        catch (InvalidOperationException)
        {
            return false;
        }
    });

    /// <summary>How long it takes until both are ready, and some orders have ended that were begun only now.</summary>
    private async Task<TimeSpan> GoesOnAsync(string what)
    {
        var watch = Stopwatch.StartNew();
        var since = TimeProvider.System.GetUtcNow();
        await _load.BecomesAsync(HttpStatusCode.OK, Patience);
        var ready = watch.Elapsed;
        while (await EndedAsync(since) < Orders)
        {
            Assert.True(watch.Elapsed < Patience, $"{what}: {await EndedAsync(since)} orders have begun and ended in {Patience.TotalSeconds} s.");
            await Task.Delay(TimeSpan.FromMilliseconds(50), TimeProvider.System, TestContext.Current.CancellationToken);
        }

        output.WriteLine($"{what}: ready after {ready.TotalSeconds:0.0} s, {Orders} new orders ended after {watch.Elapsed.TotalSeconds:0.0}; {_load.Accepted} taken");
        return watch.Elapsed;
    }

    private async Task<long> EndedAsync(DateTimeOffset since)
    {
        await using var connection = new NpgsqlConnection(_database);
        await connection.OpenAsync();
        await using var count = new NpgsqlCommand("SELECT count(*) FROM food_orders_order.skald_sagas WHERE started_at > $1 AND status IN (2, 3)", connection) { Parameters = { new NpgsqlParameter<long> { TypedValue = since.ToUnixTimeMilliseconds() } } };
        return (long)(await count.ExecuteScalarAsync())!;
    }
}
