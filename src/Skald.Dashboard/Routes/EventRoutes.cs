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
        pages.Post("projections/{service}/{name}/rebuild", "projections", RebuildAsync, Rights.Administer);
    }

    private static async Task<IResult> StreamAsync(IManagement management, Desk desk, string? service, string? aggregate, string? id, long? after, CancellationToken cancellationToken)
    {
        (service, aggregate, id) = (FlowRoutes.Given(service), FlowRoutes.Given(aggregate), FlowRoutes.Given(id));
        var history = service is null || aggregate is null || id is null ? null
            : await OrNothing(management.StreamAsync(service, aggregate, id, Math.Max(0, after ?? 0), ManagementLimits.LargestPage, cancellationToken));
        var services = await OverviewRoutes.Part(management.ServicesAsync(cancellationToken));
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

    private static async Task<IResult> ListAsync(IManagement management, CancellationToken cancellationToken) =>
        PageMap.Page<ProjectionsPage>(new Dictionary<string, object?> { [nameof(ProjectionsPage.List)] = await management.ProjectionsAsync(cancellationToken) });

    private static Task<IResult> ShowOneAsync(IManagement management, Said said, string service, string name, string? did, CancellationToken cancellationToken) =>
        ShowAsync(management, service, name, said.Find(did), null, cancellationToken);

    private static Task<IResult> RetryAsync(IManagement management, Desk desk, Said said, string service, string name, CancellationToken cancellationToken) =>
        ActAsync(management, desk, said, service, name, Rights.Operate, "It is tried again.", terms => management.RetryProjectionAsync(service, name, terms, cancellationToken), cancellationToken);

    private static async Task<IResult> SkipAsync(IManagement management, Desk desk, Said said, HttpContext http, string service, string name, CancellationToken cancellationToken)
    {
        var form = await http.Request.ReadFormAsync(cancellationToken);
        var skip = new ProjectionSkip { Position = FlowRoutes.Given(form["position"]), Reason = FlowRoutes.Given(form["reason"]) };
        return await ActAsync(
            management, desk, said, service, name, Rights.Administer, $"The event at {skip.Position} is left out.", terms => management.SkipEventAsync(service, name, skip, terms, cancellationToken), cancellationToken);
    }

    private static Task<IResult> RebuildAsync(IManagement management, Desk desk, Said said, string service, string name, CancellationToken cancellationToken) =>
        ActAsync(management, desk, said, service, name, Rights.Administer, "It is being built anew.", terms => management.RebuildProjectionAsync(service, name, terms, cancellationToken), cancellationToken);

    private static async Task<IResult> ActAsync(
        IManagement management, Desk desk, Said said, string service, string name, string right, string says, Func<ActTerms, Task<ProjectionItem>> act, CancellationToken cancellationToken)
    {
        if (!desk.Caller.Has(right))
        {
            throw new ManagementException(new ManagementProblem(403, ProblemCodes.Forbidden, $"You need the right '{right}' for it. Nothing was done."));
        }

        try
        {
            await act(new ActTerms { Actor = desk.Caller.Name });
            return TypedResults.LocalRedirect($"{desk.Url($"projections/{Desk.Part(service)}/{Desk.Part(name)}")}?did={said.Keep(says)}");
        }
        catch (ManagementException e) when (e.Problem.Status is 400 or 409)
        {
            return await ShowAsync(management, service, name, null, e.Problem, cancellationToken);
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
