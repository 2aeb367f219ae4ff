using System.Data.Common;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using NpgsqlTypes;
using Skald.Storage;
using Xunit;

namespace Skald.Servers.Tests;

[Event("COUNTER_STARTED")]
public sealed record CounterStarted : IEvent;

[Event("COUNTED")]
public sealed record Counted(int By) : IEvent;

public sealed record Counter(long Sum);

public sealed class CounterAggregate : Aggregate<Counter>
{
    protected override void Define(AggregateBuilder<Counter> aggregate) => aggregate
        .Begins<CounterStarted>(_ => new Counter(0))
        .On<Counted>((counter, e) => new Counter(counter.Sum + e.By));
}

/// <summary>A row per counter, written a page at a time.</summary>
public sealed class CounterList : Projection
{
    public override string Name => "counter_list";

    public override IReadOnlyList<string> Schema =>
        ["CREATE TABLE IF NOT EXISTS counters (id text PRIMARY KEY, sum bigint NOT NULL, version bigint NOT NULL)", "CREATE INDEX IF NOT EXISTS counters_sum ON counters (sum)"];

    public override async ValueTask ApplyAsync(IReadOnlyList<RecordedEvent> events, ProjectionContext context)
    {
        var rows = events.GroupBy(e => e.Id).Select(g => (Id: g.Key, Sum: g.Sum(e => e.Event is Counted c ? (long)c.By : 0), Version: g.Max(e => e.Version))).ToList();
        await using var command = new NpgsqlCommand(
            "INSERT INTO counters SELECT * FROM unnest($1, $2, $3) ON CONFLICT (id) DO UPDATE SET sum = counters.sum + excluded.sum, version = excluded.version",
            (NpgsqlConnection)context.Connection, (NpgsqlTransaction)context.Transaction);
        command.Parameters.AddWithValue(NpgsqlDbType.Array | NpgsqlDbType.Text, rows.Select(r => r.Id).ToArray());
        command.Parameters.AddWithValue(NpgsqlDbType.Array | NpgsqlDbType.Bigint, rows.Select(r => r.Sum).ToArray());
        command.Parameters.AddWithValue(NpgsqlDbType.Array | NpgsqlDbType.Bigint, rows.Select(r => r.Version).ToArray());
        await command.ExecuteNonQueryAsync(context.CancellationToken);
    }

    public static async Task<List<string>> ReadAsync(DbConnection connection)
    {
        await using (connection)
        {
            await using var command = connection.CreateCommand();
            command.CommandText = "SELECT id || ' ' || sum || ' ' || version FROM counters ORDER BY id";
            await using var row = await command.ExecuteReaderAsync();
            var rows = new List<string>();
            while (await row.ReadAsync())
            {
                rows.Add(row.GetString(0));
            }

            return rows;
        }
    }
}

public sealed class A_projection_on_PostgreSql(PostgreSqlFixture fixture)
{
    [Fact]
    public async Task Is_shared_by_processes_in_another_database_than_the_events_and_equals_its_rebuild()
    {
        await using var system = await StartAsync(processes: 3);
        await Task.WhenAll(system.Services.Select((service, i) => AppendAsync(service, new Random(i), 300)));
        await CurrentAsync(system);
        var live = await RowsAsync(system);
        Assert.Equal(await FoldAsync(system), live);

        var reads = ReadAllTheTimeAsync(system, out var stop, out var begun);
        await begun;
        var writing = AppendAsync(system.Services[1], new Random(9), 200);
        var result = await system.Services[0].Projection("counter_list").RebuildAsync(new RebuildOptions { PageSize = 100 }, TestContext.Current.CancellationToken);
        await writing;
        await stop.CancelAsync();
        Assert.True(await reads > 0);
        Assert.True(result.Switched);
        Assert.All(result.Tables, t => Assert.True(t.Same, t.ToString()));
        await CurrentAsync(system);
        Assert.Equal(await FoldAsync(system), await RowsAsync(system));
    }

    [Fact]
    public async Task Goes_on_when_a_process_that_held_it_has_stopped_answering()
    {
        await using var system = await StartAsync(processes: 1, new PostgreSqlOptions { Lease = TimeSpan.FromSeconds(1) });
        await AppendAsync(system.Services[0], new Random(1), 5);
        await CurrentAsync(system);
        await using var zombie = new PostgreSql.PostgresProjectionStore("counter_list", system.Projecting, new PostgreSqlOptions { Lease = TimeSpan.FromSeconds(1) });
        var held = await zombie.BeginAsync(ProjectionTables.Live, CancellationToken.None);
        await AppendAsync(system.Services[0], new Random(2), 5);
        await CurrentAsync(system);
        var late = await Assert.ThrowsAnyAsync<Exception>(async () => await held.CommitAsync(new EventPosition(1, 1), CancellationToken.None));
        Assert.IsType<StoreUnavailableException>(late);
        await held.DisposeAsync();
        Assert.Equal(await FoldAsync(system), await RowsAsync(system));
    }

