using Dapper;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Skald.Decisions;
using Xunit;

// docs/guides/participants.md
namespace Skald.Guides.Participants;

[Command("stock.reserve", To = "stock")]
public sealed record ReserveStock(string Order, string Item, int Quantity) : ICommand<StockReserved>;

public sealed record StockReserved(int Left);

[Command("stock.release", To = "stock")]
public sealed record ReleaseStock(string Order) : ICommand<Done>;

public sealed record SoldOut(string Item, int Left) : Refusal("SoldOut", $"There are {Left} of {Item} left.");

[Event("STOCK_IS_LOW")]
public sealed record StockIsLow(string Item, int Left) : IEvent;

[Event("ORDER_ARRIVED")]
public sealed record OrderArrived(string Order, string Item) : IEvent;

public sealed class StockHandlers(StockList stock)
{
    public async Task<Reply<StockReserved>> Handle(ReserveStock command, MessageContext context)
    {
        if (await context.Tombstones.FindAsync($"order {command.Order}") is { } why)
        {
            return new Refusal("OrderIsClosed", why);
        }

        if (await stock.TakeAsync(context, command.Item, command.Quantity) is not { } left)
        {
            return new SoldOut(command.Item, await stock.LeftAsync(context, command.Item));
        }

        await stock.NoteAsync(context, command);
        if (left < 10)
        {
            context.Publish(new StockIsLow(command.Item, left));
        }

        return new StockReserved(left);
    }

    public async Task<Reply<Done>> Handle(ReleaseStock command, MessageContext context)
    {
        await stock.ReturnAsync(context);
        return Done.Instance;
    }
}

/// <summary>The statements: scoped, as a repository or a DbContext is.</summary>
public sealed class StockList
{
    public async Task<int?> TakeAsync(MessageContext context, string item, int quantity) => await context.Connection.QuerySingleOrDefaultAsync<int?>(
        "UPDATE stock SET quantity = quantity - @quantity WHERE item = @item AND quantity >= @quantity RETURNING quantity", new { item, quantity }, context.Transaction);

    public async Task<int> LeftAsync(MessageContext context, string item) =>
        await context.Connection.ExecuteScalarAsync<int>("SELECT quantity FROM stock WHERE item = @item", new { item }, context.Transaction);

    public async Task NoteAsync(MessageContext context, ReserveStock command) => await context.Connection.ExecuteAsync(
        "INSERT INTO reservations (saga, item, quantity) VALUES (@saga, @Item, @Quantity)",
        new { saga = context.SagaId.ToString(), command.Item, command.Quantity }, context.Transaction);

    public async Task ReturnAsync(MessageContext context) => await context.Connection.ExecuteAsync(
        """
        UPDATE stock SET quantity = quantity + (SELECT quantity FROM reservations WHERE saga = @saga AND reservations.item = stock.item)
        WHERE item IN (SELECT item FROM reservations WHERE saga = @saga);
        DELETE FROM reservations WHERE saga = @saga
        """,
        new { saga = context.SagaId.ToString() }, context.Transaction);
}

public sealed record Order(string Number, string Item, int Quantity, bool IsStrange = false);

public sealed class OrderSaga : Saga<Order>
{
    protected override void Define(SagaBuilder<Order> saga)
    {
        saga.Key(o => o.Number, KeyUse.Once);
        saga.Step("reserve").Send(o => new ReserveStock(o.Number, o.Item, o.Quantity)).Undo(o => new ReleaseStock(o.Number));
        saga.Step("look").Do((o, _) => o.IsStrange ? new Refusal("Strange", "It is strange.") : o).NothingToUndo("a look");
    }
}

public sealed class DeskHandlers
{
    public void Handle(OrderArrived arrived, MessageContext context) =>
        context.Start<OrderSaga, Order>(new Order(arrived.Order, arrived.Item, 1));
}

public sealed class HearsThatStockIsLow(TaskCompletionSource<StockIsLow> heard)
{
    public void Handle(StockIsLow low, MessageContext context) => heard.TrySetResult(low);
}

/// <summary>Does what a handler must not do.</summary>
public sealed class CallsItsOwnService(IServiceProvider provider, TaskCompletionSource<string> said)
{
    public async Task Handle(OrderArrived arrived, MessageContext context)
    {
        var exception = await Record.ExceptionAsync(() =>
            provider.GetRequiredKeyedService<SkaldService>("shop.order").StartAsync<OrderSaga, Order>(new Order(arrived.Order, "lamp", 1)));
        said.TrySetResult(exception?.Message ?? "nothing");
    }
}

public static class StockRoutes
{
    public static async Task<IResult> ReceiveAsync(SkaldService service, IdempotentRequest request)
    {
        var answer = await service.ExecuteAsync(request.RequestKey, async context =>
        {
            await context.Connection.ExecuteAsync("UPDATE stock SET quantity = quantity + 50 WHERE item = 'lamp'", transaction: context.Transaction);
            return new StockReserved(50);
        });
        return Results.Ok(answer.Value);
    }
}

public sealed class A_participant
{
    private const string Orders = "shop.order";
    private const string Stock = "shop.stock";

    private readonly TaskCompletionSource<StockIsLow> _heard = new(TaskCreationOptions.RunContinuationsAsynchronously);

    [Fact]
    public async Task Replies_writes_and_publishes_together()
    {
        await using var services = await StartAsync();
        var end = await RunAsync(services, new Order("1", "lamp", 5));
        Assert.Equal(SagaStatus.Completed, end.Status);
        Assert.Equal(7, await LampsAsync(services));
        Assert.Equal(new StockIsLow("lamp", 7), await _heard.Task.WaitAsync(TimeSpan.FromSeconds(30)));
    }

