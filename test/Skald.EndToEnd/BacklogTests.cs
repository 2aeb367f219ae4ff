using System.Diagnostics;
using System.Globalization;
using System.Text;
using Microsoft.Data.Sqlite;
using Npgsql;
using RabbitMQ.Client;

namespace Skald.EndToEnd;

/// <summary>A process whose queue has filled up while nobody consumed it.</summary>
public sealed class BacklogTests(Servers servers, ITestOutputHelper output) : IClassFixture<Servers>, IDisposable
{
    private const int Messages = 100_000;

    // What is behind them must not be in memory, however long the rest takes.
    private const int Handled = 10_000;
    private const string Restaurant = "FoodOrders.RestaurantService";
    private const string Queue = "food-orders.restaurant.commands";
    private const string Command = "restaurant_service.reject_ticket";
    private const string Body = """{"ticket_id":1}""";

    private static readonly string SqliteEnvelope = $$"""
        '{"id":"' || printf('%08x-0000-7000-8000-000000000000', n) || '","type":"{{Command}}","kind":0,"source":"test","destination":"{{Queue}}","time":"2030-01-01T00:00:00Z"}'
        """;

    private readonly DirectoryInfo _data = Directory.CreateTempSubdirectory("skald-backlog-");

    public void Dispose() => _data.Delete(recursive: true);

    [Fact]
    public async Task Of_a_hundred_thousand_messages_in_RabbitMQ_takes_no_200_megabytes()
    {
        string[] settings = ["--data", _data.FullName, .. await servers.PairAsync("postgres", "amqp")];
        await SetUpAsync(settings);
        await using var connection = await new ConnectionFactory { Uri = new Uri(settings[5]) }.CreateConnectionAsync();
        await using var channel = await connection.CreateChannelAsync();
        for (var i = 0; i < Messages; i++)
        {
            await channel.BasicPublishAsync("", Queue, false, new BasicProperties { Type = Command, MessageId = $"{Guid.CreateVersion7()}", Persistent = true }, Encoding.UTF8.GetBytes(Body));
        }

        await Eventually.TrueAsync("all are queued", async () => await channel.MessageCountAsync(Queue) == Messages);
        await ConsumeAsync(settings);
    }

    [Fact]
    public async Task Of_a_hundred_thousand_messages_in_PostgreSQL_takes_no_200_megabytes()
    {
        string[] settings = ["--data", _data.FullName, .. await servers.PairAsync("postgres", "postgres")];
        await SetUpAsync(settings);
        await ExecuteAsync(settings, $$"""
            INSERT INTO skald_broker.messages (id, queue, owner, envelope, body)
            SELECT -n, (SELECT id FROM skald_broker.queues WHERE name = '{{Queue}}'), 0, convert_to(
                '{"id":"' || gen_random_uuid() || '","type":"{{Command}}","kind":0,"source":"test","destination":"{{Queue}}","time":"2030-01-01T00:00:00Z"}', 'UTF8'), convert_to('{{Body}}', 'UTF8')
            FROM generate_series(1, {{Messages}}) AS n
            """);
        await ConsumeAsync(settings);
    }

    [Fact]
    public async Task Of_a_hundred_thousand_messages_in_a_file_takes_no_200_megabytes()
    {
        string[] settings = ["--data", _data.FullName];
        await SetUpAsync(settings);
        InFile("broker.db", $$"""
            WITH RECURSIVE n (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < {{Messages}})
            INSERT INTO messages (seq, queue, owner, envelope, body)
            SELECT -n, (SELECT id FROM queues WHERE name = '{{Queue}}'), 0, CAST({{SqliteEnvelope}} AS BLOB), CAST('{{Body}}' AS BLOB) FROM n
            """);
        await ConsumeAsync(settings, () => Task.FromResult(InFile("restaurant.db", "SELECT count(*) FROM skald_ledger")));
    }

    /// <summary>Creates the queue and the tables; nobody consumes afterwards.</summary>
    private static async Task SetUpAsync(string[] settings)
    {
        await using var process = await ServingProcess.StartAsync(Restaurant, settings);
        Assert.Equal(0, await process.StopAsync());
    }

    private Task ConsumeAsync(string[] settings) => ConsumeAsync(settings, () => ExecuteAsync(settings, "SELECT count(*) FROM food_orders_restaurant.skald_ledger"));

    private async Task ConsumeAsync(string[] settings, Func<Task<long>> handledAsync)
    {
        await using var process = await ServingProcess.StartAsync(Restaurant, settings);
        var since = Stopwatch.StartNew();
        long handled = 0;
        await Eventually.TrueAsync("many are handled", async () => (handled = await handledAsync()) >= Handled, () => $"{handled} are.\n{process.Output}");
        var megabytes = process.PeakMemoryBytes() / (1 << 20);
        output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"at most {megabytes} MB resident, {handled} handled after {since.Elapsed.TotalSeconds:0.0} s"));
        Assert.InRange(megabytes, 1, 200);
    }

    private long InFile(string file, string sql)
    {
        using var connection = new SqliteConnection($"Data Source={Path.Combine(_data.FullName, "food-orders", file)};Pooling=False");
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        return command.ExecuteScalar() is long count ? count : 0;
    }

    private static async Task<long> ExecuteAsync(string[] settings, string sql)
    {
        var address = new Uri(settings[3]);
        await using var connection = new NpgsqlConnection($"Host={address.Host};Port={address.Port};Username=postgres;Database={address.AbsolutePath[1..]};Pooling=false");
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand(sql, connection);
        return await command.ExecuteScalarAsync() is long count ? count : 0;
    }
}
