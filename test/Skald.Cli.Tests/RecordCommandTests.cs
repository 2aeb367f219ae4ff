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

    public async ValueTask DisposeAsync()
    {
        _cli.Dispose();
        await _api.DisposeAsync();
    }
}