    [Fact]
    public async Task Refuses_with_its_reason()
    {
        await using var services = await StartAsync();
        var end = await RunAsync(services, new Order("1", "lamp", 13));
        Assert.Equal((SagaStatus.Compensated, new Refusal("SoldOut", "There are 12 of lamp left.")), (end.Status, end.Failure));
    }

    [Fact]
    public async Task Undoes_what_it_has_done()
    {
        await using var services = await StartAsync();
        Assert.Equal(SagaStatus.Compensated, (await RunAsync(services, new Order("1", "lamp", 5, IsStrange: true))).Status);
        Assert.Equal(12, await LampsAsync(services));
    }

    [Fact]
    public async Task Finds_what_is_dead()
    {
        await using var services = await StartAsync();
        await services[Stock].ExecuteAsync(context => context.Tombstones.BuryAsync("order 1", "It was closed in May."));
        Assert.Equal("OrderIsClosed", (await RunAsync(services, new Order("1", "lamp", 5))).Failure?.Type);
    }

    [Fact]
    public async Task Starts_one_saga_for_an_order_however_often_it_hears_of_it()
    {
        await using var services = await StartAsync();
        await services[Stock].PublishAsync(new OrderArrived("9", "lamp"));
        await services[Stock].PublishAsync(new OrderArrived("9", "lamp"));
        await services[Stock].PublishAsync(new OrderArrived("10", "lamp"));
        await Eventually.HoldsAsync("the last one has begun", async () => await services[Orders].FindSagaAsync<OrderSaga>("10") is not null);
        Assert.Single((await services[Orders].Operations.SagasAsync(new SagaQuery { Key = "9" })).Sagas);
    }

    [Fact]
    public async Task Keeps_what_a_refusing_handler_has_written()
    {
        await using var services = await Services.StartAsync(("shop.stock", s => s
            .AddHandlers<WritesAndRefuses>().AddSchema("CREATE TABLE IF NOT EXISTS refusals (item TEXT NOT NULL)")),
            (Orders, s => s.AddSaga<OrderSaga>()));
        Assert.Equal("Never", (await RunAsync(services, new Order("1", "lamp", 1))).Failure?.Type);
        await using var connection = await services[Stock].OpenAsync();
        Assert.Equal("lamp", await connection.QuerySingleAsync<string>("SELECT item FROM refusals"));
    }

    [Fact]
    public async Task Is_told_what_to_call_instead_of_its_own_service()
    {
        var said = new TaskCompletionSource<string>(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var services = await Services.StartAsync(
            (Orders, s =>
            {
                s.Services.AddSingleton(said);
                s.AddSaga<OrderSaga>().AddHandlers<CallsItsOwnService>();
            }
        ),
            (Stock, s => s.AddHandlers<StockHandlers>().Publishes<OrderArrived>().Publishes<StockIsLow>().Services.AddScoped<StockList>()));
        await services[Stock].PublishAsync(new OrderArrived("9", "lamp"));
        Assert.Contains("Use context.Start(...)", await said.Task.WaitAsync(TimeSpan.FromSeconds(30)), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Does_a_request_once()
    {
        await using var services = await StartAsync();
        var request = new IdempotentRequest(new DefaultHttpContext { Request = { Method = "POST", Path = "/deliveries" } }, default, "k1", "f1");
        await StockRoutes.ReceiveAsync(services[Stock], request);
        await StockRoutes.ReceiveAsync(services[Stock], request);
        Assert.Equal(62, await LampsAsync(services));
    }

    public sealed class WritesAndRefuses
    {
        public async Task<Reply<StockReserved>> Handle(ReserveStock command, MessageContext context)
        {
            await context.Connection.ExecuteAsync("INSERT INTO refusals VALUES (@Item)", command, context.Transaction);
            return new Refusal("Never", "We do not sell.");
        }

        public Reply<Done> Handle(ReleaseStock command, MessageContext context) => Done.Instance;
    }

    private static async Task<SagaSnapshot> RunAsync(Services services, Order order) =>
        await services.EndAsync(Orders, (await services[Orders].StartAsync<OrderSaga, Order>(order)).Id);

    private static async Task<int> LampsAsync(Services services)
    {
        await using var connection = await services[Stock].OpenAsync();
        return await connection.QuerySingleAsync<int>("SELECT quantity FROM stock WHERE item = 'lamp'");
    }

    private Task<Services> StartAsync() => Services.StartAsync(
        (Orders, s => s.AddSaga<OrderSaga>().AddHandlers<DeskHandlers>()),
        (Stock, s =>
        {
            s.Services.AddScoped<StockList>();
            s.AddHandlers<StockHandlers>().Publishes<StockIsLow>().Publishes<OrderArrived>();
            s.AddSchema("CREATE TABLE IF NOT EXISTS stock (item TEXT PRIMARY KEY, quantity INTEGER NOT NULL)");
            s.AddSchema("CREATE TABLE IF NOT EXISTS reservations (saga TEXT NOT NULL, item TEXT NOT NULL, quantity INTEGER NOT NULL)");
            s.AddSchema("INSERT INTO stock VALUES ('lamp', 12) ON CONFLICT DO NOTHING");
        }
    ),
        ("shop.buying", s =>
        {
            s.Services.AddSingleton(_heard);
            s.AddHandlers<HearsThatStockIsLow>();
        }
    ));
}
