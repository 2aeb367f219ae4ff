using Dapper;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Xunit;

// docs/guides/talking-to-a-saga.md, what is told to one saga.
namespace Skald.Guides.Talking;

public sealed record CreateOrder(string OrderNumber, string Customer, bool IsGift = false)
{
    public string? PaidBy { get; init; }

    public string? Invoice { get; init; }
}

[Event("PAYMENT_RECEIVED")]
public sealed record PaymentReceived(string Account) : IEvent;

[Event("INVOICE_AGREED")]
public sealed record InvoiceAgreed(string Number) : IEvent;

[Event("ORDER_CALLED_OFF")]
public sealed record OrderCalledOff(string Why) : IEvent;

public sealed record StockSet(string Item, int Quantity);

public sealed class CreateOrderSaga : Saga<CreateOrder>
{
    protected override void Define(SagaBuilder<CreateOrder> saga)
    {
        saga.Key(o => o.OrderNumber, KeyUse.OneAtATime);
        saga.Summary(o => $"order {o.OrderNumber} of {o.Customer}");

        saga.OnCancel(o => o.IsGift ? "a gift is not called off" : null);

        saga.WaitFor<PaymentReceived>("payment")
            .OnEvent((o, e) => o with { PaidBy = e.Account })
            .Or<InvoiceAgreed>((o, e) => o with { Invoice = e.Number })
            .Or<OrderCalledOff>(e => new Refusal("CalledOff", e.Why))
            .Within(TimeSpan.FromDays(3));
    }
}

public static class OrderRoutes
{
    public static void Map(IEndpointRouteBuilder routes, SkaldService service)
    {
        routes.MapIdempotentPost("/orders", async request =>
        {
            var start = await service.StartAsync<CreateOrderSaga, CreateOrder>(Read(request.Body), request.StartOptions);
            return Results.Accepted($"/orders/{start.State.OrderNumber}");
        });
    }

    public static async Task<RequestAnswer<StockSet>> SetStockAsync(SkaldService service, IdempotentRequest request, string item, int quantity)
    {
        var answer = await service.ExecuteAsync(request.RequestKey, async context =>
        {
            await context.Connection.ExecuteAsync("UPDATE stock SET quantity = @quantity WHERE item = @item", new { item, quantity }, context.Transaction);
            return new StockSet(item, quantity);
        });
        return answer;
    }

    private static CreateOrder Read(System.Text.Json.JsonElement body) => new(body.GetProperty("orderNumber").GetString() ?? "", body.GetProperty("customer").GetString() ?? "");
}

public sealed class Talking_to_a_saga
{
    private const string Service = "shop.order";

    [Fact]
    public async Task It_is_told_of_its_payment_by_its_key()
    {
        await using var services = await Services.StartAsync((Service, s => s.AddSaga<CreateOrderSaga>()));
        var service = services[Service];
        var start = await service.StartAsync<CreateOrderSaga, CreateOrder>(new CreateOrder("4711", "Ann"));

        var outcome = await service.RaiseAsync<CreateOrderSaga, PaymentReceived>("4711", new PaymentReceived("NL91"));

        Assert.Equal(EventOutcome.Accepted, outcome);
        Assert.Equal(SagaStatus.Completed, (await services.EndAsync(Service, start.Id)).Status);
        var found = await service.Operations.SagasAsync(new SagaQuery { Key = "4711" });
        Assert.Equal("order 4711 of Ann", Assert.Single(found.Sagas).Summary);
    }

    [Fact]
    public async Task It_turns_back_when_it_is_asked_to_and_a_gift_does_not()
    {
        await using var services = await Services.StartAsync((Service, s => s.AddSaga<CreateOrderSaga>()));
        var service = services[Service];
        await service.StartAsync<CreateOrderSaga, CreateOrder>(new CreateOrder("4711", "Ann"));
        await service.StartAsync<CreateOrderSaga, CreateOrder>(new CreateOrder("4712", "Ann", IsGift: true));

        var answer = await service.CancelAsync<CreateOrderSaga>("4711", actor: "ann", reason: "the customer called");

        Assert.Equal(CancelOutcome.TurnsBack, answer.Outcome);
        Assert.Equal(new CancelAnswer(CancelOutcome.Refused, "a gift is not called off"), await service.CancelAsync<CreateOrderSaga>("4712"));
        await Assert.ThrowsAsync<SagaExistsException>(() => service.StartAsync<CreateOrderSaga, CreateOrder>(new CreateOrder("4712", "Ben")));
    }

    [Fact]
    public async Task A_request_that_comes_twice_is_done_once()
    {
        await using var services = await Services.StartAsync((Service, s => s.AddSaga<CreateOrderSaga>()
            .AddSchema("CREATE TABLE IF NOT EXISTS stock (item TEXT PRIMARY KEY, quantity INTEGER NOT NULL)")));
        var request = new IdempotentRequest(new DefaultHttpContext { Request = { Method = "PUT", Path = "/stock/7" } }, default, "k1", "f1");
        Assert.False((await OrderRoutes.SetStockAsync(services[Service], request, "7", 3)).Repeated);
        Assert.True((await OrderRoutes.SetStockAsync(services[Service], request, "7", 3)).Repeated);
        await Assert.ThrowsAsync<IdempotencyConflictException>(() => OrderRoutes.SetStockAsync(services[Service], request with { Fingerprint = "f2" }, "7", 4));
    }
}
