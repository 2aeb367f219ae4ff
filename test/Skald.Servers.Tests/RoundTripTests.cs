using Xunit;

namespace Skald.Servers.Tests;

/// <summary>What a hop costs on PostgreSQL and RabbitMQ: a batch is a commit and at most two round trips, whatever its size.</summary>
public sealed class A_batch_on_PostgreSQL_and_RabbitMQ(PostgreSqlFixture postgres, RabbitFixture rabbit, ITestOutputHelper output)
{
    /// <summary>A start, two commands, two answers.</summary>
    private const int Hops = 5;

    // Each handler of the shop writes one row of its own, in a statement of its own.
    private const int HandlersPerSale = 2;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    [Theory]
    [InlineData(1)]
    [InlineData(100)]
    public async Task Is_one_commit_and_at_most_two_round_trips(int batchSize)
    {
        var server = await postgres.ServerAsync();
        await using var proxy = new TurnCounter(server.Port);
        var name = NameOf(await server.NewDatabaseAsync());
        var (database, uri) = (server.ConnectionString(name, port: proxy.Port), (await rabbit.ServerAsync()).NewUri());
        await using var shop = await PostgreSqlShop.StartAsync(s => s.UsePostgreSql(database).UseRabbitMq(uri).Configure(o => o with { BatchSize = batchSize }));
        await SellAsync(0, 20);

        const int sales = 200;
        var (turns, commits) = (proxy.Turns, proxy.Commits);
        await SellAsync(20, sales);
        (turns, commits) = (proxy.Turns - turns, proxy.Commits - commits);

        output.WriteLine($"{turns} round trips, {commits} commits for {sales} sales of {Hops} hops");
        // The listening connections speak now and then, and due work is looked for.
        const int others = 40;
        Assert.InRange(commits, 1, sales * Hops);
        Assert.InRange(turns, 1, (2 * commits) + (HandlersPerSale * sales) + others);
        if (batchSize > 1)
        {
            Assert.InRange(commits, 1, sales * Hops / 4);
        }

        async Task SellAsync(int first, int count)
        {
            await Task.WhenAll(Enumerable.Range(first, count).Select(order => shop.SellAsync(order, 20)));
            await CompletedAsync(server, name, "shop_order.skald_sagas", first + count);
        }
    }

    /// <summary>The same as a batch of commands: what is published goes into the outbox with everything else, and out of it with whatever is written next.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(100)]
    public async Task Of_events_costs_no_more(int batchSize)
    {
        var server = await postgres.ServerAsync();
        await using var proxy = new TurnCounter(server.Port);
        var name = NameOf(await server.NewDatabaseAsync());
        var (database, uri) = (server.ConnectionString(name, port: proxy.Port), (await rabbit.ServerAsync()).NewUri());
        await using var fair = await EventFair.StartAsync(s => s.UsePostgreSql(database).UseRabbitMq(uri).Configure(o => o with { BatchSize = batchSize }));
        await VisitAsync(0, 20);

        const int visits = 200;
        var (turns, commits) = (proxy.Turns, proxy.Commits);
        await VisitAsync(20, visits);
        (turns, commits) = (proxy.Turns - turns, proxy.Commits - commits);

        output.WriteLine($"{turns} round trips, {commits} commits for {visits} visits of {EventFair.Hops} hops");
        const int others = 40;
        Assert.InRange(commits, 1, (visits * EventFair.Hops) + others);
        Assert.InRange(turns, 1, (2 * commits) + others);
        if (batchSize > 1)
        {
            Assert.InRange(commits, 1, visits * EventFair.Hops / 4);
        }

        async Task VisitAsync(int first, int count)
        {
            await Task.WhenAll(Enumerable.Range(first, count).Select(fair.VisitAsync));
            await CompletedAsync(server, name, "fair_gate.skald_flows", first + count);
        }
    }

    /// <summary>Asks past the proxy, so that asking is not counted.</summary>
    private static async Task CompletedAsync(TestServers.PostgresServer server, string database, string table, int count)
    {
        using var patience = new CancellationTokenSource(Patience);
        var completed = $"SELECT count(*) FROM {table} WHERE status = {(int)SagaStatus.Completed}";
        while (int.Parse(await server.QueryAsync(database, completed), System.Globalization.CultureInfo.InvariantCulture) < count)
        {
            patience.Token.ThrowIfCancellationRequested();
        }
    }

    private static string NameOf(string database) => new Npgsql.NpgsqlConnectionStringBuilder(database).Database ?? "";
}
