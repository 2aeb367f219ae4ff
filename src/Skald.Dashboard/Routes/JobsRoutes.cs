using System.Globalization;
using System.Security.Cryptography;
using Microsoft.AspNetCore.Http;
using Skald.Dashboard.Pages;
using Skald.Management;

namespace Skald.Dashboard.Routes;

/// <summary>Acts on many sagas, and what people did.</summary>
internal static class JobsRoutes
{
    public static void Map(PageMap pages)
    {
        pages.Get("audit", "audit", AuditAsync);
        pages.Get("jobs", "jobs", ListAsync);
        pages.Get("jobs/new", "jobs", NewAsync);
        pages.Post("jobs/new", "jobs", StartAsync, Rights.Operate);
        pages.Get("jobs/{service}/{id}", "jobs", ShowOneAsync);
        pages.Post("jobs/{service}/{id}/{move}", "jobs", MoveAsync, Rights.Operate);
    }

    private static async Task<IResult> AuditAsync(Desk desk, string? actor, string? act, string? kind, string? target, string? service, string? cursor, CancellationToken cancellationToken)
    {
        var query = new AuditListQuery
        {
            Actor = FlowRoutes.Given(actor), Act = FlowRoutes.Given(act), Kind = FlowRoutes.Given(kind), Target = FlowRoutes.Given(target), Service = FlowRoutes.Given(service), Cursor = FlowRoutes.Given(cursor),
        };
        var list = await desk.Management.AuditAsync(query, cancellationToken);
        return PageMap.Page<AuditPage>(new Dictionary<string, object?> { [nameof(AuditPage.List)] = list with { Items = [.. list.Items.Select(item => item.For(desk.Caller))] }, [nameof(AuditPage.Query)] = query });
    }

    private static async Task<IResult> ListAsync(Desk desk, string? status, string? cursor, CancellationToken cancellationToken)
    {
        var query = new JobListQuery { Status = FlowRoutes.Given(status), Cursor = FlowRoutes.Given(cursor) };
        return PageMap.Page<JobsPage>(new Dictionary<string, object?>
        {
            [nameof(JobsPage.List)] = await desk.Management.JobsAsync(query, cancellationToken), [nameof(JobsPage.Status)] = query.Status, [nameof(JobsPage.Cursor)] = query.Cursor,
        });
    }

    private static Task<IResult> NewAsync(Desk desk, string? service, string? q, string? act, CancellationToken cancellationToken) =>
        FormAsync(desk, new JobRequest { Service = FlowRoutes.Given(service), Q = WithoutServices(q), Act = new ActRequest { Act = act } }, "10", RandomNumberGenerator.GetHexString(32, lowercase: true), null, cancellationToken);

    // A job is one service's.
    private static string? WithoutServices(string? q)
    {
        try
        {
            return (SagaQueryText.Parse(q) with { Services = [] }).ToString();
        }
        catch (SagaQueryException)
        {
            return q; // The form says what is wrong with it.
        }
    }

    private static async Task<IResult> StartAsync(Desk desk, Said said, HttpContext http, CancellationToken cancellationToken)
    {
        var form = await http.Request.ReadFormAsync(cancellationToken);
        var act = FlowRoutes.Given(form["act"]) ?? "";
        var isRate = double.TryParse(form["rate"], NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var rate);
        var request = new JobRequest
        {
            Service = FlowRoutes.Given(form["service"]),
            Q = FlowRoutes.Given(form["q"]),
            Act = new ActRequest { Act = act, Step = act is "skip" ? FlowRoutes.Given(form["step"]) : null, Reason = FlowRoutes.Given(form["reason"]) },
            PerSecond = isRate ? rate : 10,
        };
        // Pressed twice, it is one job.
        var terms = new ActTerms { Key = FlowRoutes.Given(form["key"]) };
        try
        {
            if (!isRate)
            {
                throw new ManagementException(new ManagementProblem(400, ProblemCodes.BadRequest, "How many a second is a number, from 0.01 to 1,000."));
            }

            var job = await Deed.DoAsync(http, desk, Rights.Of(act), act, $"sagas of {request.Service}", t => desk.Management.StartJobAsync(request, t, cancellationToken), terms);
            return TypedResults.LocalRedirect($"{desk.Url($"jobs/{Desk.Part(job.Service)}/{Desk.Part(job.Id)}")}?did={said.Keep("It has begun.")}");
        }
        catch (ManagementException e) when (e.Problem.Status is 400 or 403 or 409)
        {
            return await FormAsync(desk, request, form["rate"].ToString(), terms.Key ?? "", e.Problem, cancellationToken);
        }
    }

