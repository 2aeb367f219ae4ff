using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace Skald.ServiceHost;

/// <summary>The flows of one system, as far as its services run in this process: JSON for programs, a page for browsers.</summary>
internal static class FlowEndpoints
{
    private const int MostListed = 1000;

    /// <param name="routes">The process's routes.</param>
    /// <param name="prefix">The system's path; empty for a service that runs alone.</param>
    /// <param name="services">The system's services in this process.</param>
    public static void Map(IEndpointRouteBuilder routes, string prefix, IReadOnlyList<SkaldService> services)
    {
        IReadOnlyList<SkaldService> partakers = [.. services.Where(s => s.Flows.Count > 0)];
        if (partakers.Count == 0)
        {
            return;
        }

        var path = prefix + "/flows";
        routes.MapGet(path, (HttpContext http, string? status, int? limit) => ListAsync(http, partakers, path, status, limit ?? 100));
        // An id may hold slashes.
        routes.MapGet(path + "/{**id}", (HttpContext http, string id) => FindAsync(http, partakers, path, id));
    }

    private static async Task<IResult> ListAsync(HttpContext http, IReadOnlyList<SkaldService> services, string path, string? word, int limit)
    {
        var status = word is null ? null : FlowViews.StatusOf(word);
        if (word is not null && status is null)
        {
            return Problem($"'{word}' is not a flow's status. Use stuck, running, undone or completed.", StatusCodes.Status400BadRequest);
        }

        if (limit is < 1 or > MostListed)
        {
            return Problem($"limit takes 1 to {MostListed}, not {limit}.", StatusCodes.Status400BadRequest);
        }

        var flows = await FlowViews.ListAsync(services, status, limit, http.RequestAborted);
        return WantsHtml(http) ? FlowPage.List(http, http.Request.PathBase + path, flows, limit) : TypedResults.Ok(flows);
    }

    private static async Task<IResult> FindAsync(HttpContext http, IReadOnlyList<SkaldService> services, string path, string id) =>
        await FlowViews.FindAsync(services, id, http.RequestAborted) is not { } flow ? Problem($"No flow has id '{id}'.", StatusCodes.Status404NotFound)
        : WantsHtml(http) ? FlowPage.One(http, http.Request.PathBase + path, flow)
        : TypedResults.Ok(flow);

    private static bool WantsHtml(HttpContext http) => http.Request.Headers.Accept.ToString().Contains("text/html", StringComparison.OrdinalIgnoreCase);

    private static ProblemHttpResult Problem(string detail, int status) => TypedResults.Problem(detail, statusCode: status);
}
