using Dapper;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using Skald.EventProcess;

namespace Skald.EndToEnd;

/// <summary>Kills who appends, projects and publishes, and who follows, and loses and restores the projection's database meanwhile.</summary>
public sealed class EventCrashTests(ITestOutputHelper output, Servers servers) : IClassFixture<Servers>, IDisposable
{
    private readonly DirectoryInfo _data = Directory.CreateTempSubdirectory("skald-tills-");

    public void Dispose() => _data.Delete(recursive: true);

    [Fact]
    public Task Fifty_kills_leave_rows_that_are_the_fold_of_all_events_and_a_follower_that_saw_each_once_in_order_on_SQLite()
    {
        var rows = Path.Combine(_data.FullName, "rows.db");
        return SurviveAsync(
            new TillSystem(Path.Combine(_data.FullName, "bank.db"), rows, Path.Combine(_data.FullName, "follower.db"), Path.Combine(_data.FullName, "broker.db")),
            kills: 50, new FileRows(rows));
    }

    [Fact]
    public async Task Ten_kills_leave_rows_that_are_the_fold_of_all_events_and_a_follower_that_saw_each_once_in_order_on_PostgreSQL()
    {
        var (_, events) = await servers.NewDatabaseAsync();
        var (_, rows) = await servers.NewDatabaseAsync();
        await SurviveAsync(new TillSystem(events, rows, events, events), kills: 10, new DatabaseRows(rows));
    }

    private async Task SurviveAsync(TillSystem system, int kills, ILosableRows rows)
    {
        var seed = int.TryParse(Environment.GetEnvironmentVariable("SKALD_SEED"), out var given) ? given : Environment.ProcessId;
        output.WriteLine($"SKALD_SEED={seed}");
        var random = new Random(seed);
        var follower = await TillProcess.StartAsync(system, "follower", 0, seed);
        for (var kill = 1; kill <= kills; kill++)
        {
            var bank = await TillProcess.StartAsync(system, "bank", appenders: 4, seed + (kill * 100));
            if (kill % 5 == 0)
            {
                await follower.KillAsync(random.Next(40));
                follower = await TillProcess.StartAsync(system, "follower", 0, seed);
            }

            await bank.KillAsync(random.Next(80));
            await rows.AfterAsync(kill, kills);
        }

        await using var last = await TillProcess.StartAsync(system, "bank", appenders: 0, seed);
        await using (follower)
        {
            await CheckAsync(system);
        }
    }

    /// <summary>Looks as a command-line verb does, while the processes go on.</summary>
    private async Task CheckAsync(TillSystem system)
    {
        await using var provider = system.Build("bank");
        await using var following = system.Build("follower");
        await provider.GetRequiredService<SkaldServices>().OpenAsync(CancellationToken.None);
        await following.GetRequiredService<SkaldServices>().OpenAsync(CancellationToken.None);
        var bank = provider.GetRequiredService<SkaldServices>()["tills.bank"];
        var follower = following.GetRequiredService<SkaldServices>()["tills.follower"];

        var fold = new List<(string Id, long Sum, long Events)>();
        for (var i = 0; i < TillSystem.Tills; i++)
        {
            var history = await bank.HistoryAsync<Till>($"{i}").ToListAsync();
            fold.Add(($"{i}", history.Sum(e => e.Event is TillTook took ? (long)took.Amount : 0), history.Count));
        }

        var total = fold.Sum(t => t.Events);
        output.WriteLine($"{total} events");
        Assert.True(total > 200, $"only {total} events were appended, so little was tested");
        var list = bank.Projection("till_list");
        await Eventually.TrueAsync("the projection is current", async () => (await list.StatusAsync()).State == ProjectionState.Current);
        Assert.Equal(fold, await RowsAsync(list));

        await Eventually.TrueAsync("all was followed", async () => (await SeenAsync(follower)).Count >= total);
        var seen = (await SeenAsync(follower)).ToLookup(s => s.Till, s => s.Number);
        Assert.All(fold, till => Assert.Equal(Enumerable.Range(1, (int)till.Events).Select(n => (long)n), seen[till.Id]));
        Assert.Empty(await follower.Operations.DeadLettersAsync(0, 10));

        var rebuilt = await list.RebuildAsync();
        Assert.All(rebuilt.Tables, t => Assert.True(t.Same, t.ToString()));
        Assert.Equal((total, true), (rebuilt.Events, rebuilt.Switched));
        Assert.Equal(fold, await RowsAsync(list));
    }

    private static async Task<List<(string, long, long)>> RowsAsync(ProjectionHandle list)
    {
        await using var connection = await list.OpenAsync();
        return [.. await connection.QueryAsync<(string, long, long)>("SELECT id, sum, events FROM tills ORDER BY id")];
    }

    private static async Task<List<(string Till, long Number)>> SeenAsync(SkaldService follower)
    {
        await using var connection = await follower.OpenAsync(CancellationToken.None);
        return [.. await connection.QueryAsync<(string, long)>("SELECT till, number FROM seen ORDER BY place")];
    }

    /// <summary>Keeps a copy of the rows after a quarter of the kills, loses them after half, and brings the copy back after three quarters.</summary>
    private interface ILosableRows
    {
        Task AfterAsync(int kill, int kills);
    }

    private sealed class FileRows(string file) : ILosableRows
    {
        public Task AfterAsync(int kill, int kills)
        {
            foreach (var suffix in (string[])["", "-wal", "-shm"])
            {
                var (live, kept) = (file + suffix, file + ".kept" + suffix);
                if (kill == kills / 4 && File.Exists(live))
                {
                    File.Copy(live, kept);
                }
                else if (kill == kills / 2 || kill == kills * 3 / 4)
                {
                    File.Delete(live);
                    if (kill != kills / 2 && File.Exists(kept))
                    {
                        File.Copy(kept, live);
                    }
                }
            }

            return Task.CompletedTask;
        }
    }

    private sealed class DatabaseRows(string connection) : ILosableRows
    {
        private readonly string _name = new NpgsqlConnectionStringBuilder(connection).Database!;

        public async Task AfterAsync(int kill, int kills)
        {
            if (kill == kills / 4)
            {
                await RunAsync($"CREATE DATABASE {_name}_kept TEMPLATE {_name}");
            }
            else if (kill == kills / 2 || kill == kills * 3 / 4)
            {
                await RunAsync($"DROP DATABASE {_name} WITH (FORCE)");
                await RunAsync($"CREATE DATABASE {_name} TEMPLATE {(kill == kills / 2 ? "template1" : _name + "_kept")}");
            }
        }

        private async Task RunAsync(string sql)
        {
            await using var server = new NpgsqlConnection(new NpgsqlConnectionStringBuilder(connection) { Database = "postgres", Pooling = false }.ConnectionString);
            await server.OpenAsync();
            for (var attempt = 0; ; attempt++)
            {
                try
                {
                    await server.ExecuteAsync(sql);
                    return;
                }
                catch (PostgresException exception) when (exception.SqlState == PostgresErrorCodes.ObjectInUse && attempt < 100)
                {
                    // The server has not noticed yet that the process is dead.
                    await Task.Delay(TimeSpan.FromMilliseconds(50), TimeProvider.System);
                }
            }
        }
    }
}
