using Microsoft.Data.Sqlite;
using Npgsql;
using Skald.TestServers;

namespace Skald.Packages.Tests;

/// <summary>
/// A user's system on packages alone, killed again and again: <c>SKALD_TRIPS</c> and <c>SKALD_KILLS</c> say how much, and <c>SKALD_SEED</c> when.
/// </summary>
public sealed class The_travel_sample(TravelSample sample, ITestOutputHelper output) : IClassFixture<TravelSample>
{
    [Fact]
    public async Task Passes_its_own_tests() => Assert.Contains("Failed:     0", await sample.TestAsync());

    [Fact]
    public async Task Leaves_no_trip_half_booked_when_its_one_process_is_killed_on_SQLite()
    {
        var data = sample.NewData("sqlite");
        var port = FreePorts.Take(1)[0];
        await using var processes = new TravelProcesses(sample.Project);
        await processes.StartAsync(
            1, "--urls", $"http://127.0.0.1:{port}", "--Payments:Provider", $"http://127.0.0.1:{port}/provider/", "--Provider:File", $"{data}/provider.db", "--Skald:Data", data, Approval);

        await SurviveAsync(processes, trips: 200, kills: 20, new TravelAudit(service => new SqliteConnection($"Data Source={data}/travel/{service}.db;Pooling=false"), $"{data}/provider.db"));
    }

    [Fact]
    public async Task Leaves_no_trip_half_booked_when_two_processes_of_everything_are_killed_on_PostgreSQL_and_RabbitMQ()
    {
        foreach (var missing in new[] { PostgresServer.Requirement, Requirements.RabbitMq })
        {
            Assert.False(missing is not null && Requirements.MustRun, missing);
            Assert.SkipWhen(missing is not null, missing ?? "");
        }

        await using var postgres = await PostgresServer.StartAsync();
        await using var rabbit = await RabbitServer.StartAsync();
        var database = await postgres.NewDatabaseAsync();
        var books = Path.Combine(sample.NewData("servers"), "provider.db");
        await using var provider = await ServingProject.StartAsync(sample.Project, "Travel", "--Run", "provider", "--Provider:File", books);
        string[] servers = ["--Skald:Store", database, "--Skald:Broker", rabbit.NewUri(), "--Payments:Provider", $"{provider.Http.BaseAddress}provider/", Approval];
        await using var processes = new TravelProcesses(sample.Project);
        await processes.StartAsync(2, ["--Run", "trips,payments", .. servers]);
        await processes.StartAsync(2, ["--Run", "flights,hotel,cars", .. servers]);

        await SurviveAsync(
            processes, trips: 60, kills: 6,
            new TravelAudit(service => new NpgsqlConnection(new NpgsqlConnectionStringBuilder(database) { SearchPath = "travel_" + service, Pooling = false }.ToString()), books));
    }

    // Trips that nobody looks at end while the test waits.
    private const string Approval = "--Trips:ApprovalWithin=00:00:15";

    private async Task SurviveAsync(TravelProcesses processes, int trips, int kills, TravelAudit audit)
    {
        var seed = Number("SKALD_SEED") ?? Environment.ProcessId;
        output.WriteLine($"SKALD_SEED={seed}");
        var load = new TravelLoad(processes, audit, Number("SKALD_TRIPS") ?? trips, Number("SKALD_KILLS") ?? kills, new Random(seed));
        await load.RunAsync();
        await audit.RestsAsync(load.Trips.Count);
        await processes.StopAsync();

        var report = await audit.CheckAsync(load.Trips);
        output.WriteLine($"{processes.Kills} kills with {load.UnderWay} trips under way: {report}");
        Assert.Empty(report.Problems);
        Assert.Equal(load.Trips.Count, report.Completed + report.Compensated);
        Assert.True(load.UnderWay > processes.Kills, "the kills met nobody on the way");
        Assert.True(report.Completed > load.Trips.Count / 4, "so few completed that little was tested");
    }

    private static int? Number(string variable) => int.TryParse(Environment.GetEnvironmentVariable(variable), out var number) ? number : null;
}
