using System.Globalization;
using System.Text.RegularExpressions;
using Npgsql;
using Skald.PostgreSql;
using Skald.Tests;
using Xunit;

namespace Skald.Servers.Tests;

/// <summary>No question of people or of the lane costs more than what it shows, however many rows there are.</summary>
public sealed partial class Many_rows_on_PostgreSql(PostgreSqlFixture fixture, ITestOutputHelper output)
{
    private const string Service = "food-orders.order";

    [Fact]
    public async Task Are_always_reached_through_an_index()
    {
        var database = await (await fixture.ServerAsync()).NewDatabaseAsync();
        await using var store = await OpenAsync(database);
        await using var connection = new NpgsqlConnection(database + ";Pooling=false");
        await connection.OpenAsync();
        // Then a table is read from end to end only where no index could be used, however few rows it has.
        await ExecuteAsync(connection, "SET enable_seqscan = off; SET plan_cache_mode = force_generic_plan");
        var statements = typeof(StoreSql).GetProperties().Where(p => p.PropertyType == typeof(string)).Select(p => (p.Name, Sql: (string)p.GetValue(store.Sql)!)).ToList();
        Assert.True(statements.Count > 40);
        foreach (var (name, sql) in statements)
        {
            foreach (var line in await PlanAsync(connection, sql))
            {
                var table = Scanned().Match(line).Groups[1].Value;
                // One row, for ever.
                Assert.True(table is "" or "skald_event_clock", $"{name}: {line}: {sql}");
            }
        }
    }

    [Fact]
    public async Task Are_listed_and_counted_within_50_ms()
    {
        var database = await (await fixture.ServerAsync()).NewDatabaseAsync();
        await using var store = await OpenAsync(database);
        await using var connection = new NpgsqlConnection(database + ";Pooling=false");
        await connection.OpenAsync();
        await ExecuteAsync(connection, $"""
            SET search_path = food_orders_order;
            SET synchronous_commit = off;
            INSERT INTO skald_sagas (id, definition, plan_version, version, status, state, steps, wake_at, started_at, updated_at, business_key, failed_step)
            SELECT lpad(to_hex(i), 32, '0')::uuid, 'order-' || i % 5, 1, 1,
                CASE WHEN i % 50000 = 0 THEN {(int)SagaStatus.Parked} WHEN i % 10 = 0 THEN {(int)SagaStatus.Running} ELSE {(int)SagaStatus.Completed} END,
                '{"{}"}', '', CASE WHEN i % 10 = 0 THEN i END, i, i, 'key ' || i, CASE WHEN i % 50000 = 0 THEN 'step ' || i / 50000 % 5 END FROM generate_series(1, {ManyRows.Count}) AS i;
            INSERT INTO skald_dead_letters (envelope, body, reason, attempts, at) SELECT '', '{"{}"}', 'no', 1, i FROM generate_series(1, {ManyRows.Count}) AS i;
            ANALYZE;
            """);
        await ManyRows.AskAsync(store, output);
    }

    private static async Task<PostgresStore> OpenAsync(string database)
    {
        var store = new PostgresStore(Service, database, new PostgreSqlOptions(), TimeProvider.System);
        await store.StartAsync(Service, [], default);
        return store;
    }

    private static async Task<List<string>> PlanAsync(NpgsqlConnection connection, string sql)
    {
        await ExecuteAsync(connection, "PREPARE asked AS " + sql);
        var count = Parameter().Matches(sql).Select(m => int.Parse(m.Groups[1].ValueSpan, CultureInfo.InvariantCulture)).DefaultIfEmpty(0).Max();
        var arguments = count == 0 ? "" : $"({string.Join(", ", Enumerable.Repeat("NULL", count))})";
        var lines = new List<string>();
        await using (var explain = new NpgsqlCommand($"EXPLAIN EXECUTE asked{arguments}", connection) { CommandTimeout = 120 })
        {
            await using var plan = await explain.ExecuteReaderAsync();
            while (await plan.ReadAsync())
            {
                lines.Add(plan.GetString(0));
            }
        }

        await ExecuteAsync(connection, "DEALLOCATE asked");
        return lines;
    }

    private static async Task ExecuteAsync(NpgsqlConnection connection, string sql)
    {
        await using var command = new NpgsqlCommand(sql, connection) { CommandTimeout = 120 };
        await command.ExecuteNonQueryAsync();
    }

    [GeneratedRegex(@"Seq Scan on (skald_\w+)")]
    private static partial Regex Scanned();

    [GeneratedRegex(@"\$(\d+)")]
    private static partial Regex Parameter();
}
