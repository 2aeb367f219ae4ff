using Microsoft.AspNetCore.Http;
using Skald.Dashboard.Pages;
using Skald.Management;

namespace Skald.Dashboard.Routes;

/// <summary>Flows.</summary>
internal static class FlowRoutes
{
    public static void Map(PageMap pages)
    {
        pages.Get("flows", "flows", ListAsync);
        pages.Get("flows/{service}/{id}", "flows", ShowAsync);
    }

    private static async Task<IResult> ListAsync(Desk desk, string? status, string? flow, string? service, string? cursor, CancellationToken cancellationToken)
    {
        desk.Follows = "live?every=2";
        var query = new FlowListQuery { Status = Given(status), Flow = Given(flow), Service = Given(service), Cursor = Given(cursor) };
        return PageMap.Page<FlowsPage>(new Dictionary<string, object?> { [nameof(FlowsPage.List)] = await desk.Management.FlowsAsync(query, cancellationToken), [nameof(FlowsPage.Query)] = query });
    }

    private static async Task<IResult> ShowAsync(Desk desk, string service, string id, CancellationToken cancellationToken)
    {
        // A slash in an id stays encoded in the path.
        var flow = await desk.Management.FindFlowAsync(service, id.Replace("%2F", "/", StringComparison.OrdinalIgnoreCase), cancellationToken)
            ?? throw new ManagementException(new ManagementProblem(404, ProblemCodes.NotFound, "There is no such flow."));
        desk.Follows = $"live?service={Desk.Part(service)}&id={Desk.Part(flow.Flow.Id)}";
        return PageMap.Page<FlowDetailPage>(new Dictionary<string, object?> { [nameof(FlowDetailPage.Detail)] = flow });
    }

    /// <summary>What is empty is not asked for.</summary>
    public static string? Given(string? text) => string.IsNullOrWhiteSpace(text) ? null : text.Trim();
}
