using System.Globalization;
using Dapper;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Npgsql;
using Skald.TestServers;
using Xunit;

namespace Skald.Servers.Tests;

/// <summary>As many services as an installation may put into one process, on a server with the settings it comes with.</summary>
public sealed class A_hundred_services_of_one_process_on_PostgreSql(ITestOutputHelper output) : IAsyncLifetime
{
    private const int DefaultConnections = 100;
    private const int Pairs = 50;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private PostgresServer? _server;

    private PostgresServer Server => _server ?? throw new InvalidOperationException("The server is started before a test.");

    public async ValueTask InitializeAsync()
    {
        Need.That(PostgresServer.Requirement);
        _server = await PostgresServer.StartAsync(DefaultConnections);
    }

    public ValueTask DisposeAsync() => _server?.DisposeAsync() ?? default;

    [Fact]
    public async Task Start_and_work_on_a_server_with_its_default_hundred_connections()
    {
        // Not as a superuser, for whom the last three are.
        var database = await Server.NewDatabaseAsync("s3cret");
        await using var crowd = await Crowd.StartAsync(database, Pairs);
        var atStart = await ConnectionsAsync(database);
        await crowd.SellAsync(first: 0, sales: 4, Patience);
        var atWork = await ConnectionsAsync(database);

        output.WriteLine($"{2 * Pairs} services: {atStart} connections when they have started, {atWork} after work");
        Assert.InRange(atStart, 1, 10);
        Assert.InRange(atWork, 1, new PostgreSqlOptions().MaxConnections);
    }

    [Fact]
    public async Task Go_on_when_the_session_ends_in_which_they_listen_and_live()
    {
        var database = await Server.NewDatabaseAsync("s3cret");
        await using var crowd = await Crowd.StartAsync(database, Pairs);
        await SeesAsync(async () => await LivingAsync(database) == (1, 2 * Pairs));

        await AskAsync(database, "SELECT pg_terminate_backend(pid) FROM (SELECT DISTINCT pid FROM pg_locks WHERE locktype = 'advisory') AS living");
        await crowd.SellAsync(first: 0, sales: 1, Patience);
        await SeesAsync(async () => await LivingAsync(database) == (1, 2 * Pairs));
        await crowd.SellAsync(first: 1, sales: 1, Patience);
        var gone = string.Join(" + ", Enumerable.Range(0, Pairs).Select(i => $"(SELECT count(*) FROM {Crowd.Schema(i)}_order.skald_processes WHERE number > 0 AND gone_at IS NOT NULL)"));
        Assert.Equal("0", await AskAsync(database, $"SELECT {gone}"));
    }

    /// <summary>How many sessions hold locks for as long as they last, and how many locks.</summary>
    private async Task<(int Sessions, int Locks)> LivingAsync(string database)
    {
        var counts = (await AskAsync(database, "SELECT count(DISTINCT pid) || ' ' || count(*) FROM pg_locks WHERE locktype = 'advisory'")).Split(' ');
        return (int.Parse(counts[0], CultureInfo.InvariantCulture), int.Parse(counts[1], CultureInfo.InvariantCulture));
    }

    private async Task<int> ConnectionsAsync(string database) => int.Parse(
        await AskAsync(database, "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"), CultureInfo.InvariantCulture);

    private Task<string> AskAsync(string database, string sql) => Server.QueryAsync(new NpgsqlConnectionStringBuilder(database).Database!, sql);

    private static async Task SeesAsync(Func<Task<bool>> holds)
    {
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(50));
        using var patience = new CancellationTokenSource(Patience);
        while (!await holds())
        {
            Assert.True(await timer.WaitForNextTickAsync(patience.Token));
        }
    }

    /// <summary>Pairs of services: one sells, the other keeps the books, in a table that has the same name for all of them.</summary>
    private sealed class Crowd(IHost host, int pairs) : IAsyncDisposable
    {
        public static string Schema(int pair) => $"crowd{pair}";

        public static async Task<Crowd> StartAsync(string database, int pairs)
        {
            var builder = Host.CreateEmptyApplicationBuilder(null);
            for (var i = 0; i < pairs; i++)
            {
                builder.Services.AddSkald($"{Schema(i)}.order", s => s.UsePostgreSql(database).UsePostgreSqlBroker(database).AddSaga<SaleSaga>());
                builder.Services.AddSkald($"{Schema(i)}.billing", s => s.UsePostgreSql(database).UsePostgreSqlBroker(database).AddHandlers<Billing>().AddSchema(Billing.Schema));
            }

            var host = builder.Build();
            await host.StartAsync();
            return new Crowd(host, pairs);
        }

        /// <summary>Each pair sells, all at once, and each has in its own books what it sold, and nothing else.</summary>
        public async Task SellAsync(int first, int sales, TimeSpan patience)
        {
            await Task.WhenAll(Enumerable.Range(0, pairs).SelectMany(pair => Enumerable.Range(first, sales).Select(sale => SellOneAsync(pair, sale)))).WaitAsync(patience);
            for (var pair = 0; pair < pairs; pair++)
            {
                var books = string.Join(' ', Enumerable.Range(0, first + sales).SelectMany(sale => (string[])[$"charge:{Order(pair, sale)}", $"deliver:{Order(pair, sale)}"]).Order(StringComparer.Ordinal));
                Assert.Equal(books, await BooksAsync(pair));
            }
        }

        public async ValueTask DisposeAsync()
        {
            await host.StopAsync();
            host.Dispose();
        }

        private async Task SellOneAsync(int pair, int sale)
        {
            var orders = host.Services.GetRequiredKeyedService<SkaldService>($"{Schema(pair)}.order");
            var started = await orders.StartAsync<SaleSaga, Sale>(new Sale(Order(pair, sale), 20));
            Assert.Equal(SagaStatus.Completed, (await orders.WaitAsync(started.Id)).Status);
        }

        private async Task<string> BooksAsync(int pair)
        {
            await using var connection = await host.Services.GetRequiredKeyedService<SkaldService>($"{Schema(pair)}.billing").OpenAsync();
            return string.Join(' ', (await connection.QueryAsync<string>("SELECT what || ':' || customer_order FROM bookings")).Order(StringComparer.Ordinal));
        }

        private static int Order(int pair, int sale) => (pair * 1000) + sale;
    }
}
