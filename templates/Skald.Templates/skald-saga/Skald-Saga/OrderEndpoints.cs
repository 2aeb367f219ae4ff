using System.Text.Json;
using Skald;

namespace Skald_Saga;

/// <summary>What callers send.</summary>
public sealed record OrderRequest(string Product, int Quantity, decimal Price, string Customer);

/// <summary>What they see.</summary>
public sealed record OrderView(Guid Id, string Status, string? Step, string? Failure);

/// <summary>Place an order; look at one.</summary>
public static class OrderEndpoints
{
    private static readonly JsonSerializerOptions s_strict = new(JsonSerializerDefaults.Web)
    {
        RespectNullableAnnotations = true,
        RespectRequiredConstructorParameters = true,
    };

    public static void MapOrders(this IEndpointRouteBuilder routes)
    {
        var orders = routes.ServiceProvider.GetRequiredKeyedService<SkaldService>(Services.Order);

        // A caller that got no answer repeats the request with the same Idempotency-Key header, and one order is placed.
        routes.MapIdempotentPost("/orders", request => PlaceAsync(request, orders));
        routes.MapGet("/orders/{id:guid}", (Guid id, CancellationToken cancellationToken) => FindAsync(id, orders, cancellationToken));
    }

    private static async Task<IResult> PlaceAsync(IdempotentRequest request, SkaldService orders)
    {
        if (Read(request.Body) is not { Quantity: > 0, Price: > 0 } order)
        {
            return Results.Problem(statusCode: StatusCodes.Status400BadRequest, title: "An order has a product, a quantity, a price and a customer.");
        }

        var start = await orders.StartAsync<PlaceOrderSaga, OrderState>(
            new OrderState(order.Product, order.Quantity, order.Price, order.Customer), request.StartOptions, request.Http.RequestAborted);
        return Results.Accepted($"/orders/{start.Id}", new OrderView(start.Id.Value, SagaStatus.Running.Word(), null, null));
    }

    private static async Task<IResult> FindAsync(Guid id, SkaldService orders, CancellationToken cancellationToken) =>
        await orders.FindSagaAsync(new SagaId(id), cancellationToken) is { } saga
            ? Results.Ok(new OrderView(id, saga.Status.Word(), saga.Status is SagaStatus.Running or SagaStatus.Compensating ? saga.Step : null, saga.Failure?.Message))
            : Results.Problem(statusCode: StatusCodes.Status404NotFound, title: $"There is no order {id}.");

    private static OrderRequest? Read(JsonElement body)
    {
        try
        {
            return body.Deserialize<OrderRequest>(s_strict);
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
