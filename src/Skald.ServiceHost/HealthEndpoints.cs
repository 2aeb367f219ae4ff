using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Skald.ServiceHost;

/// <summary>Whether the process lives, and whether its services can do their work.</summary>
internal static class HealthEndpoints
{
    private static readonly TimeSpan DatabaseMayTake = TimeSpan.FromSeconds(1);

    public static void Map(IEndpointRouteBuilder routes, ProgramFacts facts)
    {
        routes.MapGet("/health/live", () => Results.Ok(new { status = "live" }));
        routes.MapGet("/health/ready", async (CancellationToken cancellationToken) =>
        {
            var asked = await Task.WhenAll(facts.Modules.Select(async module =>
                (Service: module.FullName, Problem: await ProblemAsync(facts.Services[module.FullName], cancellationToken))));
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
                projections[$"{module.FullName}/{projection.Name}"] = ProjectionHealth.Of(await projection.StatusAsync(cancellationToken));
            }
        }

        return projections.Count == 0
            ? Results.Ok(new { status = "ready" })
            : Results.Ok(new { status = projections.Values.All(p => p.Problem is null) ? "ready" : "degraded", projections });
    }

    /// <summary>Asks the engine, and the database itself: an engine that is idle would not know yet.</summary>
    private static async Task<string?> ProblemAsync(SkaldService service, CancellationToken cancellationToken)
    {
        if (service.Outage is { } known)
        {
            return known;
        }

        try
        {
            // Whoever does not answer may not take notice of being given up, either.
            await service.Operations.ProbeAsync(cancellationToken).WaitAsync(DatabaseMayTake, cancellationToken);
            return null;
        }
        catch (TimeoutException)
        {
            return "its database does not answer";
        }
        catch (Exception exception) when (exception is not OperationCanceledException)
        {
            return "its database cannot be read";
        }
    }

    /// <summary>One that is behind is no problem; one that cannot go on is.</summary>
    private sealed record ProjectionHealth(double LagSeconds, long LagEvents, string? Problem)
    {
        public static ProjectionHealth Of(ProjectionStatus status) => new(
            Math.Round(status.Lag.TotalSeconds, 3), status.LagEvents,
            status.State is ProjectionState.Stopped or ProjectionState.Unreachable ? $"projection '{status.Name}' stands still: {status.Problem}" : null);
    }
}
