using System.Text.Json;
using Skald.Management;

namespace Skald.Cli.Tests;

public sealed class Looking_at_what_is_recorded : IAsyncLifetime
{
    private readonly Cli _cli = new();
    private FakeApi _api = null!;

    public async ValueTask InitializeAsync()
    {
        _api = await FakeApi.StartAsync();
        _cli.Variables["SKALD_SERVER"] = _api.Url;
    }

    [Fact]
    public async Task Tells_who_did_what_and_why()
    {
        _api.On("GET audit", new Page<AuditItem>([new("shop.order", 7, Some.Now, "ann", "skip", "saga", "0191", "paid by hand", null, null, "done")]));

        var said = await _cli.RunAsync("audit", "list", "--actor", "ann", "--kind", "saga");

        Assert.Equal(
            """
            AT                    BY   ACT   TO         SERVICE     OUTCOME  REASON
            2026-11-30 12:00:00Z  ann  skip  saga 0191  shop.order  done     paid by hand

            """, said.Out);
        Assert.Equal("/skald/api/audit?actor=ann&kind=saga&limit=50", _api.Requests.Single().Target);
        Assert.Equal("shop.order/7\n", (await _cli.RunAsync("audit", "list", "-o", "ids")).Out);
    }

    [Fact]
    public async Task Tells_which_processes_live()
    {
        _api.On("GET processes", new Page<ProcessItem>([new("shop.order", 3, "host:42", true, Some.Now.AddHours(-1), null, null), new("shop.stock", 1, null, false, null, Some.Now.AddSeconds(-9), ["x@1"])]));

        var said = await _cli.RunAsync("processes", "list");

        Assert.Equal(
            """
            PROCESS       LIVES  NAME     SINCE        GONE     KNOWS
            shop.order/3  yes    host:42  1 h 0 m ago           all definitions
            shop.stock/1  no                           9 s ago  x@1

            """, said.Out);
        Assert.Single((await _cli.RunAsync("processes", "list", "--service", "shop.stock", "-o", "ids")).Lines);
    }

    [Fact]
    public async Task Tells_how_far_jobs_are()
    {
        _api.On("GET jobs", new Page<JobItem>([new()
        {
            Service = "shop.order", Id = "j1", Q = "status:parked", Act = new ActRequest { Act = "retry" }, Status = "running", PerSecond = 10, Total = new CappedCount(1200, false),
            Done = 40, Refused = 2, Failed = 0, Actor = "ann", StartedAt = Some.Now, Why = "It goes on.",
        }]));

        var said = await _cli.RunAsync("jobs", "list", "--status", "running");

        Assert.Equal("JOB            STATUS   ACT           DONE  REFUSED  FAILED  BY   SAGAS          WHY", said.Lines[0]);
        Assert.Equal("shop.order/j1  running  retry  40 of 1,200        2       0  ann  status:parked  It goes on.", said.Lines[1]);
        Assert.Equal(2, (await _cli.RunAsync("jobs", "list", "--status", "lost")).Code);
    }

    [Fact]
    public async Task Begins_a_job_after_saying_whom_it_acts_on()
    {
        var job = new JobItem { Service = "shop.order", Id = "j1", Q = "status:parked", Act = new ActRequest { Act = "retry" }, Status = "running", PerSecond = 25, Total = new CappedCount(1, false), Done = 0, Refused = 0, Failed = 0, StartedAt = Some.Now, Why = "It goes on." };
        _api.OnHttp("POST jobs", http =>
        {
            http.Response.ContentType = "application/json";
            return http.Request.Query.ContainsKey("dryRun")
                ? JsonSerializer.SerializeAsync(http.Response.Body, new JobForecast(new CappedCount(1, false), [Some.Saga("s1", "parked")]), ManagementJson.Of<JobForecast>())
                : JsonSerializer.SerializeAsync(http.Response.Body, job, ManagementJson.Of<JobItem>());
        });
        string[] start = ["jobs", "start", "retry", "--service", "shop.order", "--where", "status:parked", "--rate", "25", "--reason", "it is back"];

        Assert.Equal(2, (await _cli.RunAsync(start)).Code); // Nobody can be asked.
        Assert.Empty(_api.Requests);
        var looked = await _cli.RunAsync([.. start, "--dry-run"]);
        Assert.Contains("retry to 1 saga of shop.order, 25 a second", looked.Error, StringComparison.Ordinal);
        Assert.All(_api.Requests, request => Assert.Contains("dryRun=true", request.Target, StringComparison.Ordinal));
        var said = await _cli.RunAsync([.. start, "--yes"]);

        Assert.Equal((0, "shop.order/j1"), (said.Code, said.Lines[1].Split(' ')[0]));
        var begun = _api.Requests.Last();
        Assert.Equal(("status:parked", "it is back", 25d), (begun.As<JobRequest>().Q, begun.As<JobRequest>().Act!.Reason, begun.As<JobRequest>().PerSecond));
        Assert.NotEmpty(begun.Headers["Idempotency-Key"]);
    }

    [Fact]
    public async Task Moves_a_job_and_prints_what_became_of_each_saga()
    {
        var job = new JobItem { Service = "shop.order", Id = "j1", Q = "status:parked", Act = new ActRequest { Act = "retry" }, Status = "running", PerSecond = 25, Total = new CappedCount(2, false), Done = 0, Refused = 0, Failed = 0, StartedAt = Some.Now, Why = "It goes on." };
        _api.On("GET jobs/shop.order/j1", job).On("POST jobs/shop.order/j1/suspend", job with { Status = "suspended" });
        _api.On("GET jobs/shop.order/j1/lines", new Page<JobLine>([new(1, "s1", "done", null, Some.Now), new(2, "s2", "refused", "it has ended", Some.Now)]));

        _api.OnProblem("GET jobs/shop.order/j2", new ManagementProblem(404, ProblemCodes.NotFound, "There is no such job."));

        Assert.Contains("suspended", (await _cli.RunAsync("jobs", "suspend", "shop.order/j1", "--yes")).Out, StringComparison.Ordinal);
        Assert.Contains("it has ended", (await _cli.RunAsync("jobs", "lines", "shop.order/j1")).Lines[2], StringComparison.Ordinal);
        Assert.Equal(4, (await _cli.RunAsync("jobs", "stop", "shop.order/j2", "--yes")).Code);
        Assert.Equal(2, (await _cli.RunAsync("jobs", "stop", "j1", "--yes")).Code);
    }

    public async ValueTask DisposeAsync()
    {
        _cli.Dispose();
        await _api.DisposeAsync();
    }
}
