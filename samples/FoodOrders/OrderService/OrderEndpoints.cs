using System.Globalization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Skald;

namespace FoodOrders.Orders;

/// <summary>The API: place an order, look at one, list the newest.</summary>
internal static class OrderEndpoints
{
    private const int MostListed = 200;

    public static void MapOrders(this IEndpointRouteBuilder routes, SkaldService service)
    {
        var queries = new OrderQueries(service);
        routes.MapIdempotentPost<OrderRequest>("/orders", (request, order) => PlaceAsync(request, order.ToOrder(), service));
        routes.MapGet("/orders/{id}", (string id, CancellationToken cancellationToken) => FindAsync(id, queries, cancellationToken));
        routes.MapGet("/orders", (string? limit, CancellationToken cancellationToken) => ListAsync(limit, queries, cancellationToken));
    }

    private static async Task<IResult> PlaceAsync(IdempotentRequest request, CreateOrderState order, SkaldService service)
    {
        var start = await service.StartAsync<CreateOrderSaga, CreateOrderState>(order, request.StartOptions, request.Http.RequestAborted);
        var here = request.Http.Request;
        return Results.Accepted($"{here.PathBase}{here.Path.Value?.TrimEnd('/')}/{start.State.OrderId}", OrderView.Of(start));
    }

    private static async Task<IResult> FindAsync(string id, OrderQueries queries, CancellationToken cancellationToken) =>
        long.TryParse(id, NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            && await queries.FindAsync(number, cancellationToken) is { } order
            ? Results.Ok(order)
            : Results.Problem(statusCode: StatusCodes.Status404NotFound, title: $"There is no order '{id}'.", detail: "GET the list of orders to see which there are.");

    private static async Task<IResult> ListAsync(string? limit, OrderQueries queries, CancellationToken cancellationToken)
    {
        var most = 50;
        return limit is null || int.TryParse(limit, NumberStyles.None, CultureInfo.InvariantCulture, out most) && most is >= 1 and <= MostListed
            ? Results.Ok(await queries.ListAsync(most, cancellationToken))
            : Results.ValidationProblem(
                new Dictionary<string, string[]> { ["limit"] = [$"It must be a whole number from 1 to {MostListed}."] }, title: "The list cannot be limited like that.");
    }
}
