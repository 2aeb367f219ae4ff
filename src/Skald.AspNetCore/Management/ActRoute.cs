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
        OtherActs.CheckRight(call, name);
        var result = (ActResult)(await OtherActs.DoAsync(call, name, $"saga {call.Id} of {call.Service}", () => call.Management.ActAsync(call.Service, call.Id, act, call.Terms(), call.Token)))!; // It gives what it is given.
        call.Http.Response.Headers.ETag = FormattableString.Invariant($"\"{result.Version}\"");
        return result;
    }
}

/// <summary>The routes by which jobs are begun and moved.</summary>
internal static class JobRoutes
{
    public static async Task<object?> StartAsync(ManagementCall call)
    {
        var request = await call.BodyAsync<JobRequest>();
        if (call.IsDryRun)
        {
            return await call.Management.PreviewJobAsync(request, call.Token);
        }

        var act = request.Act?.Act ?? "";
        OtherActs.CheckRight(call, act);
        var job = (JobItem)(await OtherActs.DoAsync(call, act, $"sagas of {request.Service}", () => call.Management.StartJobAsync(request, call.Terms(), call.Token)))!; // It gives what it is given.
        return job.For(call.Caller);
    }

    public static async Task<object?> MoveAsync(ManagementCall call)
    {
        var (request, move) = (await call.BodyAsync<ActRequest>(), call.Route("move"));
        OtherActs.Demand(call, Rights.OfMove(move, await call.Management.FindJobAsync(call.Service, call.Id, call.Token)), $"{move}-job");
        var job = (JobItem)(await OtherActs.DoAsync(call, $"{move}-job", $"job {call.Id} of {call.Service}", () => call.Management.MoveJobAsync(call.Service, call.Id, move, request, call.Terms(), call.Token)))!; // As above.
        return job.For(call.Caller);
    }
}

/// <summary>What is common to all that people do.</summary>
internal static class OtherActs
{
    // What is done to other things than sagas says so in its name, since an application allows acts by it.
    public const string Replay = "replay";
    public const string RetryProjection = "retry-projection";
    public const string SkipEvent = "skip-event";
    public const string RebuildProjection = "rebuild-projection";

    /// <exception cref="ManagementException">The act needs a right that whoever asks does not have.</exception>
    public static void CheckRight(ManagementCall call, string act) => Demand(call, Rights.Of(act), act);

    /// <exception cref="ManagementException">Whoever asks does not have the right.</exception>
    public static void Demand(ManagementCall call, string right, string act)
    {
        if (!call.Caller.Has(right))
        {
            throw new ManagementException(new ManagementProblem(StatusCodes.Status403Forbidden, ProblemCodes.Forbidden, $"You need the right '{right}' for '{act}'."));
        }
    }

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