    [Fact]
    public async Task Comes_back_by_itself_when_its_schema_is_dropped_and_when_an_older_one_is_restored()
    {
        await using var system = await StartAsync(processes: 1);
        await AppendAsync(system.Services[0], new Random(1), 20);
        await CurrentAsync(system);
        await using var source = NpgsqlDataSource.Create(system.Projecting);
        await RunAsync(source, "CREATE TABLE kept AS SELECT * FROM counter_list.counters; CREATE TABLE kept_at AS SELECT * FROM counter_list.skald_projection");
        await RunAsync(source, "DROP SCHEMA counter_list CASCADE");
        await AppendAsync(system.Services[0], new Random(2), 20);
        await CurrentAsync(system);
        Assert.Equal(await FoldAsync(system), await RowsAsync(system));

        await RunAsync(source,
            "BEGIN; DELETE FROM counter_list.counters; INSERT INTO counter_list.counters SELECT * FROM kept; " +
            "UPDATE counter_list.skald_projection SET tx = k.tx, number = k.number FROM kept_at AS k; COMMIT");
        await AppendAsync(system.Services[0], new Random(3), 20);
        await CurrentAsync(system);
        Assert.Equal(await FoldAsync(system), await RowsAsync(system));
    }

    [Fact]
    public async Task Is_not_switched_by_a_rebuild_that_has_lost_its_tables_to_another()
    {
        await using var system = await StartAsync(processes: 1);
        await AppendAsync(system.Services[0], new Random(1), 60);
        await CurrentAsync(system);
        var live = await RowsAsync(system);
        await using var source = NpgsqlDataSource.Create(system.Projecting);
        await using var other = new PostgreSql.PostgresProjectionStore("counter_list", system.Projecting, new PostgreSqlOptions());
        var lost = new OnFirst<RebuildProgress>(() => Task.Run(async () =>
        {
            // Its connection alone is cut, by a proxy perhaps: the lock goes with it.
            await RunAsync(source, "SELECT pg_terminate_backend(pid, 10000) FROM pg_locks WHERE locktype = 'advisory' AND granted AND database = (SELECT oid FROM pg_database WHERE datname = current_database())");
            await other.BeginRebuildAsync(new CounterList().Schema, CancellationToken.None);
        }).Wait());
        await Assert.ThrowsAsync<SagaConcurrencyException>(() => system.Services[0].Projection("counter_list").RebuildAsync(
            new RebuildOptions { PageSize = 10, Progress = lost }, TestContext.Current.CancellationToken));
        Assert.Equal(live, await RowsAsync(system));
        await other.AbandonRebuildAsync(CancellationToken.None);
    }

    [Fact]
    public async Task Refuses_a_schema_that_others_use_since_a_rebuild_replaces_it()
    {
        var server = await fixture.ServerAsync();
        var database = await server.NewDatabaseAsync();
        await using (var bank = new PostgreSql.PostgresStore("counting", database, new PostgreSqlOptions { Schema = "app" }, TimeProvider.System))
        {
            await bank.StartAsync("inn.counters", [], CancellationToken.None);
            var shared = await RefusedAsync("counter_list", "app");
            Assert.Contains("a schema of its own", shared, StringComparison.Ordinal);
        }

        await using var list = new PostgreSql.PostgresProjectionStore("counter_list", database, new PostgreSqlOptions { Schema = "lists" });
        await list.StartAsync(new CounterList().Schema, CancellationToken.None);
        await list.StartAsync(new CounterList().Schema, CancellationToken.None);
        Assert.Contains("is the projection of 'counter_list'", await RefusedAsync("other_list", "lists"), StringComparison.Ordinal);
        await using (var theirs = new PostgreSql.PostgresProjectionStore("counter_list", database, new PostgreSqlOptions { Schema = "lists" }, "another.service"))
        {
            await Assert.ThrowsAsync<StoreSetupException>(() => theirs.StartAsync(new CounterList().Schema, CancellationToken.None));
        }

        await using var late = new PostgreSql.PostgresStore("counting", database, new PostgreSqlOptions { Schema = "lists" }, TimeProvider.System);
        await Assert.ThrowsAsync<StoreSetupException>(() => late.StartAsync("inn.counters", [], CancellationToken.None));

        async Task<string> RefusedAsync(string name, string schema)
        {
            await using var store = new PostgreSql.PostgresProjectionStore(name, database, new PostgreSqlOptions { Schema = schema });
            return (await Assert.ThrowsAsync<StoreSetupException>(() => store.StartAsync(new CounterList().Schema, CancellationToken.None))).Message;
        }
    }

    private sealed class OnFirst<T>(Action act) : IProgress<T>
    {
        private int _told;

        public void Report(T value)
        {
            if (Interlocked.Exchange(ref _told, 1) == 0)
            {
                act();
            }
        }
    }

