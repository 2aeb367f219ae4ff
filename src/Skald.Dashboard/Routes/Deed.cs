using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Skald.Management;

namespace Skald.Dashboard.Routes;

/// <summary>What is common to all that people do on pages: the page hides what somebody may not do, and what is sent all the same is refused here.</summary>
internal static class Deed
{
    /// <exception cref="ManagementException">They may not, or it was not done.</exception>
    public static async Task<T> DoAsync<T>(HttpContext http, Desk desk, string right, string act, string target, Func<ActTerms, Task<T>> done, ActTerms? terms = null)
    {
        if (!desk.Caller.Has(right))
        {
            throw Forbidden($"You need the right '{right}' for it. Nothing was done.");
        }

        if (desk.CanAct is { } can && !await can(http, act))
        {
            throw Forbidden($"The application does not let you do '{act}'. Nothing was done.");
        }

        var logger = http.RequestServices.GetService<ILoggerFactory>()?.CreateLogger("Skald.Management");
        try
        {
            var result = await done((terms ?? new ActTerms()) with { Actor = desk.Caller.Name });
            logger?.ActDone(desk.Caller.Name ?? "somebody", act, target, "done");
            return result;
        }
        catch (ManagementException e)
        {
            logger?.ActDone(desk.Caller.Name ?? "somebody", act, target, e.Problem.Code);
            throw;
        }
    }

    private static ManagementException Forbidden(string title) => new(new ManagementProblem(StatusCodes.Status403Forbidden, ProblemCodes.Forbidden, title));
}
