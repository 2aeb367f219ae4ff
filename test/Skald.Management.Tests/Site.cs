using System.Net;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Skald.Management.Tests;

/// <summary>An application with three services and the management, on a port of its own.</summary>
internal sealed class Site : IAsyncDisposable
{
    public const string Orders = "shop.orders";

    private readonly string? _folder;

    private Site(WebApplication app, string? folder)
    {
        (App, _folder) = (app, folder);
        Http = new HttpClient(new SocketsHttpHandler { AllowAutoRedirect = false }) { BaseAddress = new Uri(app.Urls.First()) };
    }

    public WebApplication App { get; }

    public HttpClient Http { get; }

    public SkaldService this[string service] => App.Services.GetRequiredService<SkaldServices>()[service];

    public static async Task<Site> StartAsync(SkaldManagementOptions? options = null, bool sqlite = false, string environment = "Development", Action<WebApplicationBuilder>? configure = null, Action<WebApplication>? use = null, Action<SkaldBuilder>? change = null)
    {
        var folder = sqlite ? Directory.CreateTempSubdirectory("skald-mgmt").FullName : null;
        var builder = WebApplication.CreateSlimBuilder(new WebApplicationOptions { EnvironmentName = environment });
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Logging.ClearProviders();
        builder.Services.AddSkald(Orders, skald => Store(skald.AddSaga<OrderSaga>(), folder, change));
        builder.Services.AddSkald("shop.cards", skald => Store(skald.AddHandlers<CardHandlers>(), folder, change));
        builder.Services.AddSkald("shop.mails", skald => Store(skald.AddHandlers<MailHandlers>(), folder, change));
        configure?.Invoke(builder);
        var app = builder.Build();
        use?.Invoke(app);
        app.MapSkald(options: options);
        await app.StartAsync();
        return new Site(app, folder);
    }

    /// <summary>Where the roles are headers: who may what is the application's policy.</summary>
    public static void WithRoles(WebApplicationBuilder builder)
    {
        RoleInHeader.AddTo(builder.Services, ("look", "viewer"), ("operate", "operator"), ("administer", "admin"), ("payloads", "payloads"));
    }

    public static SkaldManagementOptions Roles => new() { ViewPolicy = "look", OperatePolicy = "operate", AdminPolicy = "administer", PayloadPolicy = "payloads" };

    /// <summary>A saga that waits for its confirmation.</summary>
    public async Task<string> WaitingAsync(string order = "4711")
    {
        var id = await StartAsync(new Order(order, 80));
        await Eventually.HoldsAsync("it waits for its confirmation", async () => (await this[Orders].Operations.FindSagaAsync(id))?.Summary.Step == "confirmation");
        return id.ToString();
    }

    /// <summary>A saga that is parked, since its mail was refused.</summary>
    public async Task<string> ParkedAsync(string order = "4712")
    {
        var id = await StartAsync(new Order(order, 80, MailIsGood: false));
        await Eventually.HoldsAsync("it waits for its confirmation", async () => (await this[Orders].Operations.FindSagaAsync(id))?.Summary.Step == "confirmation");
        await this[Orders].RaiseAsync(id, new OrderConfirmed("Ada"));
        await Eventually.HoldsAsync("it is parked", async () => (await this[Orders].Operations.FindSagaAsync(id))?.Summary.Status == SagaStatus.Parked);
        return id.ToString();
    }

    /// <summary>A saga that has turned back, since its card was declined.</summary>
    public async Task<string> CompensatedAsync(string order = "4713")
    {
        var id = await StartAsync(new Order(order, 80, CardIsGood: false));
        await this[Orders].WaitAsync(id);
        return id.ToString();
    }

    /// <summary>Changes rows of a service's database, as somebody would who knows no better. At least one must be there.</summary>
    public void Change(string service, string sql)
    {
        using var connection = new SqliteConnection($"Data Source={Path.Combine(_folder!, service + ".db")};Pooling=False"); // Only of one on SQLite.
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        Assert.True(command.ExecuteNonQuery() > 0, sql);
    }

    public async Task<(HttpStatusCode Status, JsonElement Body, HttpResponseMessage Response)> SendAsync(
        string method, string path, string? body = null, string contentType = "application/json", params (string Name, string Value)[] headers)
    {
        using var request = new HttpRequestMessage(new HttpMethod(method), $"/skald/api/{path}");
        if (body is not null)
        {
            request.Content = new StringContent(body, Encoding.UTF8);
            request.Content.Headers.Remove("Content-Type");
            request.Content.Headers.TryAddWithoutValidation("Content-Type", contentType);
        }

        foreach (var (name, value) in headers)
        {
            request.Headers.TryAddWithoutValidation(name, value);
        }

        var response = await Http.SendAsync(request);
        var text = await response.Content.ReadAsStringAsync();
        return (response.StatusCode, text.StartsWith('{') || text.StartsWith('[') ? JsonDocument.Parse(text).RootElement : default, response);
    }

    public Task<(HttpStatusCode Status, JsonElement Body, HttpResponseMessage Response)> GetAsync(string path, params (string Name, string Value)[] headers) => SendAsync("GET", path, headers: headers);

    public async ValueTask DisposeAsync()
    {
        Http.Dispose();
        await App.DisposeAsync();
        if (_folder is not null)
        {
            Directory.Delete(_folder, recursive: true);
        }
    }

    private static void Store(SkaldBuilder skald, string? folder, Action<SkaldBuilder>? change)
    {
        change?.Invoke(skald);
        if (folder is not null)
        {
            skald.UseSqlite(Path.Combine(folder, skald.Service + ".db")).UseSqliteBroker(Path.Combine(folder, "broker.db"));
        }
    }

    public async Task<SagaId> StartAsync(Order order) => (await this[Orders].StartAsync<OrderSaga, Order>(order)).Id;
}
