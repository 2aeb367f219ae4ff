using System.Globalization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Skald.ServiceHost;

/// <summary>Whether the process lives, and whether its services can do their work.</summary>
internal static class HealthEndpoints
{
    public static void Map(IEndpointRouteBuilder routes, ProgramFacts facts)
    {
        routes.MapGet("/health/live", () => Results.Ok(new { status = "live" }));
        routes.MapGet("/health/ready", async (CancellationToken cancellationToken) =>
        {
            var problems = new Dictionary<string, string>();
            foreach (var service in facts.Services.All)
            {
                if (await ProblemAsync(service, cancellationToken) is { } problem)
                {
                    problems[service.Name] = problem;
                }
            }

            return problems.Count == 0
                ? Results.Ok(new { status = "ready" })
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

    /// <summary>Asks the engine, and the database itself: an engine that is idle would not know that its file is gone.</summary>
    private static async Task<string?> ProblemAsync(SkaldService service, CancellationToken cancellationToken)
    {
        if (service.Problem is { } known)
        {
            return known;
        }

        try
        {
            await using var connection = await service.OpenAsync(cancellationToken);
            await using var command = connection.CreateCommand();
            command.CommandText = "SELECT 1";
            return Convert.ToInt64(await command.ExecuteScalarAsync(cancellationToken), CultureInfo.InvariantCulture) == 1 ? null : "the database gave a wrong answer";
        }
        catch (Exception exception) when (exception is not OperationCanceledException)
        {
            return $"the database cannot be read: {exception.Message}";
        }
    }
}
