using Microsoft.AspNetCore.Http;
using Skald.Dashboard.Pages;
using Skald.Management;

namespace Skald.Dashboard.Routes;

/// <summary>Streams of events, and what is made from them.</summary>
internal static class EventRoutes
{
    public static void Map(PageMap pages)
    {
        pages.Get("streams", "streams", StreamAsync);
        pages.Get("projections", "projections", ListAsync);
        pages.Get("projections/{service}/{name}", "projections", ShowOneAsync);
        pages.Post("projections/{service}/{name}/retry", "projections", RetryAsync, Rights.Operate);
        pages.Post("projections/{service}/{name}/skip", "projections", SkipAsync, Rights.Administer);
        pages.Post("projections/{service}/{name}/rebuild", "projections", RebuildAsync, Rights.Operate);
    }

    private static async Task<IResult> StreamAsync(Desk desk, string? service, string? aggregate, string? id, long? after, CancellationToken cancellationToken)
    {
        (service, aggregate, id) = (FlowRoutes.Given(service), FlowRoutes.Given(aggregate), FlowRoutes.Given(id));
        var history = service is null || aggregate is null || id is null ? null
            : await OrNothing(desk.Management.StreamAsync(service, aggregate, id, Math.Max(0, after ?? 0), ManagementLimits.LargestPage, cancellationToken));
        var services = await OverviewRoutes.Part(desk.Management.ServicesAsync(cancellationToken));
        return PageMap.Page<StreamsPage>(new Dictionary<string, object?>
        {
            [nameof(StreamsPage.Service)] = service,
            [nameof(StreamsPage.Aggregate)] = aggregate,
            [nameof(StreamsPage.Id)] = id,
            [nameof(StreamsPage.After)] = Math.Max(0, after ?? 0),
            [nameof(StreamsPage.History)] = history?.For(desk.Caller),
            [nameof(StreamsPage.Services)] = services.Value?.Items.Select(s => s.Service).ToList() ?? [],
        });
    }

    private static async Task<StreamHistory?> OrNothing(Task<StreamHistory?> question)
    {
        try
        {
            return await question;
        }
        catch (ManagementException e) when (e.Problem.Status == 404)
        {
            return null;
        }
    }

    private static async Task<IResult> ListAsync(Desk desk, CancellationToken cancellationToken) =>
        PageMap.Page<ProjectionsPage>(new Dictionary<string, object?> { [nameof(ProjectionsPage.List)] = await desk.Management.ProjectionsAsync(cancellationToken) });

    private static Task<IResult> ShowOneAsync(Desk desk, Said said, string service, string name, string? did, CancellationToken cancellationToken) =>
        ShowAsync(desk.Management, service, name, said.Find(did), null, cancellationToken);

    private static Task<IResult> RetryAsync(Desk desk, Said said, HttpContext http, string service, string name, CancellationToken cancellationToken) =>
        ActAsync(http, desk, said, service, name, Rights.Operate, OtherActs.RetryProjection, "It is tried again.", terms => desk.Management.RetryProjectionAsync(service, name, terms, cancellationToken));

    private static async Task<IResult> SkipAsync(Desk desk, Said said, HttpContext http, string service, string name, CancellationToken cancellationToken)
    {
        var form = await http.Request.ReadFormAsync(cancellationToken);
        var skip = new ProjectionSkip { Position = FlowRoutes.Given(form["position"]), Reason = FlowRoutes.Given(form["reason"]) };
        return await ActAsync(
            http, desk, said, service, name, Rights.Administer, OtherActs.SkipEvent, $"The event at {skip.Position} is left out.", terms => desk.Management.SkipEventAsync(service, name, skip, terms, cancellationToken));
    }

    private static Task<IResult> RebuildAsync(Desk desk, Said said, HttpContext http, string service, string name, CancellationToken cancellationToken) =>
        ActAsync(http, desk, said, service, name, Rights.Operate, OtherActs.RebuildProjection, "It is being built anew.", terms => desk.Management.RebuildProjectionAsync(service, name, terms, cancellationToken));

    private static async Task<IResult> ActAsync(HttpContext http, Desk desk, Said said, string service, string name, string right, string act, string says, Func<ActTerms, Task<ProjectionItem>> done)
    {
        try
        {
            await Deed.DoAsync(http, desk, right, act, $"projection {name} of {service}", done);
            return TypedResults.LocalRedirect($"{desk.Url($"projections/{Desk.Part(service)}/{Desk.Part(name)}")}?did={said.Keep(says)}");
        }
        catch (ManagementException e) when (e.Problem.Status is 400 or 409)
        {
            return await ShowAsync(desk.Management, service, name, null, e.Problem, http.RequestAborted);
        }
    }

    private static async Task<IResult> ShowAsync(IManagement management, string service, string name, string? did, ManagementProblem? problem, CancellationToken cancellationToken)
    {
        var item = (await management.ProjectionsAsync(cancellationToken)).Items.FirstOrDefault(p => p.Service == service && p.Name == name)
            ?? throw new ManagementException(new ManagementProblem(404, ProblemCodes.NotFound, $"No projection '{name}' of '{service}' answers."));
        return PageMap.Page<ProjectionPage>(
            new Dictionary<string, object?> { [nameof(ProjectionPage.Item)] = item, [nameof(ProjectionPage.Did)] = did, [nameof(ProjectionPage.Problem)] = problem }, problem?.Status ?? 200);
    }
}
