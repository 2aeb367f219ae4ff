using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Skald.Management;

namespace Skald.Cli.Tests;

public sealed record PlaceOrder(string Number, int Price)
{
    public string? PaidBy { get; init; }
}

[Event("PAYMENT_RECEIVED")]
public sealed record PaymentReceived(string Account) : IEvent;

public sealed class PlaceOrderSaga : Saga<PlaceOrder>
{
    protected override void Define(SagaBuilder<PlaceOrder> saga)
    {
        saga.Key(o => o.Number);
        saga.Summary(o => $"order {o.Number}");
        saga.WaitFor<PaymentReceived>("payment").OnEvent((o, e) => o with { PaidBy = e.Account }).Within(TimeSpan.FromDays(3));
    }
}

/// <summary>A process that runs sagas, with its management.</summary>
internal sealed class Shop : IAsyncDisposable
{
    public const string Service = "shop.order";

    private readonly DirectoryInfo _folder;
    private readonly WebApplication _app;

    private Shop(DirectoryInfo folder, WebApplication app) => (_folder, _app) = (folder, app);

    public string Url => _app.Urls.Single() + "/skald";

    public SkaldService Orders => _app.Services.GetRequiredKeyedService<SkaldService>(Service);

    public static async Task<Shop> StartAsync()
    {
        var folder = Directory.CreateTempSubdirectory("skald-shop-");
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Services.AddSkald(Service, s => s
            .UseSqlite(Path.Combine(folder.FullName, "orders.db")).UseSqliteBroker(Path.Combine(folder.FullName, "broker.db")).AddSaga<PlaceOrderSaga>());
        var app = builder.Build();
        app.MapSkald("/skald", new SkaldManagementOptions { LocalOnly = true });
        await app.StartAsync();
        return new Shop(folder, app);
    }

    public async Task<string> PlaceAsync(string number) => (await Orders.StartAsync<PlaceOrderSaga, PlaceOrder>(new PlaceOrder(number, 80))).Id.ToString();

    public async ValueTask DisposeAsync()
    {
        await _app.StopAsync();
        await _app.DisposeAsync();
        _folder.Delete(recursive: true);
    }
}
