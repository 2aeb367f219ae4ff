using System.Data.Common;
using System.Net;
using System.Text.Json;
using Dapper;

namespace Skald.EndToEnd;

/// <summary>Services killed at the worst moments, counted afterwards.</summary>
[Collection("Storefront")]
public sealed class StorefrontCrashes(Servers servers, ITestOutputHelper output)
{
    private const string Widget = """{"item":"widget","quantity":50,"user":"jack"}""";
    private const string Failing = """{"item":"widget","quantity":50,"user":"jack","payment-error":1}""";

    /// <summary>Every statement with which a service changes its tables, and an order that makes it run.</summary>
    private static readonly (string Service, string Table, string Change, string Order, string When)[] Writes =
    [
        ("Orders", "user_orders", "INSERT", Widget, ""),
        ("Inventory", "inventory", "UPDATE", Widget, ""),
        ("Inventory", "reservations", "INSERT", Widget, ""),
        ("Payments", "payments", "INSERT", Widget, ""),
        ("Janitor", "skald_sagas", "INSERT", Failing, ""),
        ("Inventory", "reservations", "UPDATE", Failing, ""),
        ("Orders", "user_orders", "UPDATE", Failing, ""),
        ("Janitor", "skald_sagas", "UPDATE", Failing, "WHEN (NEW.status = 2)"),
    ];

    [Theory]
    [InlineData("sqlite", "sqlite")]
    [InlineData("postgres", "amqp")]
    public async Task A_service_killed_after_any_of_its_writes_completes_the_step_exactly_once(string store, string broker)
    {
        await using var shop = await StorefrontSystem.OnAsync(servers, store, broker);
        await shop.ServeAsync(StorefrontSystem.All);
        await shop.FillAsync();
        var sold = 0;
        foreach (var (service, table, change, order, when) in Writes)
        {
            await shop.ExecuteAsync(service.ToLowerInvariant(), store == "sqlite" ? SqliteTrap(table, change, when) : PostgresTrap(table, change, when));
            var uuid = await shop.PlaceAsync(order);
            await Eventually.TrueAsync($"{service} is caught in its {change} of {table}", () => IsCaughtAsync(shop, service.ToLowerInvariant(), store));
            await shop.KillAsync(service);
            await FreeAsync(shop, service.ToLowerInvariant(), store);
            await shop.ExecuteAsync(service.ToLowerInvariant(), store == "sqlite" ? "DROP TRIGGER trap" : $"DROP TRIGGER trap ON {table}");
            await shop.ServeAsync(service);

            await shop.BecomesAsync(uuid, order == Widget ? "paid" : "cancelled");
            sold += order == Widget ? 50 : 0;
            Assert.Equal(10_000 - sold, await shop.StockAsync("widget"));
        }

        Assert.Equal(4, (await shop.RowsAsync<string>("payments", "SELECT uuid FROM payments WHERE total_cents = 50000")).Count);
        Assert.Equal([4L, 4L], await shop.RowsAsync<long>("inventory", "SELECT count(*) FROM reservations GROUP BY status"));
        Assert.Equal(4, (await shop.CancellationsAsync()).Count(c => StorefrontSystem.IsDone(c) && c.EndsWith(": 50 released", StringComparison.Ordinal)));
        Assert.Equal(4, (await PulledAsync(shop, "payment-created-sub")).Distinct().Count());
        Assert.Equal(4, (await PulledAsync(shop, "error-cli-sub")).Distinct().Count());
    }

