using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Skald.ServiceHost;

/// <summary>Whether the process lives, and whether its services can do their work.</summary>
internal static class HealthEndpoints
{
    public static void Map(IEndpointRouteBuilder routes, ProgramFacts facts)
    {
        var probes = facts.Modules.Select(module => new Probe(facts.Services[module.FullName])).ToList();
        routes.MapGet("/health/live", () => Results.Ok(new HealthStatus("live")));
        routes.MapGet("/health/ready", async (CancellationToken cancellationToken) =>
        {
            // All at once: each may take as long as one that does not answer is waited for.
            var projections = ProjectionsAsync(facts, cancellationToken);
            var asked = await Task.WhenAll(probes.Select(async probe => (probe.Service, Problem: await probe.ProblemAsync(cancellationToken))));
            var problems = asked.Where(a => a.Problem is not null).ToDictionary(a => a.Service, a => a.Problem);
            return problems.Count == 0
                ? Ready(await projections)
                : TypedResults.Json(new HealthStatus("not ready") { Problems = problems }, HostJson.Default.HealthStatus, statusCode: StatusCodes.Status503ServiceUnavailable);
        });
    }

    public static void MapPaths(IEndpointRouteBuilder routes, ServiceModule module)
    {
        foreach (var (path, message) in module.HealthPaths)
        {
            routes.MapGet(path, () => Results.Ok(new HealthMessage(message)));
        }
    }

    private static async Task<SortedDictionary<string, ProjectionHealth>> ProjectionsAsync(ProgramFacts facts, CancellationToken cancellationToken)
    {
        var all = facts.Modules.SelectMany(module => facts.Services[module.FullName].Projections.Select(projection => (module.FullName, Projection: projection)));
        var asked = await Task.WhenAll(all.Select(async one => KeyValuePair.Create($"{one.FullName}/{one.Projection.Name}", await HealthAsync(one.Projection, cancellationToken))));
        return new SortedDictionary<string, ProjectionHealth>(asked.ToDictionary(), StringComparer.Ordinal);
    }

    /// <summary>A projection that stands still leaves the service able to take commands: it is told, and no caller is sent away.</summary>
    private static IResult Ready(SortedDictionary<string, ProjectionHealth> projections) => projections.Count == 0
        ? Results.Ok(new HealthStatus("ready"))
        : Results.Ok(new HealthStatus(projections.Values.All(p => p.Problem is null) ? "ready" : "degraded") { Projections = projections });

    private static async Task<ProjectionHealth> HealthAsync(ProjectionHandle projection, CancellationToken cancellationToken)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(Probe.MayTake);
        try
        {
            return ProjectionHealth.Of(await projection.StatusAsync(limit.Token).WaitAsync(limit.Token));
        }
        catch (Exception exception) when (!cancellationToken.IsCancellationRequested)
        {
            return new ProjectionHealth(0, 0, $"projection '{projection.Name}': its database {(exception is OperationCanceledException ? "does not answer" : "cannot be used")}");
        }
    }
}
