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
        routes.MapGet("/health/live", () => Results.Ok(new { status = "live" }));
        routes.MapGet("/health/ready", async (CancellationToken cancellationToken) =>
        {
            var asked = await Task.WhenAll(probes.Select(async probe => (probe.Service, Problem: await probe.ProblemAsync(cancellationToken))));
            var problems = asked.Where(a => a.Problem is not null).ToDictionary(a => a.Service, a => a.Problem);
            return problems.Count == 0
                ? await ReadyAsync(facts, cancellationToken)
                : Results.Json(new { status = "not ready", problems }, statusCode: StatusCodes.Status503ServiceUnavailable);
        });
    }

    public static void MapPaths(IEndpointRouteBuilder routes, ServiceModule module)
    {
        foreach (var (path, message) in module.HealthPaths)
        {
            routes.MapGet(path, () => Results.Ok(new { message }));
        }
    }

    /// <summary>A projection that stands still leaves the service able to take commands: it is told, and no caller is sent away.</summary>
    private static async Task<IResult> ReadyAsync(ProgramFacts facts, CancellationToken cancellationToken)
    {
        var projections = new SortedDictionary<string, ProjectionHealth>(StringComparer.Ordinal);
        foreach (var module in facts.Modules)
        {
            foreach (var projection in facts.Services[module.FullName].Projections)
            {
                projections[$"{module.FullName}/{projection.Name}"] = await HealthAsync(projection, cancellationToken);
            }
        }

        return projections.Count == 0
            ? Results.Ok(new { status = "ready" })
            : Results.Ok(new { status = projections.Values.All(p => p.Problem is null) ? "ready" : "degraded", projections });
    }

    private static async Task<ProjectionHealth> HealthAsync(ProjectionHandle projection, CancellationToken cancellationToken)
    {
        try
        {
            return ProjectionHealth.Of(await projection.StatusAsync(cancellationToken).WaitAsync(Probe.MayTake, cancellationToken));
        }
        catch (TimeoutException)
        {
            return new ProjectionHealth(0, 0, $"projection '{projection.Name}': its database does not answer");
        }
    }

    /// <summary>One that is behind is no problem; one that cannot go on is. Why is in the log.</summary>
    private sealed record ProjectionHealth(double LagSeconds, long LagEvents, string? Problem)
    {
        public static ProjectionHealth Of(ProjectionStatus status) => new(
            Math.Round(status.Lag.TotalSeconds, 3), status.LagEvents,
            status.State switch
            {
                ProjectionState.Stopped => $"projection '{status.Name}' stands still at event {status.StopsAt}",
                ProjectionState.Unreachable => $"projection '{status.Name}' stands still: its database cannot be used",
                _ => null,
            });
    }
}
