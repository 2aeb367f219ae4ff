using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using Dapper;
using FoodOrders.Accounting;
using FoodOrders.CardProvider;
using FoodOrders.Consumers;
using FoodOrders.Orders;
using FoodOrders.Restaurants;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Skald.Messaging;

namespace Skald.EndToEnd;

/// <summary>The four services and the card provider in one process, on SQLite files in a folder of their own, asked over HTTP.</summary>
public sealed class FoodOrdersSystem : IAsyncDisposable
{
    private static readonly TimeSpan LookInterval = TimeSpan.FromMilliseconds(20);
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("skald-food-orders-");
    private readonly WebApplication _app;
    private FoodOrdersProcess? _orders;

    private FoodOrdersSystem(Action<IServiceCollection>? change, bool everyMessageTwice, bool ordersAreElsewhere)
    {
        ServiceModule[] modules = [.. ordersAreElsewhere ? (ServiceModule[])[] : [new OrderModule()], new ConsumerModule(), new RestaurantModule(), new AccountingModule()];
        var settings = new SkaldSettings(_folder.FullName, "sqlite", "sqlite", new AddressBook().AddSqlite());
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Services.AddSingleton(settings);
        builder.Services.AddSingleton<DoublingTransport>();
        foreach (var module in modules)
        {
            builder.Services.AddSkald(module.FullName, skald =>
            {
                settings.Apply(skald, module);
                if (everyMessageTwice)
                {
                    skald.UseTransport(provider => provider.GetRequiredService<DoublingTransport>());
                }

                module.Configure(skald);
            });
        }

        change?.Invoke(builder.Services);
        _app = builder.Build();
        foreach (var module in modules)
        {
            module.Map(_app.MapGroup("/" + module.RoutePrefix), Service(module.Name));
        }
    }

    public HttpClient Http { get; } = new();

    /// <summary>Where the orders are mounted.</summary>
    public string Path { get; private set; } = "/food-orders";

    /// <param name="change">Replaces services, such as the sources of chance.</param>
    /// <param name="everyMessageTwice">Whether each message is delivered twice.</param>
    public static async Task<FoodOrdersSystem> StartAsync(Action<IServiceCollection>? change = null, bool everyMessageTwice = false)
    {
        var system = new FoodOrdersSystem(change, everyMessageTwice, ordersAreElsewhere: false);
        await system._app.StartAsync();
        system.Http.BaseAddress = new Uri(system._app.Urls.First() + "/food-orders/");
        return system;
    }

    /// <summary>The same, with a program that takes the orders beside it.</summary>
    /// <param name="program">The order service's.</param>
    public static async Task<FoodOrdersSystem> StartWithAsync(string program)
    {
        var system = new FoodOrdersSystem(change: null, everyMessageTwice: false, ordersAreElsewhere: true);
        await system._app.StartAsync();
        system._orders = await FoodOrdersProcess.StartProgramAsync(program, system._folder.FullName);
        (system.Http.BaseAddress, system.Path) = (system._orders.Http.BaseAddress, "");
        return system;
    }

    public async ValueTask DisposeAsync()
    {
        _orders?.Dispose();
        Http.Dispose();
        await _app.StopAsync();
        await _app.DisposeAsync();
        _folder.Delete(recursive: true);
    }

    public static string Order(long consumerId = 70, decimal price = 20, string item = "Dish 1", long quantity = 2) => JsonSerializer.Serialize(
        new { consumerId, cardId = 1, price, items = new[] { new { name = item, quantity } } });

    public async Task<HttpResponseMessage> PostAsync(string path, string body, string? key = null)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, path) { Content = new StringContent(body, Encoding.UTF8, "application/json") };
        if (key is not null)
        {
            request.Headers.Add("Idempotency-Key", key);
        }

        return await Http.SendAsync(request);
    }

    /// <summary>Starts one of the home page's sagas.</summary>
    public async Task<long> RunAsync(string page)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, page);
        request.Headers.Accept.Add(new MediaTypeWithQualityHeaderValue("application/json"));
        using var response = await Http.SendAsync(request);
        return (await response.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("id").GetInt64();
    }

    public async Task<long> PlaceAsync(string order)
    {
        using var response = await PostAsync("orders", order);
        Assert.Equal(HttpStatusCode.Accepted, response.StatusCode);
        return (await response.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("id").GetInt64();
    }

    public async Task<OrderView> FindAsync(long id) => await Http.GetFromJsonAsync<OrderView>($"orders/{id}") ?? throw new InvalidOperationException($"Order {id} is null.");

    /// <summary>The order once its saga has ended.</summary>
    public Task<OrderView> EndOfAsync(long id) => UntilAsync(id, o => o.Saga?.Status is "completed" or "compensated" or "parked");

    /// <summary>The order once it looks as wished; fails after 30 seconds.</summary>
    public async Task<OrderView> UntilAsync(long id, Func<OrderView, bool> wished)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        using var timer = new PeriodicTimer(LookInterval);
        while (true)
        {
            var order = await FindAsync(id);
            if (wished(order))
            {
                return order;
            }

            Assert.False(limit.IsCancellationRequested, $"Order {id} did not get there in 30 s; it is {order}.");
            await timer.WaitForNextTickAsync(CancellationToken.None);
        }
    }

    public Task<string?> TicketStatusAsync(long? id) => ReadAsync("restaurant", "SELECT status FROM tickets WHERE id = @id", id);

    public Task<string?> AuthorizationStatusAsync(long? id) => ReadAsync("accounting", "SELECT status FROM authorizations WHERE id = @id", id);

    public async Task<IReadOnlyList<CardAuthorization>> ProviderBooksAsync() =>
        await Http.GetFromJsonAsync<List<CardAuthorization>>("accounting/card-provider/authorizations") ?? [];

    public async Task ProviderBehavesAsync(ProviderBehaviour behaviour) =>
        (await Http.PutAsJsonAsync("accounting/card-provider/behaviour", behaviour)).EnsureSuccessStatusCode();

    private async Task<string?> ReadAsync(string service, string sql, long? id)
    {
        await using var connection = await Service(service).OpenAsync();
        return await connection.ExecuteScalarAsync<string?>(sql, new { id });
    }

    private SkaldService Service(string name) => _app.Services.GetRequiredKeyedService<SkaldService>("food-orders." + name);

    /// <summary>At least once, to the letter.</summary>
    private sealed class DoublingTransport : ITransport
    {
        private readonly InMemoryTransport _inner = new();

        public TransportDescription Description => _inner.Description;

        public string? Problem => null;

        public Task StartAsync(CancellationToken cancellationToken) => _inner.StartAsync(cancellationToken);

        public Task SendAsync(IReadOnlyList<OutgoingMessage> messages, CancellationToken cancellationToken) =>
            _inner.SendAsync([.. messages, .. messages], cancellationToken);

        public Task<IAsyncDisposable> ConsumeAsync(string queue, int window, Action<Delivery> deliver, CancellationToken cancellationToken) =>
            _inner.ConsumeAsync(queue, window, deliver, cancellationToken);

        public Task SubscribeAsync(string topic, string queue, CancellationToken cancellationToken) => _inner.SubscribeAsync(topic, queue, cancellationToken);

        public ValueTask DisposeAsync() => _inner.DisposeAsync();
    }
}
