using System.Data.Common;
using Dapper;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;
using Skald.PostgreSql;
using Skald.Storage;
using Skald.TestServers;
using Xunit;

namespace Skald.Servers.Tests;

public sealed class Services_that_share_their_connections_to_PostgreSql(PostgreSqlFixture fixture)
{
    // Three for units of work, two for reading, two for statements, two for projections.
    private static readonly PostgreSqlOptions Few = new() { MaxConnections = 10, ConnectTimeout = TimeSpan.FromSeconds(1) };
    private const int Units = 3;
    private const int Readers = 2;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    [Fact]
    public async Task Are_told_in_time_when_others_have_them_all_and_go_on_looking_for_what_is_due()
    {
        await using var process = await Process.StartAsync(await NewDatabaseAsync(), services: 2);
        var held = new List<IUnitOfWork>();
        for (var i = 0; i < Units; i++)
        {
            held.Add(await process.BeginAsync(i % 2));
        }

        var refused = await Assert.ThrowsAsync<StoreUnavailableException>(() => process.BeginAsync(0).AsTask().WaitAsync(Patience));
        Assert.Contains("PostgreSqlOptions.MaxConnections", refused.Message, StringComparison.Ordinal);
        Assert.NotNull(await process.Stores[0].AskTimeAsync(CancellationToken.None));
        Assert.Empty((await process.Stores[1].TakeDueAsync(DateTimeOffset.UnixEpoch, TimeSpan.FromSeconds(1), 10, true, CancellationToken.None)).Sagas);
        await process.Stores[0].JoinAsync(null, CancellationToken.None).WaitAsync(Patience);

        await held[0].CommitAsync(new Changes(), CancellationToken.None);
        await held[0].DisposeAsync();
        await using var next = await process.BeginAsync(1);
        Assert.Equal(1, await process.WhoseAsync(next));
        foreach (var unit in held.Skip(1))
        {
            await unit.DisposeAsync();
        }
    }

    [Fact]
    public async Task Work_on_while_readers_have_all_that_are_for_reading()
    {
        await using var process = await Process.StartAsync(await NewDatabaseAsync(), services: 1);
        var readers = new List<DbConnection>();
        for (var i = 0; i < Readers; i++)
        {
            readers.Add(await process.Stores[0].OpenAsync(CancellationToken.None));
        }

        var refused = await Assert.ThrowsAsync<StoreUnavailableException>(() => process.Stores[0].OpenAsync(CancellationToken.None).AsTask().WaitAsync(Patience));
        Assert.Contains("PostgreSqlOptions.MaxConnections", refused.Message, StringComparison.Ordinal);
        await using (var unit = await process.BeginAsync(0))
        {
            await unit.CommitAsync(new Changes(), CancellationToken.None);
        }

        foreach (var reader in readers)
        {
            await reader.DisposeAsync();
        }

        await using var again = await process.Stores[0].OpenAsync(CancellationToken.None);
    }

    /// <summary>More services than connections, whose tables have one name and different columns, and whose code leaves something behind.</summary>
    [Fact]
    public async Task See_their_own_tables_whoever_had_the_connection_before()
    {
        const int services = Units + 2;
        await using var process = await Process.StartAsync(await NewDatabaseAsync(), services);
        for (var round = 0; round < 4; round++)
        {
            for (var service = 0; service < services; service++)
            {
                await using var unit = await process.BeginAsync(service);
                // A unit of work of this database has a transaction with a connection.
                var (transaction, connection) = (unit.Transaction!, unit.Transaction!.Connection!);
                Assert.Equal(service, await process.WhoseAsync(unit));
                var left = await connection.ExecuteScalarAsync<string>("SELECT current_setting('skald.memo', true)", transaction: transaction);
                Assert.True(string.IsNullOrEmpty(left) || left == $"{service}", $"service {left} has left it to {service}");
                await connection.ExecuteAsync($"SET skald.memo = '{service}'; SELECT pg_advisory_lock({service + 1})", transaction: transaction);
                await unit.CommitAsync(new Changes(), CancellationToken.None);
            }
        }

        await using var reader = await process.Stores[0].OpenAsync(CancellationToken.None);
        Assert.InRange(await reader.ExecuteScalarAsync<long>("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND classid = 0 AND objid BETWEEN 1 AND 100"), 1, Units);
        Assert.InRange(await ConnectionsAsync(reader), 1, Few.MaxConnections);
    }

    [Fact]
    public async Task Do_not_meet_what_the_code_of_an_earlier_unit_of_work_still_does()
    {
        await using var process = await Process.StartAsync(await NewDatabaseAsync(), services: 1);
        DbConnection kept;
        await using (var unit = await process.BeginAsync(0))
        {
            kept = unit.Transaction!.Connection!; // As above.
            await unit.CommitAsync(new Changes(), CancellationToken.None);
        }

        await using var next = await process.BeginAsync(0);
        await Assert.ThrowsAnyAsync<InvalidOperationException>(() => kept.ExecuteAsync("SELECT 1"));
        Assert.Equal(0, await process.WhoseAsync(next));
    }

