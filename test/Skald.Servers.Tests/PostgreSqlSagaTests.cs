using Skald.TestServers;
using Xunit;

namespace Skald.Servers.Tests;

public sealed class PostgreSql_carries_sagas(PostgreSqlFixture fixture)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan ResumesWithin = TimeSpan.FromSeconds(5);

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_saga_ends_as_its_participants_answer(bool oneDatabase)
    {
        var server = await fixture.ServerAsync();
        var (database, broker) = (await server.NewDatabaseAsync(), await server.NewDatabaseAsync());
        await using var shop = await PostgreSqlShop.StartAsync(database, oneDatabase ? database : broker);
        await EndsAsync(shop, 1, 20, SagaStatus.Completed, "charge deliver");
        await EndsAsync(shop, 2, 600, SagaStatus.Compensated, "charge refund");
        await EndsAsync(shop, 3, 950, SagaStatus.Compensated, "");
    }

    [Fact]
    public async Task A_handler_may_catch_the_error_of_a_statement_and_refuse()
    {
        var server = await fixture.ServerAsync();
        var database = await server.NewDatabaseAsync();
        await using var shop = await PostgreSqlShop.StartAsync(database);
        await EndsAsync(shop, 1, Billing.ChargedOnce, SagaStatus.Completed, "charge deliver");
        Billing.CountAnew();
        var second = await shop.SellAsync(1, Billing.ChargedOnce);
        var ended = await shop.Orders.WaitAsync(second.Id).WaitAsync(Patience);
        Assert.Equal((SagaStatus.Compensated, "AlreadyCharged"), (ended.Status, ended.Failure!.Type));
        // Once with the others, once alone.
        Assert.InRange(Billing.Calls, 1, 2);
    }

    [Fact]
    public async Task What_was_begun_goes_on_after_a_restart()
    {
        var server = await fixture.ServerAsync();
        var database = await server.NewDatabaseAsync();
        SagaId saga;
        await using (var orders = await PostgreSqlShop.StartAsync(database, billing: false))
        {
            // Nobody serves billing: the command waits in its queue.
            saga = (await orders.SellAsync(1, 20)).Id;
        }

        await using var shop = await PostgreSqlShop.StartAsync(database);
        Assert.Equal(SagaStatus.Completed, (await shop.Orders.WaitAsync(saga).WaitAsync(Patience)).Status);
        Assert.Equal("charge deliver", await shop.BooksAsync(1));
    }

    [Fact]
    public async Task Two_processes_talk_through_the_tables()
    {
        var server = await fixture.ServerAsync();
        var database = await server.NewDatabaseAsync();
        await using var billing = await PostgreSqlShop.StartAsync(database, orders: false);
        await using var orders = await PostgreSqlShop.StartAsync(database, billing: false);
        for (var order = 1; order <= 20; order++)
        {
            var sale = await orders.SellAsync(order, 20);
            Assert.Equal(SagaStatus.Completed, (await orders.Orders.WaitAsync(sale.Id).WaitAsync(Patience)).Status);
            Assert.Equal("charge deliver", await billing.BooksAsync(order));
        }
    }

    [Fact]
    public async Task What_a_process_had_taken_goes_on_elsewhere_when_it_dies_without_a_word()
    {
        var server = await fixture.ServerAsync();
        var database = await server.NewDatabaseAsync();
        var options = new PostgreSqlOptions { Lease = TimeSpan.FromSeconds(1) };
        SagaId saga;
        await using (var orders = await PostgreSqlShop.StartAsync(database, billing: false, options: options))
        {
            saga = (await orders.SellAsync(1, 20)).Id;
        }

        // As a process leaves things that took a message and was killed.
        await server.QueryAsync(NameOf(database), "WITH o AS (INSERT INTO skald_broker.owners (seen_at) VALUES (now()) RETURNING id) UPDATE skald_broker.messages SET owner = o.id FROM o");
        await using var shop = await PostgreSqlShop.StartAsync(database, options: options);
        Assert.Equal(SagaStatus.Completed, (await shop.Orders.WaitAsync(saga).WaitAsync(Patience)).Status);
    }

    [Fact]
    public async Task Rights_on_rows_are_enough_once_the_tables_are_there()
    {
        var server = await fixture.ServerAsync();
        var database = await server.NewDatabaseAsync();
        await using (await PostgreSqlShop.StartAsync(database))
        {
        }

        // As docs/guides/servers.md has it.
        var name = NameOf(database);
        await server.QueryAsync(name, "CREATE ROLE clerk LOGIN");
        foreach (var schema in (string[])["shop_order", "shop_billing", "skald_broker"])
        {
            await server.QueryAsync(name, $"GRANT USAGE ON SCHEMA {schema} TO clerk; GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA {schema} TO clerk; GRANT USAGE ON ALL SEQUENCES IN SCHEMA {schema} TO clerk");
        }

        await using var shop = await PostgreSqlShop.StartAsync(new Npgsql.NpgsqlConnectionStringBuilder(database) { Username = "clerk" }.ToString());
        await EndsAsync(shop, 1, 20, SagaStatus.Completed, "charge deliver");
        await EndsAsync(shop, 2, 600, SagaStatus.Compensated, "charge refund");
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_server_that_is_killed_under_load_loses_and_doubles_nothing(bool oneDatabase)
    {
        Need.That(PostgresServer.Requirement);
        await using var server = await PostgresServer.StartAsync();
        var (database, broker) = (await server.NewDatabaseAsync(), await server.NewDatabaseAsync());
        await using var shop = await PostgreSqlShop.StartAsync(database, oneDatabase ? database : broker);
        var left = 1500;
        var sales = new System.Collections.Concurrent.ConcurrentDictionary<int, SagaId>();
        var half = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var starters = Enumerable.Range(0, 50).Select(async _ =>
        {
            for (var n = Interlocked.Decrement(ref left); n >= 0; n = Interlocked.Decrement(ref left))
            {
                try
                {
                    sales[n] = (await shop.SellAsync(n, n % 10 == 0 ? 600 : 20)).Id;
                }
                catch (Storage.StoreUnavailableException)
                {
                    // Its caller is told; whether it was committed the caller cannot know without a key of its own.
                }

                if (n < 750)
                {
                    half.TrySetResult();
                }
            }
        }).ToList();
        await half.Task.WaitAsync(Patience);
        await server.KillAsync();
        await server.RestartAsync();
        // What was under way goes on; a sale that is new waits behind all of it, for as long as the machine takes.
        var watch = System.Diagnostics.Stopwatch.StartNew();
        var before = await EndedAsync();
        await Eventually.HoldsAsync(async () => await EndedAsync() > before + 10, "sagas end again");
        Assert.True(watch.Elapsed < ResumesWithin, $"They ended again after {watch.Elapsed}.\n{shop.Log}");
        Assert.Equal(SagaStatus.Completed, (await shop.Orders.WaitAsync(await ResumedAsync(shop)).WaitAsync(Patience)).Status);
        await Task.WhenAll(starters).WaitAsync(Patience);
        foreach (var (order, saga) in sales)
        {
            var expected = order % 10 == 0 ? SagaStatus.Compensated : SagaStatus.Completed;
            Assert.Equal(expected, (await shop.Orders.WaitAsync(saga).WaitAsync(Patience)).Status);
        }

        var books = (await shop.AllBooksAsync()).ToDictionary(b => (b.Order, b.What), b => b.Count);
        Assert.All(books.Values, count => Assert.Equal(1, count));
        Assert.All(sales.Keys, order => Assert.True(books.ContainsKey((order, "charge")) && books.ContainsKey((order, order % 10 == 0 ? "refund" : "deliver"))));

        async Task<long> EndedAsync()
        {
            var counts = await shop.Orders.Operations.CountByStatusAsync(cap: 1_000_000);
            return counts.GetValueOrDefault(SagaStatus.Completed).Value + counts.GetValueOrDefault(SagaStatus.Compensated).Value;
        }
    }

    private static async Task<SagaId> ResumedAsync(PostgreSqlShop shop)
    {
        while (true)
        {
            try
            {
                return (await shop.SellAsync(1_000_000, 20)).Id;
            }
            catch (Storage.StoreUnavailableException)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(50), TimeProvider.System);
            }
        }
    }

    private static async Task EndsAsync(PostgreSqlShop shop, int order, int amount, SagaStatus status, string books)
    {
        var sale = await shop.SellAsync(order, amount);
        Assert.Equal(status, (await shop.Orders.WaitAsync(sale.Id).WaitAsync(Patience)).Status);
        Assert.Equal(books, await shop.BooksAsync(order));
    }

    private static string NameOf(string database) => new Npgsql.NpgsqlConnectionStringBuilder(database).Database ?? "";
}
