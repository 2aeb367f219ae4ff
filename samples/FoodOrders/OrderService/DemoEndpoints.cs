using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Skald;

namespace FoodOrders.Orders;

/// <summary>The original's pages: home, ping, and one that starts a saga for each way it can end.</summary>
internal static class DemoEndpoints
{
    private static readonly string[] GetAndPost = [HttpMethods.Get, HttpMethods.Post];

    public static void MapDemo(this IEndpointRouteBuilder routes, SkaldService service)
    {
        var demo = routes.ServiceProvider.GetRequiredService<DemoOrders>();
        routes.MapGet("/", HomePage.Answer);
        routes.MapGet("/ping", () => "ping response");
        foreach (var page in DemoOrders.Pages)
        {
            routes.MapMethods("/" + page.Path, GetAndPost, (HttpRequest request) => RunAsync(request, service, page.Make(demo))).ChangesSomething();
        }
    }

    private static async Task<IResult> RunAsync(HttpRequest request, SkaldService service, CreateOrderState order)
    {
        var start = await service.StartAsync<CreateOrderSaga, CreateOrderState>(order, cancellationToken: request.HttpContext.RequestAborted);
        var id = start.State.OrderId;
        var wantsJson = request.GetTypedHeaders().Accept.Any(a => a.MediaType.Value is "application/json");
        return wantsJson
            ? Results.Ok(OrderView.Of(start))
            : Results.Text($"Scheduled saga #{id}. See its progress in order_service worker, or under orders/{id}\n");
    }
}
