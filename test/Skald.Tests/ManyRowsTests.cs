using System.Reflection;
using Microsoft.Data.Sqlite;
using Skald.Sqlite;
using Skald.Storage;
using Xunit;

namespace Skald.Tests;

/// <summary>No question of people or of the lane costs more than what it shows, however many rows there are.</summary>
public sealed class Many_rows_on_SQLite(ITestOutputHelper output) : IDisposable
{
    private readonly TempFolder _folder = new();

    [Fact]
    public async Task Are_always_reached_through_an_index()
    {
        await using var store = await OpenAsync();
        await using var connection = (SqliteConnection)await store.OpenAsync(default);
        using var sql = new StoreSql(connection);
        foreach (var property in typeof(StoreSql).GetProperties().Where(p => p.PropertyType == typeof(Statement)))
        {
            Assert.NotNull(property.GetValue(sql));
        }

        foreach (var table in new[] { "skald_sagas", "skald_flows" })
        {
            sql.NextDefinition(table);
            sql.NextStatus(table);
        }

        var texts = (IDictionary<string, Statement>)typeof(StoreSql).GetField("_statements", BindingFlags.Instance | BindingFlags.NonPublic)!.GetValue(sql)!;
        Assert.True(texts.Count > 30);
        foreach (var text in texts.Keys)
        {
            await using var explain = connection.CreateCommand();
            explain.CommandText = "EXPLAIN QUERY PLAN " + text;
            await using var plan = await explain.ExecuteReaderAsync();
            while (await plan.ReadAsync())
            {
                var line = plan.GetString(3);
                // What reads on in an index, up to its limit, is fine; so is what reads the few rows of a subquery.
                Assert.False(line.StartsWith("SCAN skald", StringComparison.Ordinal) && !line.Contains("INDEX", StringComparison.Ordinal), $"{line}: {text}");
                Assert.False(line.Contains("TEMP B-TREE", StringComparison.Ordinal), $"{line}: {text}");
            }
        }
    }

    [Fact]
    public async Task Are_listed_and_counted_within_50_ms()
    {
        await using var store = await OpenAsync();
        await FillAsync(store);
        await ManyRows.AskAsync(store, output);
    }

    public void Dispose() => _folder.Dispose();

    private async Task<SqliteStore> OpenAsync()
    {
        var store = new SqliteStore(_folder.File("store.db"), new SqliteOptions { Durable = false });
        await store.StartAsync("contract.owner", [], default);
        return store;
    }

    private static async Task FillAsync(SqliteStore store)
    {
        await using var connection = (SqliteConnection)await store.OpenAsync(default);
        await using var fill = connection.CreateCommand();
        fill.CommandText = $$"""
            BEGIN;
            WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {{ManyRows.Count}})
            INSERT INTO skald_sagas (id, definition, plan_version, version, status, state, steps, wake_at, started_at, updated_at, business_key, failed_step)
            SELECT CAST(printf('%016d', i) AS BLOB), 'order-' || (i % 5), 1, 1, CASE WHEN i % 50000 = 0 THEN {{(int)SagaStatus.Parked}} WHEN i % 10 = 0 THEN {{(int)SagaStatus.Running}} ELSE {{(int)SagaStatus.Completed}} END,
                x'7B7D', '', CASE WHEN i % 10 = 0 THEN i ELSE NULL END, i, i, 'key ' || i, CASE WHEN i % 50000 = 0 THEN 'step ' || (i / 50000 % 5) END FROM n;
            WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {{ManyRows.Count}})
            INSERT INTO skald_dead_letters (envelope, body, reason, attempts, at) SELECT x'', x'7B7D', 'no', 1, i FROM n;
            COMMIT;
            """;
        fill.CommandTimeout = 120;
        await fill.ExecuteNonQueryAsync();
    }
}
