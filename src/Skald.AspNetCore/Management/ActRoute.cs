using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Skald.Management;

/// <summary>The route of acts on sagas.</summary>
internal static class ActRoute
{
    public static async Task<object?> HandleAsync(ManagementCall call)
    {
        var act = await call.BodyAsync<ActRequest>();
        if (call.IsDryRun)
        {
            return (await call.Management.PreviewAsync(call.Service, call.Id, act, call.Token)).For(call.Caller);
        }

        var name = act.Act ?? "";
        var right = Rights.Of(name);
        if (!call.Caller.Has(right))
        {
            throw new ManagementException(new ManagementProblem(StatusCodes.Status403Forbidden, ProblemCodes.Forbidden, $"You need the right '{right}' for '{name}'."));
        }

        var result = (ActResult)(await OtherActs.DoAsync(call, name, $"saga {call.Id} of {call.Service}", () => call.Management.ActAsync(call.Service, call.Id, act, call.Terms(), call.Token)))!; // It gives what it is given.
        call.Http.Response.Headers.ETag = FormattableString.Invariant($"\"{result.Version}\"");
        return result;
    }
}

/// <summary>What is common to all that people do.</summary>
internal static class OtherActs
{
    public static async Task<object?> DoAsync<T>(ManagementCall call, string act, string target, Func<Task<T>> done)
    {
        if (call.Options.CanAct is { } can && !await can(call.Http, act))
        {
            throw new ManagementException(new ManagementProblem(StatusCodes.Status403Forbidden, ProblemCodes.Forbidden, $"The application does not let you do '{act}'."));
        }

        var logger = call.Http.RequestServices.GetService<ILoggerFactory>()?.CreateLogger("Skald.Management");
        try
        {
            var result = await done();
            logger?.ActDone(call.Caller.Name ?? "somebody", act, target, "done");
            return result;
        }
        catch (ManagementException exception)
        {
            logger?.ActDone(call.Caller.Name ?? "somebody", act, target, exception.Problem.Code);
            throw;
        }
    }
}
