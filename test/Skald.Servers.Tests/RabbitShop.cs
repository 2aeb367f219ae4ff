using Dapper;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Skald.RabbitMq;

namespace Skald.Servers.Tests;

[Command("stock.reserve", To = "stock")]
public sealed record ReserveStock(int Order) : ICommand<StockReserved>;

public sealed record StockReserved(int Shelf);

[Command("stock.release", To = "stock")]
public sealed record ReleaseStock(int Order) : ICommand<Done>;

[Command("cash.charge", To = "cash")]
public sealed record ChargeCard(int Order, int Amount) : ICommand<CardCharged>;

public sealed record CardCharged(int Receipt);

public sealed record ShopOrder(int Order, int Amount)
{
    public int Receipt { get; init; }
}

public sealed class ShopSaga : Saga<ShopOrder>
{
    protected override void Define(SagaBuilder<ShopOrder> saga)
    {
        saga.Step("reserve the stock — ✓").Send(s => new ReserveStock(s.Order)).Undo(s => new ReleaseStock(s.Order));
        saga.Pivot("charge/the card").Send(s => new ChargeCard(s.Order, s.Amount)).OnReply((s, card) => s with { Receipt = card.Receipt });
    }
}

public sealed class StockHandlers
{
    public Reply<StockReserved> Handle(ReserveStock command, MessageContext context)
    {
        RabbitShop.Effect(context, "reserved", command.Order);
        return new StockReserved(1);
    }

    public Reply<Done> Handle(ReleaseStock command, MessageContext context)
    {
        RabbitShop.Effect(context, "released", command.Order);
        return Done.Instance;
    }
}

public sealed class CashHandlers
{
    public Reply<CardCharged> Handle(ChargeCard command, MessageContext context)
    {
        if (command.Amount >= 50)
        {
            return new Refusal("CardDeclined", "insufficient balance");
        }

        RabbitShop.Effect(context, "charged", command.Order);
        return new CardCharged(11);
    }
}

/// <summary>
/// An order, a stock and a cash service, each with its own SQLite file, talking through RabbitMQ unless told otherwise. Effects are rows without any key.
/// </summary>
internal sealed class RabbitShop : IAsyncDisposable
{
    // Includes the time a killed broker takes to come back, which is minutes where the machine has other work to do.
    public static readonly TimeSpan Patience = TimeSpan.FromMinutes(5);

    private readonly string _folder;
    private readonly IHost _host;

    private RabbitShop(Action<SkaldBuilder> transport, string folder, bool cash)
    {
        _folder = folder;
        var builder = Host.CreateEmptyApplicationBuilder(null);
        builder.Logging.SetMinimumLevel(LogLevel.Warning);
        Add("order", s => s.AddSaga<ShopSaga>());
        Add("stock", s => s.AddHandlers<StockHandlers>());
        if (cash)
        {
            Add("cash", s => s.AddHandlers<CashHandlers>());
        }

        _host = builder.Build();

        void Add(string name, Action<SkaldBuilder> configure) => builder.Services.AddSkald("shop." + name, s =>
        {
            transport(s.UseSqlite(Path.Combine(_folder, name + ".db")));
            s.AddSchema("CREATE TABLE IF NOT EXISTS effects (what TEXT NOT NULL, order_number INTEGER NOT NULL)");
            configure(s);
        });
    }

    public SkaldService Orders => _host.Services.GetRequiredKeyedService<SkaldService>("shop.order");

    public IEnumerable<SkaldService> Services => _host.Services.GetKeyedServices<SkaldService>(KeyedService.AnyKey);

    public static Task<RabbitShop> StartAsync(string uri, RabbitMqOptions? options = null, bool cash = true) =>
        StartAsync(s => s.UseRabbitMq(uri, options), Directory.CreateTempSubdirectory("skald-shop-").FullName, cash);

    /// <summary>A shop whose files lie in this folder, which goes with it.</summary>
    public static async Task<RabbitShop> StartAsync(Action<SkaldBuilder> transport, string folder, bool cash = true)
    {
        var shop = new RabbitShop(transport, folder, cash);
        await shop._host.StartAsync();
        return shop;
    }

    public static void Effect(MessageContext context, string what, int order) =>
        context.Connection.Execute("INSERT INTO effects (what, order_number) VALUES (@what, @order)", new { what, order }, context.Transaction);

    public async Task<SagaSnapshot> RunAsync(int order, int amount = 20)
    {
        using var patience = new CancellationTokenSource(Patience);
        var start = await Orders.StartAsync<ShopSaga, ShopOrder>(new ShopOrder(order, amount));
        try
        {
            return await Orders.WaitAsync(start.Id, patience.Token);
        }
        catch (OperationCanceledException)
        {
            throw new TimeoutException($"Order {order} has not ended within {Patience}.\n{await SeenAsync(start.Id)}");
        }
    }

    /// <summary>What an operator would see of a saga and of the services that it goes through.</summary>
    private async Task<string> SeenAsync(SagaId saga)
    {
        List<string> seen = [];
        foreach (var service in Services)
        {
            seen.Add($"{service.Name}: {service.Problem ?? "no problem"}, {(await service.Operations.CountOutboxAsync()).Value} unsent");
        }

        return string.Join('\n', seen.Concat((await Orders.Operations.TimelineAsync(saga)).Select(entry => $"{entry}")));
    }

    /// <summary>Runs orders, every tenth of which is refused, some at a time; returns when all have ended.</summary>
    public Task<SagaSnapshot[]> RunManyAsync(int count, int atOnce = 64, int first = 0)
    {
        var turns = new SemaphoreSlim(atOnce);
        return Task.WhenAll(Enumerable.Range(first, count).Select(async order =>
        {
            await turns.WaitAsync();
            try
            {
                return await RunAsync(order, IsRefused(order) ? 80 : 20);
            }
            finally
            {
                turns.Release();
            }
        }));
    }

    public static bool IsRefused(int order) => order % 10 == 9;

    public async Task<int> EndedAsync()
    {
        var counts = await Orders.Operations.CountByStatusAsync(cap: 1_000_000);
        return (int)(counts.GetValueOrDefault(SagaStatus.Completed).Value + counts.GetValueOrDefault(SagaStatus.Compensated).Value);
    }

    /// <summary>The orders that an effect fell on, each as often as it did.</summary>
    public async Task<List<int>> EffectsAsync(string service, string what)
    {
        await using var connection = await _host.Services.GetRequiredKeyedService<SkaldService>("shop." + service).OpenAsync();
        return [.. await connection.QueryAsync<int>("SELECT order_number FROM effects WHERE what = @what ORDER BY order_number", new { what })];
    }

    public async ValueTask DisposeAsync()
    {
        await _host.StopAsync();
        await ((IAsyncDisposable)_host).DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }
}
