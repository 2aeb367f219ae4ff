using System.Collections.Concurrent;
using System.Net;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using Dapper;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Skald.Messaging;
using Storefront.Frontend;
using Storefront.Inventory;
using Storefront.Janitor;
using Storefront.Orders;
using Storefront.Payments;

namespace Skald.EndToEnd;

/// <summary>The storefront's tests, one after the other on the same servers.</summary>
[CollectionDefinition("Storefront")]
public sealed class StorefrontTests : ICollectionFixture<Servers>;

/// <summary>The storefront's services as processes on a data folder of their own.</summary>
internal sealed class StorefrontSystem(string store = "sqlite", string broker = "sqlite") : IAsyncDisposable
{
    /// <summary>All five.</summary>
    public static readonly string[] All = ["Frontend", "Orders", "Inventory", "Payments", "Janitor"];

    private static readonly ServiceModule[] Modules = [new FrontendModule(), new OrdersModule(), new InventoryModule(), new PaymentsModule(), new JanitorModule()];

    private readonly DirectoryInfo _data = Directory.CreateTempSubdirectory("skald-storefront-");
    private readonly Dictionary<string, ServingProcess> _serving = [];
    private readonly Dictionary<string, ServiceProvider> _opened = [];

    /// <summary>What the services are told through their environment.</summary>
    public Dictionary<string, string> Environment { get; } = [];

    public string[] Settings => ["--data", _data.FullName, "--store", store, "--broker", broker];

    public HttpClient Http => _serving["Frontend"].Http;

    /// <summary>The id of a service's process.</summary>
    public int Process(string service) => _serving[service].Id;

    /// <summary>On servers of its own, or on files.</summary>
    public static async Task<StorefrontSystem> OnAsync(Servers servers, string store, string broker)
    {
        var pair = await servers.PairAsync(store, broker);
        return new StorefrontSystem(pair[1], pair[3]);
    }

    public async Task ServeAsync(params string[] services) => await Task.WhenAll(services.Where(s => !_serving.ContainsKey(s)).Select(async service =>
    {
        var process = await ServingProcess.StartAsync($"Storefront.{service}", Settings, Environment);
        lock (_serving)
        {
            _serving[service] = process;
        }
    }));

    /// <summary>Ends it at once, as <c>kill -9</c> does.</summary>
    public async Task KillAsync(string service)
    {
        _serving.Remove(service, out var process);
        await process!.DisposeAsync();
    }

    /// <summary>Begins with the document's users and stock, without any service having to run.</summary>
    public async Task FillAsync()
    {
        await VerbAsync("orders", "data_init");
        await VerbAsync("inventory", "data_init");
    }

    /// <summary>Does what a verb does, without starting a process for it.</summary>
    public async Task<object?> VerbAsync(string service, string verb, params (string Name, object Value)[] values) =>
        await Modules.Single(m => m.Name == service).Verbs.Single(v => v.Name == verb).Handler(new VerbContext(
            values.ToDictionary(v => v.Name, v => (object?)v.Value), await OpenAsync(service), TimeSpan.Zero, TimeProvider.System, CancellationToken.None));

    public static string Order(string item = "widget", object? quantity = null, string user = "jack", params (string Key, object? Value)[] rest) => JsonSerializer.Serialize(
        new Dictionary<string, object?>([new("item", item), new("quantity", quantity ?? 50), new("user", user), .. rest.Select(r => KeyValuePair.Create(r.Key, r.Value))]));