    [Theory]
    [InlineData("sqlite", "sqlite")]
    [InlineData("postgres", "amqp")]
    public async Task A_thousand_orders_for_the_last_stock_never_oversell_while_inventory_and_janitor_are_killed(string store, string broker)
    {
        const int Orders = 1000, Stock = 2000, Kills = 6;
        await using var shop = await StorefrontSystem.OnAsync(servers, store, broker);
        await shop.ServeAsync(StorefrontSystem.All);
        await shop.FillAsync();
        await shop.VerbAsync("inventory", "set_stock", ("item", "widget"), ("quantity", (long)Stock), ("price", 10m));

        // Each order wants 5, so that there is enough for 400 of them; every tenth fails at payments and gives its 5 back.
        var placing = PlaceAllAsync(shop, Orders);
        for (var kill = 0; kill < Kills; kill++)
        {
            await Eventually.TrueAsync("some more is done", async () => await DoneAsync(shop) > kill * Orders / 10 || placing.IsCompleted);
            var service = kill % 2 == 0 ? "Inventory" : "Janitor";
            await shop.KillAsync(service);
            Assert.True((await shop.RowsAsync<long>("inventory", "SELECT quantity FROM inventory")).Min() >= 0);
            await shop.ServeAsync(service);
        }

        await placing;
        await Eventually.TrueAsync("every order is paid or cancelled", async () => await DoneAsync(shop) == Orders);
        var paid = (await shop.RowsAsync<long>("frontend", "SELECT count(*) FROM orders WHERE status = 2")).Single();
        var left = await shop.StockAsync("widget");
        output.WriteLine($"{paid} paid, {Orders - paid} cancelled, {left} of {Stock} left, {Kills} kills");
        Assert.Equal(Stock, left + (5 * paid));
        Assert.Equal(paid, (await shop.RowsAsync<long>("inventory", "SELECT count(*) FROM reservations WHERE status = 'reserved'")).Single());
        Assert.Equal(paid, (await shop.RowsAsync<long>("payments", "SELECT count(*) FROM payments")).Single());
        Assert.Equal(Orders - paid, (await shop.CancellationsAsync()).Count(StorefrontSystem.IsDone));
        Assert.Equal(Orders - paid, (await shop.RowsAsync<long>("orders", "SELECT count(*) FROM user_orders WHERE status = 'cancelled'")).Single());
        Assert.InRange(paid, 1, Stock / 5);
        var frontend = await shop.OpenAsync("frontend");
        Assert.Empty(await frontend.FlowsAsync(FlowStatus.Stuck));
        Assert.Empty(await frontend.FlowsAsync(FlowStatus.Running));
    }

    private static async Task<long> DoneAsync(StorefrontSystem shop) => (await shop.RowsAsync<long>("frontend", "SELECT count(*) FROM orders WHERE status >= 2")).Single();

    private static Task PlaceAllAsync(StorefrontSystem shop, int count)
    {
        var next = -1;
        return Task.WhenAll(Enumerable.Range(0, 16).Select(async _ =>
        {
            for (var order = Interlocked.Increment(ref next); order < count; order = Interlocked.Increment(ref next))
            {
                using var response = await shop.PostAsync(StorefrontSystem.Order(quantity: 5, user: order % 2 == 0 ? "jack" : "jill", rest: order % 10 == 0 ? [("payment-error", 1)] : []));
                Assert.Equal(HttpStatusCode.Accepted, response.StatusCode);
            }
        }));
    }

    private static async Task<IEnumerable<string>> PulledAsync(StorefrontSystem shop, string subscription)
    {
        var pulled = await shop.RunAsync("Frontend", "subscriptions", "pull", subscription, "--auto-ack", "--limit", "100");
        return pulled.Output.TrimEnd().Split('\n').Select(line => JsonSerializer.Deserialize<JsonElement>(line).Text("uuid"));
    }

    /// <summary>After the write, computes for minutes: the process is killed in the middle of its transaction.</summary>
    private static string SqliteTrap(string table, string change, string when) => $"""
        CREATE TRIGGER trap AFTER {change} ON {table} {when} BEGIN
            SELECT (WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 100000000000) SELECT count(*) FROM n);
        END
        """;

    /// <summary>After the write, sleeps: the process is killed in the middle of its transaction.</summary>
    private static string PostgresTrap(string table, string change, string when) => $"""
        CREATE OR REPLACE FUNCTION trap() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_sleep(600); RETURN NULL; END $$;
        CREATE TRIGGER trap AFTER {change} ON {table} FOR EACH ROW {when} EXECUTE FUNCTION trap()
        """;

    /// <summary>PostgreSQL notices a dead client only when it answers it: until then the transaction would go on.</summary>
    private static async Task FreeAsync(StorefrontSystem shop, string service, string store)
    {
        if (store == "postgres")
        {
            await shop.RowsAsync<bool>(service, "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE wait_event = 'PgSleep' AND datname = current_database()");
        }
    }

    private static async Task<bool> IsCaughtAsync(StorefrontSystem shop, string service, string store)
    {
        await using var connection = await (await shop.OpenAsync(service)).OpenAsync();
        if (store == "postgres")
        {
            return await connection.ExecuteScalarAsync<long>("SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'PgSleep' AND datname = current_database()") > 0;
        }

        try
        {
            // Somebody who writes for a whole second is caught.
            await connection.ExecuteAsync("PRAGMA busy_timeout = 0");
            await connection.ExecuteAsync("BEGIN IMMEDIATE; ROLLBACK", commandTimeout: 1);
            return false;
        }
        catch (DbException)
        {
            return true;
        }
    }
}
