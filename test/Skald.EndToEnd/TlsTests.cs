using System.Net;
using Npgsql;
using Skald.TestServers;

namespace Skald.EndToEnd;

/// <summary>A PostgreSQL and a RabbitMQ that take no connection without TLS, with certificates of an authority that the machine does not know.</summary>
[Collection("Timed")]
public sealed class TlsTests : IAsyncLifetime
{
    private readonly DirectoryInfo _data = Directory.CreateTempSubdirectory("skald-tls-");
    private readonly Certificates _certificates = new();
    private PostgresServer? _postgres;
    private RabbitServer? _rabbit;
    private string _database = "";

    private Dictionary<string, string> KnowsTheAuthority => new() { ["SSL_CERT_FILE"] = _certificates.Authority };

    public async ValueTask InitializeAsync()
    {
        foreach (var missing in new[] { PostgresServer.Requirement, Requirements.RabbitMq })
        {
            Assert.False(missing is not null && Requirements.MustRun, missing);
            Assert.SkipWhen(missing is not null, missing ?? "");
        }

        _postgres = await PostgresServer.StartAsync(certificates: _certificates);
        _rabbit = await RabbitServer.StartAsync(certificates: _certificates);
        _database = $"127.0.0.1:{_postgres.Port}/{new NpgsqlConnectionStringBuilder(await _postgres.NewDatabaseAsync()).Database}";
    }

    public async ValueTask DisposeAsync()
    {
        await (_rabbit?.DisposeAsync() ?? default);
        await (_postgres?.DisposeAsync() ?? default);
        _certificates.Dispose();
        _data.Delete(recursive: true);
    }

    [Fact]
    public async Task Servers_that_demand_it_are_used_by_whoever_knows_their_authority_and_by_nobody_else()
    {
        // Both are set: InitializeAsync has started them.
        var broker = _rabbit!.NewUri();
        string[] settings = ["--data", _data.FullName, "--broker", broker, "--store", $"postgres://postgres@{_database}?sslmode=verify-full"];
        await using (var playground = await ServingProcess.StartAsync("Playground", settings, KnowsTheAuthority))
        {
            await Eventually.TrueAsync("ready", async () =>
            {
                using var ready = await playground.Http.GetAsync("health/ready");
                return ready.StatusCode == HttpStatusCode.OK;
            });
            using var order = await playground.Http.GetAsync("food-orders/run-success-saga");
            Assert.True(order.IsSuccessStatusCode, await order.Content.ReadAsStringAsync());
            await Eventually.TrueAsync("approved", async () => (await playground.Http.GetStringAsync("food-orders/orders/1")).Contains("\"status\":\"approved\"", StringComparison.Ordinal));
            Assert.Equal("t", await _postgres!.QueryAsync(_database.Split('/')[1], "SELECT bool_and(ssl) FROM pg_stat_ssl s JOIN pg_stat_activity a USING (pid) WHERE a.application_name = 'skald'"));
        }

        var database = await RefusedAsync(settings);
        Assert.Contains($"PostgreSQL at {_database}", database, StringComparison.Ordinal);
        Assert.Contains("certificate", database, StringComparison.Ordinal);
        var bus = await RefusedAsync(["--data", _data.FullName, "--broker", broker, "--store", "sqlite"]);
        Assert.Contains($"RabbitMQ at 127.0.0.1:{_rabbit.Port}", bus, StringComparison.Ordinal);
        Assert.Contains("certificate", bus, StringComparison.Ordinal);
    }

    private static async Task<string> RefusedAsync(string[] settings)
    {
        var result = await Processes.RunAsync("Playground", [.. settings, "--urls", "http://127.0.0.1:0"]);
        Assert.NotEqual(0, result.ExitCode);
        Assert.DoesNotContain("   at ", result.Error, StringComparison.Ordinal);
        return result.Error;
    }
}
