using System.Diagnostics;
using System.Net;
using Npgsql;
using Skald.TestServers;

namespace Skald.EndToEnd;

/// <summary>Seventeen services that have nothing to do: whether they could do something is told all the same, and soon.</summary>
[Collection("Timed")]
public sealed class ReadinessTests(Servers servers, ITestOutputHelper output) : IClassFixture<Servers>, IAsyncLifetime
{
    // What guides promise is two seconds, which the output shows; a machine that is busy with other things gets some more.
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan RequestDeadline = TimeSpan.FromSeconds(30);

    private readonly DirectoryInfo _data = Directory.CreateTempSubdirectory("skald-ready-");
    private ServingProcess _playground = null!; // Set before each test.
    private PostgresServer _server = null!;

    public async ValueTask InitializeAsync()
    {
        _server = await servers.OtherPostgresAsync();
        var database = $"postgres://postgres@127.0.0.1:{_server.Port}/{new NpgsqlConnectionStringBuilder(await _server.NewDatabaseAsync()).Database}";
        _playground = await ServingProcess.StartAsync("Playground", "--data", _data.FullName, "--store", database, "--broker", database);
        await Eventually.TrueAsync("ready", async () =>
        {
            using var answer = await _playground.Http.GetAsync("health/ready");
            return answer.IsSuccessStatusCode;
        });
    }

    public async ValueTask DisposeAsync()
    {
        await _playground.DisposeAsync();
        await _server.ThawAsync();
        _data.Delete(recursive: true);
    }

    [Fact]
    public async Task Follows_a_database_that_is_killed_and_comes_back()
    {
        for (var round = 1; round <= 3; round++)
        {
            await _server.KillAsync();
            await BecomesAsync(HttpStatusCode.ServiceUnavailable, $"killed {round}");
            await _server.RestartAsync();
            await BecomesAsync(HttpStatusCode.OK, $"back {round}");
        }
    }

    [Fact]
    public async Task Follows_a_database_that_does_not_answer_and_no_request_waits_for_longer_than_its_deadline()
    {
        await _server.FreezeAsync();
        await BecomesAsync(HttpStatusCode.ServiceUnavailable, "frozen");
        var watch = Stopwatch.StartNew();
        var asked = await Task.WhenAll(((string[])["food-orders/run-success-saga", "food-orders/orders", "parking-orchestration/bookings"]).Select(async path =>
        {
            using var answer = await _playground.Http.GetAsync(path);
            return (Path: path, answer.StatusCode, After: watch.Elapsed);
        }));
        await _server.ThawAsync();
        await BecomesAsync(HttpStatusCode.OK, "thawed");
        Assert.All(asked, a => output.WriteLine($"{a.Path}: {a.StatusCode} after {a.After}"));
        Assert.All(asked, a => Assert.True(
            a.After < RequestDeadline + Soon && a.StatusCode is HttpStatusCode.ServiceUnavailable or HttpStatusCode.GatewayTimeout,
            $"{a.Path} was answered with {a.StatusCode} after {a.After}."));
    }

    private async Task BecomesAsync(HttpStatusCode status, string when)
    {
        var watch = Stopwatch.StartNew();
        await Eventually.TrueAsync($"{when}: {status}", async () =>
        {
            using var answer = await _playground.Http.GetAsync("health/ready");
            return answer.StatusCode == status;
        });
        output.WriteLine($"{when}: {status} after {watch.ElapsedMilliseconds} ms");
        Assert.True(watch.Elapsed < Soon, $"{when}: {status} after {watch.Elapsed}");
    }
}