    public async Task<HttpResponseMessage> PostAsync(string body, string? key = null, string path = "/order")
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, path) { Content = new StringContent(body, Encoding.UTF8, "application/json") };
        if (key is not null)
        {
            request.Headers.Add("Idempotency-Key", key);
        }

        return await Http.SendAsync(request);
    }

    public async Task<string> PlaceAsync(string order)
    {
        using var response = await PostAsync(order);
        Assert.Equal(HttpStatusCode.Accepted, response.StatusCode);
        var placed = await response.Content.ReadFromJsonAsync<JsonElement>();
        Assert.Equal($"/order/{placed.Text("uuid")}", response.Headers.Location?.ToString());
        return placed.Text("uuid");
    }

    public Task<JsonElement> FindAsync(string uuid) => Http.GetFromJsonAsync<JsonElement>($"/order/{uuid}");

    /// <summary>The order once it has this status.</summary>
    public async Task<JsonElement> BecomesAsync(string uuid, string status)
    {
        JsonElement order = default;
        await Eventually.TrueAsync($"order {uuid} is {status}", async () => (order = await FindAsync(uuid)).Text("status") == status);
        return order;
    }

    public Task<ProcessResult> RunAsync(string service, params string[] args) => Processes.RunAsync($"Storefront.{service}", [.. args, .. Settings]);

    public async Task<List<T>> RowsAsync<T>(string service, string sql)
    {
        await using var connection = await (await OpenAsync(service)).OpenAsync();
        return [.. await connection.QueryAsync<T>(sql)];
    }

    public async Task ExecuteAsync(string service, string sql) =>
        await (await OpenAsync(service)).ExecuteAsync(async context => await context.Connection.ExecuteAsync(sql, transaction: context.Transaction));

    /// <summary>What the janitor does and has done, a line each.</summary>
    public async Task<List<string>> CancellationsAsync() =>
        [.. (await (await OpenAsync("janitor")).Operations.SagasAsync(new SagaQuery { Limit = 1000 })).Sagas.Select(s => $"{s.Status.Word()} {s.Key} {s.Summary}")];

    /// <summary>Whether a cancellation has ended well.</summary>
    public static bool IsDone(string cancellation) => cancellation.StartsWith("completed ", StringComparison.Ordinal);

    public async Task<long> StockAsync(string item) => (await RowsAsync<long>("inventory", $"SELECT quantity FROM inventory WHERE item = '{item}'")).Single();

    /// <summary>Publishes a body as it is.</summary>
    public async Task PublishAsync(string topic, string body, string? type = null, string? flow = null)
    {
        var frontend = await OpenAsync("frontend");
        await frontend.Transport.StartAsync(CancellationToken.None);
        var now = TimeProvider.System.GetUtcNow();
        var envelope = new Envelope
        {
            Id = Guid.CreateVersion7(now), Type = type ?? frontend.Events.First(e => e.Topic == topic).Name, Kind = MessageKind.Event, Source = "storefront.people",
            Destination = Address.Topic(frontend.Name, topic), Published = true, Flow = flow, Time = now,
        };
        await frontend.Transport.SendAsync([new OutgoingMessage(envelope, Encoding.UTF8.GetBytes(body))], CancellationToken.None);
    }

    /// <summary>Collects a copy of whatever is published to a topic from now on.</summary>
    public async Task<ConcurrentQueue<Delivery>> CopyAsync(string topic)
    {
        var frontend = await OpenAsync("frontend");
        await frontend.Transport.StartAsync(CancellationToken.None);
        var copies = new ConcurrentQueue<Delivery>();
        var queue = Address.Topic(frontend.Name, topic + "-copies");
        await frontend.Transport.SubscribeAsync(Address.Topic(frontend.Name, topic), queue, CancellationToken.None);
        await frontend.Transport.ConsumeAsync(queue, 1000, copies.Enqueue, CancellationToken.None);
        return copies;
    }

    /// <summary>The service in this process, which does not serve.</summary>
    public async Task<SkaldService> OpenAsync(string service)
    {
        var module = Modules.Single(m => m.Name == service);
        if (!_opened.TryGetValue(service, out var provider))
        {
            var settings = new SkaldSettings(_data.FullName, store, broker, new AddressBook().AddSqlite().AddPostgreSql().AddRabbitMq());
            provider = _opened[service] = new ServiceCollection().AddLogging().AddSingleton<IConfiguration>(new ConfigurationBuilder().Build()).AddSkald(module.FullName, skald =>
            {
                settings.Apply(skald, module);
                module.Configure(skald);
            }).BuildServiceProvider();
            await provider.GetRequiredKeyedService<SkaldService>(module.FullName).OpenWithoutServingAsync();
        }

        return provider.GetRequiredKeyedService<SkaldService>(module.FullName);
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var process in _serving.Values)
        {
            await process.DisposeAsync();
        }

        foreach (var provider in _opened.Values)
        {
            await provider.DisposeAsync();
        }

        _data.Delete(recursive: true);
    }
}

/// <summary>Reads what services answer.</summary>
internal static class JsonReading
{
    public static string Text(this JsonElement json, string name) => json.GetProperty(name).GetString() ?? "";
}
