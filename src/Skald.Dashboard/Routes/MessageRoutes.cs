using Microsoft.AspNetCore.Http;
using Skald.Dashboard.Pages;
using Skald.Management;

namespace Skald.Dashboard.Routes;

/// <summary>Timers, messages that wait, and dead letters.</summary>
internal static class MessageRoutes
{
    public static void Map(PageMap pages)
    {
        pages.Get("timers", "timers", TimersAsync);
        pages.Get("dead-letters", "dead-letters", LettersAsync);
        pages.Get("dead-letters/{service}/{number:long}", "dead-letters", ShowLetterAsync);
        pages.Post("dead-letters/{service}/{number:long}/replay", "dead-letters", ReplayAsync, Rights.Operate);
    }

    private static async Task<IResult> TimersAsync(Desk desk, string? service, string? cursor, CancellationToken cancellationToken)
    {
        desk.Follows = "live?every=5";
        var timers = desk.Management.TimersAsync(new ListQuery { Service = FlowRoutes.Given(service), Cursor = FlowRoutes.Given(cursor) }, cancellationToken);
        var delayed = await desk.Management.DelayedAsync(new ListQuery { Service = FlowRoutes.Given(service) }, cancellationToken);
        return PageMap.Page<TimersPage>(new Dictionary<string, object?>
        {
            [nameof(TimersPage.List)] = await timers, [nameof(TimersPage.Delayed)] = delayed, [nameof(TimersPage.Cursor)] = FlowRoutes.Given(cursor),
        });
    }

    private static async Task<IResult> LettersAsync(Desk desk, Said said, string? service, string? cursor, string? did, CancellationToken cancellationToken)
    {
        desk.Follows = "live?every=5";
        var query = new ListQuery { Service = FlowRoutes.Given(service), Cursor = FlowRoutes.Given(cursor) };
        var groups = query.Service is null && query.Cursor is null ? await OverviewRoutes.Part(desk.Management.DeadLetterGroupsAsync(cancellationToken)) : default;
        return PageMap.Page<LettersPage>(new Dictionary<string, object?>
        {
            [nameof(LettersPage.Groups)] = groups.Value?.Items ?? [],
            [nameof(LettersPage.List)] = await desk.Management.DeadLettersAsync(query, cancellationToken),
            [nameof(LettersPage.Service)] = query.Service,
            [nameof(LettersPage.Cursor)] = query.Cursor,
            [nameof(LettersPage.Did)] = said.Find(did),
        });
    }

    private static Task<IResult> ShowLetterAsync(Desk desk, string service, long number, CancellationToken cancellationToken) =>
        LetterAsync(desk.Management, desk, service, number, null, cancellationToken);

    private static async Task<IResult> ReplayAsync(Desk desk, Said said, HttpContext http, string service, long number, CancellationToken cancellationToken)
    {
        var form = await http.Request.ReadFormAsync(cancellationToken);
        try
        {
            var request = new DeadLetterRequest { Reason = FlowRoutes.Given(form["reason"]) };
            var result = await Deed.DoAsync(
                http, desk, Rights.Operate, OtherActs.Replay, $"dead letter {number} of {service}", terms => desk.Management.ReplayAsync(service, number, request, terms, cancellationToken));
            return TypedResults.LocalRedirect($"{desk.Url("dead-letters")}?did={said.Keep($"Dead letter {number} of {service}: {result.Says}")}");
        }
        catch (ManagementException e) when (e.Problem.Status is 400 or 409)
        {
            return await LetterAsync(desk.Management, desk, service, number, e.Problem, cancellationToken);
        }
    }

    private static async Task<IResult> LetterAsync(IManagement management, Desk desk, string service, long number, ManagementProblem? problem, CancellationToken cancellationToken)
    {
        var letter = await management.FindDeadLetterAsync(service, number, cancellationToken)
            ?? throw new ManagementException(new ManagementProblem(404, ProblemCodes.NotFound, "There is no such dead letter.") { Detail = "It was replayed or discarded, or never was." });
        return PageMap.Page<LetterPage>(new Dictionary<string, object?> { [nameof(LetterPage.Detail)] = letter.For(desk.Caller), [nameof(LetterPage.Problem)] = problem }, problem?.Status ?? 200);
    }
}
