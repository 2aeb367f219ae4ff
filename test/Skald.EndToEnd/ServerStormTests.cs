using System.Net;
using Npgsql;
using Skald.TestServers;

namespace Skald.EndToEnd;

/// <summary>
/// PostgreSQL and RabbitMQ are stopped, killed, frozen and cut off, while orders come in and all systems run: four rounds of a few seconds in the test run, as
/// many, in random order, and as long as <c>SKALD_ROUNDS</c> and <c>SKALD_PAUSE</c> (in seconds) say in a campaign, where what is frozen stays so for a minute;
/// <c>SKALD_HARM=frozen</c> chooses those of which the name has this.
/// </summary>
[Collection("Timed")]
public sealed class ServerStormTests(ITestOutputHelper output) : IAsyncLifetime
{
    // Guides promise two seconds, which the output shows; a machine that runs the other tests as well gets a lot more.
    private static readonly TimeSpan Soon = Number("SKALD_ROUNDS") is null ? TimeSpan.FromSeconds(40) : TimeSpan.FromSeconds(5);
    private static readonly TimeSpan RequestDeadline = TimeSpan.FromSeconds(30);
    private static readonly int Rounds = Number("SKALD_ROUNDS") ?? 4;
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(Number("SKALD_PAUSE") ?? 4);

    // In a campaign.
    private static readonly TimeSpan FrozenFor = TimeSpan.FromMinutes(1);

    private readonly DirectoryInfo _data = Directory.CreateTempSubdirectory("skald-storm-");
    private readonly List<ServingProcess> _playgrounds = [];
    private PostgresServer _postgres = null!; // All set before the test.
    private RabbitServer _rabbit = null!;
    private TcpProxy _toPostgres = null!;
    private TcpProxy _toRabbit = null!;
    private string _database = "";
    private OrderLoad _load = null!;

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

        _load = new OrderLoad(_playgrounds);
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
        _load?.Dispose();
        _data.Delete(recursive: true);
    }

    [Fact]
    public async Task Whatever_happens_to_the_servers_readiness_follows_and_every_order_ends_right()
    {
        var seed = Number("SKALD_SEED") ?? Environment.ProcessId;
        output.WriteLine($"SKALD_SEED={seed}");
        var random = new Random(seed);
        await _load.BecomesAsync(HttpStatusCode.OK, TimeSpan.FromMinutes(1));
        // Once its queues are there; a node that is killed before it has written their list forgets them (RabbitMQ 3.10).
        await _rabbit.StopAsync();
        await _rabbit.RestartAsync();
        _load.Begin();
        var (harms, isCampaign) = (Harms.Where(harm => harm.What.Contains(Environment.GetEnvironmentVariable("SKALD_HARM") ?? "", StringComparison.Ordinal)).ToArray(), Number("SKALD_ROUNDS") is not null);
        var (away, back) = (new List<TimeSpan>(), new List<TimeSpan>());
        for (var round = 0; round < Rounds; round++)
        {
            if (isCampaign && round % harms.Length == 0)
            {
                random.Shuffle(harms);
            }

            var (what, harm, mend) = harms[round % harms.Length];
            await _load.ComesAsync(20);
            await harm();
            away.Add(await _load.BecomesAsync(HttpStatusCode.ServiceUnavailable, Soon));
            await Task.Delay(isCampaign && what.EndsWith("frozen", StringComparison.Ordinal) ? FrozenFor : Pause, TimeProvider.System, TestContext.Current.CancellationToken);
            await mend();
            back.Add(await _load.BecomesAsync(HttpStatusCode.OK, Soon));
            output.WriteLine($"{what}: not ready after {away[^1].TotalMilliseconds:0} ms, ready {back[^1].TotalMilliseconds:0} ms after it was back (last: {_load.LastProblem}); {_load.Accepted} orders, {await CompensatedAsync()} compensated");
        }

        await _load.ComesAsync(20);
        var report = await _load.EndAsync(new ServerAuditSource(_data.FullName, _database, _rabbit));
        output.WriteLine($"the longest request took {_load.LongestRequest} ms; at most {away.Max().TotalMilliseconds:0} ms until not ready, {back.Max().TotalMilliseconds:0} until ready again");
        Assert.InRange(_load.LongestRequest, 0, (RequestDeadline + Soon).TotalMilliseconds);
        output.WriteLine(report.ToString());
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
}
