using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Http.Timeouts;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Skald.Management;

namespace Skald;

/// <summary>Maps the management's API.</summary>
public static class SkaldManagementEndpoints
{
    private static readonly TimeSpan MayTake = TimeSpan.FromSeconds(30);

    /// <summary>
    /// Maps the management's API at <c>{prefix}/api</c>: JSON, described by <c>{prefix}/api/openapi.json</c>. Without a policy it answers only requests that come
    /// straight from this machine.
    /// </summary>
    /// <param name="routes">The application.</param>
    /// <param name="prefix">Below which it is.</param>
    /// <param name="options">Who is let in, and what is shown.</param>
    /// <exception cref="InvalidOperationException">It is mapped already, or nothing says who may use it in production.</exception>
    public static IEndpointConventionBuilder MapSkald(this IEndpointRouteBuilder routes, string prefix = "/skald", SkaldManagementOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(routes);
        ArgumentNullException.ThrowIfNull(prefix);
        var site = ManagementSite.Of(routes.ServiceProvider, options);
        if (site.IsMapped)
        {
            throw new InvalidOperationException("The management is mapped already. Call MapSkald once.");
        }

        site.IsMapped = true;
        var group = routes.MapGroup($"{prefix.TrimEnd('/')}/api");
        foreach (var route in ManagementRoutes.All)
        {
            site.Guard(group.MapMethods(route.Pattern, [route.Method], http => AnswerAsync(http, site, route)), route.Right);
        }

        site.Guard(group.MapGet("events", FeedOf(site).FollowAsync), Rights.View);
        var document = new Lazy<byte[]>(() => OpenApiDocument.Write(prefix.TrimEnd('/') + "/api"));
        site.Guard(group.MapGet("openapi.json", http => Results.Bytes(document.Value, "application/json").ExecuteAsync(http)), Rights.View);
        site.Guard(group.Map("{**rest}", http => ProblemAnswers.WriteAsync(http, new ManagementProblem(StatusCodes.Status404NotFound, ProblemCodes.NotFound, "There is no such route.") { Detail = "openapi.json lists those there are." })), Rights.View);
        return group;
    }

    private static LiveFeed FeedOf(ManagementSite site) => new(
        "change", site.Changes, site.Time, site.Services.GetService<IHostApplicationLifetime>()?.ApplicationStopping ?? CancellationToken.None, site.Options.Live,
        site.Services.GetService<ILoggerFactory>()?.CreateLogger("Skald.Management"));

    private static async Task AnswerAsync(HttpContext http, ManagementSite site, ManagementRoute route)
    {
        // It has its own.
        http.Features.Get<IHttpRequestTimeoutFeature>()?.DisableTimeout();
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(http.RequestAborted);
        limit.CancelAfter(MayTake);
        object? answer;
        try
        {
            if (HttpMethods.IsPost(route.Method) && !http.Request.HasJsonContentType())
            {
                throw new ManagementException(new ManagementProblem(StatusCodes.Status415UnsupportedMediaType, ProblemCodes.NotJson, "The request is not said to be JSON.") { Detail = "Send it with Content-Type: application/json." });
            }

            var call = new ManagementCall(http, site, limit.Token);
            if (HttpMethods.IsPost(route.Method) && call.IsDryRun && route.Forecast is null)
            {
                // Whoever only wants to look must never have done it.
                throw Refusals.BadRequest("'dryRun' is not known here. Nothing was done.", $"Only {string.Join(", ", ManagementRoutes.All.Where(one => one.Forecast is not null).Select(one => one.Pattern))} can say beforehand what it would do.");
            }

            answer = await route.Handle(call).WaitAsync(limit.Token);
        }
        catch (Exception exception) when (!http.RequestAborted.IsCancellationRequested)
        {
            await ProblemAnswers.WriteAsync(http, ProblemAnswers.Of(exception, http));
            return;
        }

        // Its own type: that of an act may be the preview's.
        var type = ManagementJson.Options.GetTypeInfo(route.Answer.IsInstanceOfType(answer) ? route.Answer : answer!.GetType());
        http.Response.ContentType = "application/json; charset=utf-8";
        await JsonSerializer.SerializeAsync(http.Response.Body, answer, type, http.RequestAborted);
    }
}