    private static async Task<IResult> FormAsync(Desk desk, JobRequest request, string rate, string key, ManagementProblem? problem, CancellationToken cancellationToken)
    {
        JobForecast? forecast = null;
        try
        {
            forecast = request.Service is null ? null : await desk.Management.PreviewJobAsync(request, cancellationToken);
        }
        catch (ManagementException e)
        {
            problem ??= e.Problem;
        }

        return PageMap.Page<NewJobPage>(
            new Dictionary<string, object?>
            {
                [nameof(NewJobPage.Service)] = request.Service ?? "",
                [nameof(NewJobPage.Q)] = request.Q ?? "",
                [nameof(NewJobPage.Act)] = request.Act?.Act,
                [nameof(NewJobPage.Step)] = request.Act?.Step,
                [nameof(NewJobPage.Reason)] = request.Act?.Reason,
                [nameof(NewJobPage.Rate)] = rate,
                [nameof(NewJobPage.Key)] = key,
                [nameof(NewJobPage.First)] = forecast?.First ?? [],
                [nameof(NewJobPage.Count)] = forecast?.Total,
                [nameof(NewJobPage.Problem)] = problem,
            },
            problem?.Status ?? 200);
    }

    private static Task<IResult> ShowOneAsync(Desk desk, Said said, string service, string id, long? after, string? did, CancellationToken cancellationToken) =>
        ShowAsync(desk, service, id, Math.Max(0, after ?? 0), said.Find(did), null, cancellationToken);

    private static async Task<IResult> MoveAsync(Desk desk, Said said, HttpContext http, string service, string id, string move, CancellationToken cancellationToken)
    {
        try
        {
            var right = Rights.OfMove(move, await desk.Management.FindJobAsync(service, id, cancellationToken));
            var job = await Deed.DoAsync(http, desk, right, $"{move}-job", $"job {id} of {service}", terms => desk.Management.MoveJobAsync(service, id, move, new ActRequest(), terms, cancellationToken));
            return TypedResults.LocalRedirect($"{desk.Url($"jobs/{Desk.Part(service)}/{Desk.Part(id)}")}?did={said.Keep($"It is {job.Status}.")}");
        }
        catch (ManagementException e) when (e.Problem.Status is 400 or 409)
        {
            return await ShowAsync(desk, service, id, 0, null, e.Problem, cancellationToken);
        }
    }

    private static async Task<IResult> ShowAsync(Desk desk, string service, string id, long after, string? did, ManagementProblem? problem, CancellationToken cancellationToken)
    {
        var job = await desk.Management.FindJobAsync(service, id, cancellationToken) ?? throw new ManagementException(new ManagementProblem(404, ProblemCodes.NotFound, "There is no such job."));
        var lines = await desk.Management.JobLinesAsync(service, id, after, 100, cancellationToken);
        return PageMap.Page<OneJobPage>(
            new Dictionary<string, object?>
            {
                [nameof(OneJobPage.Job)] = job.For(desk.Caller), [nameof(OneJobPage.Results)] = lines, [nameof(OneJobPage.After)] = after, [nameof(OneJobPage.Did)] = did, [nameof(OneJobPage.Problem)] = problem,
            },
            problem?.Status ?? 200);
    }
}