    [Fact]
    public async Task Survives_fifty_cut_connections_under_load()
    {
        await using var system = await StartAsync(processes: 2);
        await AppendAsync(system.Services[0], new Random(0), 20);
        await using var source = NpgsqlDataSource.Create(system.Projecting);
        using var stop = new CancellationTokenSource();
        var writing = Task.Run(async () =>
        {
            for (var round = 1; !stop.IsCancellationRequested; round++)
            {
                await AppendAsync(system.Services[round % 2], new Random(round), 25);
            }
        });
        var random = new Random(5);
        for (var kills = 0; kills < 50;)
        {
            // Whatever it is doing at this moment: reading, writing rows, committing.
            await using var command = source.CreateCommand(
                "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid() AND state <> 'idle'");
            kills += (int)(long)(await command.ExecuteScalarAsync())!;
            await Task.Delay(TimeSpan.FromMilliseconds(random.Next(5)), TimeProvider.System);
        }

        await stop.CancelAsync();
        await writing;
        await CurrentAsync(system);
        Assert.Equal(await FoldAsync(system), await RowsAsync(system));
        var rebuilt = await system.Services[0].Projection("counter_list").RebuildAsync(cancellationToken: TestContext.Current.CancellationToken);
        Assert.All(rebuilt.Tables, t => Assert.True(t.Same, t.ToString()));
    }

    private static async Task RunAsync(NpgsqlDataSource source, string sql)
    {
        await using var command = source.CreateCommand(sql);
        await command.ExecuteNonQueryAsync();
    }

    private static Task<int> ReadAllTheTimeAsync(CounterSystem system, out CancellationTokenSource stop, out Task begun)
    {
        var (stopping, first) = (new CancellationTokenSource(), new TaskCompletionSource());
        (stop, begun) = (stopping, first.Task);
        return Task.Run(async () =>
        {
            var reads = 0;
            for (; !stopping.IsCancellationRequested; reads++)
            {
                Assert.Equal(20, (await RowsAsync(system)).Count);
                first.TrySetResult();
            }

            return reads;
        });
    }

    private static async Task AppendAsync(SkaldService service, Random random, int events)
    {
        for (var i = 0; i < events; i++)
        {
            var (id, by) = ($"{(i < 20 ? i : random.Next(20))}", random.Next(100));
            while (true)
            {
                try
                {
                    await service.ExecuteAsync(async context =>
                    {
                        var counter = await context.LoadAsync<Counter>(id);
                        return context.Append(counter, counter.Exists ? new Counted(by) : new CounterStarted());
                    });
                    break;
                }
                catch (SagaConcurrencyException)
                {
                    // Six times another process was first; as any caller would, it asks again.
                }
            }
        }
    }

    private static async Task CurrentAsync(CounterSystem system)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        while ((await system.Services[0].Projection("counter_list").StatusAsync(patience.Token)) is not { State: ProjectionState.Current })
        {
            await Task.Delay(TimeSpan.FromMilliseconds(5), TimeProvider.System, patience.Token);
        }
    }

    private static async Task<List<string>> RowsAsync(CounterSystem system) => await CounterList.ReadAsync(await system.Services[0].Projection("counter_list").OpenAsync());

    private static async Task<List<string>> FoldAsync(CounterSystem system)
    {
        var rows = new List<string>();
        for (var i = 0; i < 20; i++)
        {
            var stream = await system.Services[0].LoadAsync<Counter>($"{i}");
            if (stream.State is { } counter)
            {
                rows.Add($"{i} {counter.Sum} {stream.Version}");
            }
        }

        return [.. rows.Order(StringComparer.Ordinal)];
    }

    private async Task<CounterSystem> StartAsync(int processes, PostgreSqlOptions? options = null)
    {
        var server = await fixture.ServerAsync();
        var system = new CounterSystem(await server.NewDatabaseAsync(), await server.NewDatabaseAsync());
        for (var i = 0; i < processes; i++)
        {
            await system.AddAsync(options ?? new PostgreSqlOptions());
        }

        return system;
    }

    private sealed class CounterSystem(string events, string projecting) : IAsyncDisposable
    {
        private readonly List<ServiceProvider> _providers = [];

        public string Projecting => projecting;

        public List<SkaldService> Services { get; } = [];

        public async Task AddAsync(PostgreSqlOptions options)
        {
            var provider = new ServiceCollection().AddSkald("counting", s => s
                .UsePostgreSql(events).AddAggregate<CounterAggregate>().AddProjection<CounterList>(p => p.UsePostgreSql(projecting, options))).BuildServiceProvider();
            await provider.GetRequiredService<SkaldServices>().ServeAsync(CancellationToken.None);
            _providers.Add(provider);
            Services.Add(provider.GetRequiredService<SkaldServices>()["counting"]);
        }

        public async ValueTask DisposeAsync()
        {
            foreach (var provider in _providers)
            {
                await provider.GetRequiredService<SkaldServices>().StopAsync();
                await provider.DisposeAsync();
            }
        }
    }
}