    [Fact]
    public async Task Are_not_mixed_with_those_of_another_user()
    {
        var server = await fixture.ServerAsync();
        var database = await server.NewDatabaseAsync("s3cret");
        var other = server.ConnectionString(new NpgsqlConnectionStringBuilder(database).Database!);
        var databases = new PostgresDatabases();
        await using var first = new PostgresStore("crowd.first", database, Few, TimeProvider.System, NullLogger.Instance, databases);
        await using var second = new PostgresStore("crowd.second", other, Few, TimeProvider.System, NullLogger.Instance, databases);
        foreach (var (store, user) in new[] { (first, "skald"), (second, "postgres"), (first, "skald") })
        {
            await store.StartAsync("crowd", [], CancellationToken.None);
            await using var unit = await store.BeginAsync(new LoadRequest(), CancellationToken.None);
            Assert.Equal(user, await unit.Transaction!.Connection!.ExecuteScalarAsync<string>("SELECT current_user", transaction: unit.Transaction)); // As above.
        }
    }

    [Fact]
    public async Task Live_and_leave_each_for_itself()
    {
        await using var process = await Process.StartAsync(await NewDatabaseAsync(), services: 3);
        foreach (var store in process.Stores)
        {
            await store.JoinAsync(null, CancellationToken.None);
        }

        await using var reader = await process.Stores[0].OpenAsync(CancellationToken.None);
        Assert.Equal((1, 3), await LivingAsync(reader));
        await process.Stores[2].DisposeAsync();
        Assert.Equal((1, 2), await LivingAsync(reader));

        // One whose tables are damaged keeps nobody from coming back.
        await reader.ExecuteAsync("ALTER TABLE crowd_s1.skald_processes RENAME TO damaged; SELECT pg_terminate_backend(pid) FROM (SELECT DISTINCT pid FROM pg_locks WHERE locktype = 'advisory' AND database = (SELECT oid FROM pg_database WHERE datname = current_database())) AS living");
        var woken = new SemaphoreSlim(0);
        process.Stores[0].Woken = () => woken.Release();
        Assert.True(await woken.WaitAsync(Patience));
        await reader.ExecuteAsync("ALTER TABLE crowd_s1.damaged RENAME TO skald_processes");
        process.Stores[1].Woken = () => woken.Release();
        Assert.True(await woken.WaitAsync(Patience));
        Assert.Equal((1, 2), await LivingAsync(reader));
    }

    private async Task<string> NewDatabaseAsync() => await (await fixture.ServerAsync()).NewDatabaseAsync("s3cret");

    private static Task<long> ConnectionsAsync(DbConnection connection) =>
        connection.ExecuteScalarAsync<long>("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()");

    private static Task<(int Sessions, int Locks)> LivingAsync(DbConnection connection) => connection.QuerySingleAsync<(int, int)>(
        "SELECT count(DISTINCT pid)::int, count(*)::int FROM pg_locks WHERE locktype = 'advisory' AND database = (SELECT oid FROM pg_database WHERE datname = current_database())");

    /// <summary>Services of one process, each with a table "own" whose one column has another name and type in every second of them.</summary>
    private sealed class Process(List<PostgresStore> stores) : IAsyncDisposable
    {
        public List<PostgresStore> Stores => stores;

        public static async Task<Process> StartAsync(string database, int services)
        {
            var databases = new PostgresDatabases();
            var process = new Process([.. Enumerable.Range(0, services).Select(i => new PostgresStore($"crowd.s{i}", database, Few, TimeProvider.System, NullLogger.Instance, databases))]);
            for (var i = 0; i < services; i++)
            {
                var type = i % 2 == 0 ? "int" : "text";
                await process.Stores[i].StartAsync($"crowd.s{i}", [$"CREATE TABLE own (n{i} {type})", $"INSERT INTO own VALUES ('{i}')"], CancellationToken.None);
            }

            return process;
        }

        public ValueTask<IUnitOfWork> BeginAsync(int service) => stores[service].BeginAsync(new LoadRequest(), CancellationToken.None);

        /// <summary>Whose table an unqualified name means, by a statement that is prepared after a while.</summary>
        public async Task<int> WhoseAsync(IUnitOfWork unit)
        {
            var number = 0;
            for (var i = 0; i < 3; i++)
            {
                // As above.
                number = int.Parse($"{await unit.Transaction!.Connection!.ExecuteScalarAsync("SELECT * FROM own", transaction: unit.Transaction)}", System.Globalization.CultureInfo.InvariantCulture);
            }

            return number;
        }

        public async ValueTask DisposeAsync()
        {
            foreach (var store in stores)
            {
                await store.DisposeAsync();
            }
        }
    }
}
