using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Skald;

namespace Storefront.Frontend;

/// <summary>The API: place an order, look at one, follow them all.</summary>
internal static class OrderEndpoints
{
    private const int Listed = 50;
    private static readonly TimeSpan DataInitMayTake = TimeSpan.FromSeconds(30);

    public static void MapOrders(this IEndpointRouteBuilder routes, SkaldService service)
    {
        var queries = new OrderQueries(service);
        routes.MapIdempotentPost("/order", request => PlaceAsync(request, service));
        routes.MapGet("/order", async (HttpRequest request, CancellationToken cancellationToken) => Wants(request, "application/json")
            ? Results.Json(await queries.NewestAsync(Listed, cancellationToken), FrontendJson.Default.IReadOnlyListOrderView)
            : Results.Text("called GET\n"));
        routes.MapGet("/order/{uuid}", (string uuid, CancellationToken cancellationToken) => FindAsync(uuid, queries, cancellationToken));
        var feed = new LiveFeed(
            "order", new OrderFeed(queries), routes.ServiceProvider.GetRequiredService<TimeProvider>(), routes.ServiceProvider.GetRequiredService<IHostApplicationLifetime>().ApplicationStopping,
            logger: routes.ServiceProvider.GetRequiredService<ILogger<LiveFeed>>());
        routes.MapGet("/changes", feed.FollowAsync);
        routes.MapIdempotentPost("/data-init", request => DataInitAsync(request, service));
    }

    /// <summary>Whether the caller asks for this kind of answer by name.</summary>
    public static bool Wants(HttpRequest request, string mediaType) => request.GetTypedHeaders().Accept.Any(a => a.MediaType.Value == mediaType);

    private static async Task<IResult> PlaceAsync(IdempotentRequest request, SkaldService service)
    {
        var (order, errors) = OrderRequest.Read(request.Body);
        if (order is null)
        {
            return Results.ValidationProblem(errors, title: "The order is not valid.");
        }

        var (uuid, _) = await service.ExecuteAsync(request.RequestKey, context => OrderBook.PlaceAsync(order, context), request.Http.RequestAborted);
        var here = request.Http.Request;
        var link = $"{here.PathBase}{here.Path.Value?.TrimEnd('/')}/{uuid}";
        return Results.Json(new PlacedOrder(uuid, OrderStatus.Placed.Word(), link), FrontendJson.Default.PlacedOrder, statusCode: StatusCodes.Status202Accepted).WithLocation(link, request.Http);
    }

    private static IResult WithLocation(this IResult result, string link, HttpContext http)
    {
        http.Response.Headers.Location = link;
        return result;
    }

    private static async Task<IResult> FindAsync(string uuid, OrderQueries queries, CancellationToken cancellationToken) =>
        Guid.TryParse(uuid, out var id) && await queries.FindAsync(id, cancellationToken) is { } order
            ? Results.Json(order, FrontendJson.Default.OrderView)
            : Results.Problem(statusCode: StatusCodes.Status404NotFound, title: $"There is no order '{uuid}'.", detail: "The answer to POST /order has the uuid and a link.");

    /// <summary>Begins anew in every service, and waits for them.</summary>
    private static async Task<IResult> DataInitAsync(IdempotentRequest request, SkaldService service)
    {
        var start = await service.StartAsync<DataInitSaga, DataInit>(new DataInit([]), request.StartOptions, request.Http.RequestAborted);
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(request.Http.RequestAborted);
        limit.CancelAfter(DataInitMayTake);
        try
        {
            var saga = await service.WaitAsync(start.Id, limit.Token);
            return saga.Status == SagaStatus.Completed
                ? Results.Json(DataInitSaga.StateOf(saga), FrontendJson.Default.DataInit)
                : Results.Problem(statusCode: StatusCodes.Status503ServiceUnavailable, title: "Not every service has begun anew.", detail: saga.Failure?.Message);
        }
        catch (OperationCanceledException)
        {
            return Results.Problem(statusCode: StatusCodes.Status503ServiceUnavailable, title: "Not every service has begun anew yet.", detail: "It goes on.");
        }
    }
}

/// <summary>What whoever places an order is told.</summary>
/// <param name="Uuid">The order.</param>
/// <param name="Status">Where it stands.</param>
/// <param name="Link">Where it is to be seen.</param>
internal sealed record PlacedOrder(Guid Uuid, string Status, string Link);
