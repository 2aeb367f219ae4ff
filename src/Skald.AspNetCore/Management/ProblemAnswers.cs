using System.Diagnostics;
using System.Globalization;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Skald.Management;

/// <summary>Problems as they are answered. What nobody foresaw says no more than that, with the trace by which the log is found.</summary>
internal static class ProblemAnswers
{
    public static Task WriteAsync(HttpContext http, ManagementProblem problem)
    {
        http.Response.StatusCode = problem.Status;
        if (problem.Status == StatusCodes.Status503ServiceUnavailable)
        {
            http.Response.Headers.RetryAfter = "1";
        }

        return http.Response.WriteAsJsonAsync(problem with { TraceId = TraceOf(http) }, ManagementJson.Of<ManagementProblem>(), "application/problem+json", http.RequestAborted);
    }

    /// <summary>What an exception is answered with.</summary>
    public static ManagementProblem Of(Exception exception, HttpContext http)
    {
        switch (exception)
        {
            case ManagementException known:
                return known.Problem;
            case BadHttpRequestException bad:
                return new ManagementProblem(bad.StatusCode, ProblemCodes.BadRequest, bad.Message);
            case TimeoutException or OperationCanceledException:
                return new ManagementProblem(StatusCodes.Status504GatewayTimeout, ProblemCodes.TooLate, "It was not done in time.") { Detail = "Whether it was done is not known: look at it again." };
            default:
                http.RequestServices.GetService<ILoggerFactory>()?.CreateLogger("Skald.Management").ManagementFailed(http.Request.Method, RouteOf(http), exception);
                return new ManagementProblem(StatusCodes.Status500InternalServerError, ProblemCodes.Failed, "It failed, and that is nobody's fault but the program's.") { Detail = "Its log has the reason, under the trace." };
        }
    }

    /// <summary>Not the address: that is what strangers write.</summary>
    private static string RouteOf(HttpContext http) => (http.GetEndpoint() as Microsoft.AspNetCore.Routing.RouteEndpoint)?.RoutePattern.RawText ?? "a request";

    private static string TraceOf(HttpContext http) => Activity.Current?.TraceId.ToString() ?? string.Create(CultureInfo.InvariantCulture, $"{http.TraceIdentifier}");
}
