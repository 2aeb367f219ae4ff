using System.Text.Json;
using Skald.Management;

namespace Skald.Cli.Tests;

public sealed class Looking_at_sagas : IAsyncLifetime
{
    private readonly Cli _cli = new();
    private FakeApi _api = null!;

    public async ValueTask InitializeAsync()
    {
        _api = await FakeApi.StartAsync();
        _cli.Variables["SKALD_SERVER"] = _api.Url;
    }

    [Fact]
    public async Task Lists_them_for_people()
    {
        _api.On("GET sagas", new Page<SagaItem>([Some.Saga("0191-a", "parked"), Some.Saga("0191-b", "running") with { Key = null }]));

        var said = await _cli.RunAsync("sagas", "list", "--where", "status:open");

        Assert.Equal(
            """
            ID      STATUS   SAGA          KEY   DONE  STARTED      SERVICE     WHY
            0191-a  parked   create-order  4711   2/5  3 d 4 h ago  shop.order  The card provider said no.
            0191-b  running  create-order         2/5  3 d 4 h ago  shop.order  The card provider said no.

            """, said.Out);
        Assert.Equal((0, ""), (said.Code, said.Error));
        Assert.Equal("/skald/api/sagas?q=status%3Aopen&limit=50", _api.Requests.Single().Target);
    }

    [Fact]
    public async Task Lists_them_for_programs()
    {
        _api.On("GET sagas", new Page<SagaItem>([Some.Saga("a", "parked"), Some.Saga("b", "running")]));

        Assert.Equal("shop.order/a\nshop.order/b\n", (await _cli.RunAsync("sagas", "list", "-o", "ids")).Out);
        Assert.Equal("b", JsonElement.Parse((await _cli.RunAsync("sagas", "list", "-o", "json")).Out)[1].GetProperty("id").GetString());
        Assert.Equal(["a", "b"], (await _cli.RunAsync("sagas", "list", "-o", "jsonl")).Lines.Select(line => JsonElement.Parse(line).GetProperty("id").GetString()));
    }

    [Fact]
    public async Task Goes_on_until_there_is_enough()
    {
        _api.On("GET sagas", request => request.Target.Contains("cursor=2", StringComparison.Ordinal)
            ? new Page<SagaItem>([Some.Saga("c", "parked"), Some.Saga("d", "parked")])
            : new Page<SagaItem>(request.Target.Contains("cursor=1", StringComparison.Ordinal) ? [] : [Some.Saga("a", "parked"), Some.Saga("b", "parked")])
            {
                Next = request.Target.Contains("cursor=1", StringComparison.Ordinal) ? "2" : "1",
            });

        var three = await _cli.RunAsync("sagas", "list", "-o", "ids", "-n", "3");
        Assert.Equal("shop.order/a\nshop.order/b\nshop.order/c\n", three.Out);
        Assert.Equal("These are the first 3. More: --limit 12, or --all.\n", three.Error);
        Assert.Equal(4, (await _cli.RunAsync("sagas", "list", "-o", "ids", "--all")).Lines.Length);
        Assert.Equal("", (await _cli.RunAsync("sagas", "list", "-o", "ids", "-n", "4")).Error);
        Assert.Equal(2, (await _cli.RunAsync("sagas", "list", "-n", "0")).Code);
    }

    [Fact]
    public async Task Does_not_go_on_for_ever()
    {
        _api.On("GET sagas", new Page<SagaItem>([Some.Saga("a", "parked")]) { Next = "1" });

        var said = await _cli.RunAsync("sagas", "list", "--all");

        Assert.Equal(1, said.Code);
        Assert.StartsWith("error: The list does not end.", said.Error);
    }

    [Fact]
    public async Task Is_no_success_while_services_are_missing()
    {
        _api.On("GET sagas", new Page<SagaItem>([Some.Saga("a", "parked")]) { Missing = [new("shop.stock", "It did not answer within 2 s.")] });

        var said = await _cli.RunAsync("sagas", "list", "-o", "ids");

        Assert.Equal((1, "shop.order/a\n", "missing: shop.stock did not answer: It did not answer within 2 s.\n"), (said.Code, said.Out, said.Error));
    }

    [Theory]
    [InlineData(400, ProblemCodes.BadQuery, 2)]
    [InlineData(401, ProblemCodes.Unauthenticated, 3)]
    [InlineData(403, ProblemCodes.Forbidden, 3)]
    [InlineData(403, ProblemCodes.NotFromHere, 3)]
    [InlineData(410, ProblemCodes.Removed, 4)]
    [InlineData(503, ProblemCodes.Unreachable, 1)]
    [InlineData(500, "of-tomorrow", 1)]
    public async Task Says_what_why_and_the_fix(int status, string problem, int code)
    {
        _api.OnProblem("GET sagas", new ManagementProblem(status, problem, "It \u001b[31mis so.") { Detail = "Do that." });

        var said = await _cli.RunAsync("sagas", "list");

        Assert.Equal((code, ""), (said.Code, said.Out));
        Assert.Equal($"error: It \\u001b[31mis so.\nwhy:   The server's answer is {status}, {problem}.\nfix:   Do that.\n", said.Error);
    }

    [Fact]
    public async Task Sends_the_token_of_the_server()
    {
        _cli.Variables["SKALD_TOKEN"] = "secret";
        _api.On("GET sagas", new Page<SagaItem>([]));

        var said = await _cli.RunAsync("sagas", "list", "--verbose");

        Assert.Equal("Bearer secret", _api.Requests.Single().Headers["Authorization"]);
        Assert.DoesNotContain("secret", said.Out + said.Error);
    }

    [Fact]
    public async Task Shows_one_by_its_business_key()
    {
        _api.On("GET sagas", new Page<SagaItem>([Some.Saga("a", "parked")])).On("GET sagas/shop.order/a", Some.Detail("a", "parked"));

        var said = await _cli.RunAsync("sagas", "show", "47 11");

        Assert.Equal("/skald/api/sagas?q=%2247%2011%22&limit=50", _api.Requests.First().Target);
        Assert.Equal(0, said.Code);
        Assert.Contains("saga           shop.order/a\n", said.Out);
        Assert.Contains("stands         2 of 5 done, next: authorize card\n", said.Out);
        Assert.Contains("STEP            STANDS  KIND", said.Out);
        Assert.Contains("State\n{\n  \"orderId\": 4711\n}\n", said.Out);
        Assert.Contains("skip  no   It is not parked.", said.Out);
        Assert.Equal("a", JsonElement.Parse((await _cli.RunAsync("sagas", "show", "shop.order/a", "-o", "json")).Out).GetProperty("saga").GetProperty("id").GetString());
    }

    [Fact]
    public async Task Says_that_there_is_none_and_that_there_are_two()
    {
        _api.On("GET sagas", new Page<SagaItem>([]));
        Assert.Equal(4, (await _cli.RunAsync("sagas", "show", "4711")).Code);
        _api.OnProblem("GET sagas/shop.order/4711", new ManagementProblem(404, ProblemCodes.NotFound, "There is none."));
        Assert.Equal(4, (await _cli.RunAsync("sagas", "show", "shop.order/4711")).Code);

        _api.On("GET sagas", new Page<SagaItem>([Some.Saga("a", "parked"), Some.Saga("b", "parked")]));
        var two = await _cli.RunAsync("sagas", "show", "4711");
        Assert.Equal(2, two.Code);
        Assert.Contains("is more than one saga", two.Error);
    }

    [Fact]
    public async Task Prints_a_timeline_a_page_at_a_time()
    {
        _api.On("GET sagas/shop.order/a/timeline", request => request.Target.Contains("skip=0", StringComparison.Ordinal)
            ? new Timeline([Some.Entry("started"), Some.Entry("sent")], 0, 1, 2)
            : new Timeline([Some.Entry("completed")], 1, null, 2));

        var said = await _cli.RunAsync("sagas", "timeline", "shop.order/a");

        Assert.Equal(4, said.Lines.Length);
        Assert.Equal("2026-11-27 08:00:00Z  completed      It is completed.", said.Lines[3]);
    }

    [Fact]
    public async Task Exports_all_there_is_to_know_as_lines_of_json()
    {
        foreach (var id in new[] { "a", "b" })
        {
            _api.On($"GET sagas/shop.order/{id}", Some.Detail(id, "completed"))
                .On($"GET sagas/shop.order/{id}/timeline", new Timeline([Some.Entry("started")], 0, null, 1))
                .On($"GET sagas/shop.order/{id}/exchanges", new Exchanges([new Lane("shop.order")], []));
        }

        var said = await _cli.RunWithInputAsync("shop.order/a\n\nshop.order/b\n", "sagas", "export", "-");

        Assert.Equal(0, said.Code);
        Assert.Equal(["a", "b"], said.Lines.Select(line => JsonElement.Parse(line).GetProperty("saga").GetProperty("saga").GetProperty("id").GetString()));
        Assert.All(said.Lines, line => Assert.Equal(1, JsonElement.Parse(line).GetProperty("timeline").GetArrayLength()));
    }

    [Fact]
    public async Task Watches_one_until_it_ends()
    {
        var looks = 0;
        var changed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _api.On("GET sagas/shop.order/a", _ => ++looks is 1 ? Some.Detail("a", "running") : Ended(Some.Detail("a", "completed")))
            .On("GET sagas/shop.order/a/timeline", _ => new Timeline(looks is 1 ? [Some.Entry("started")] : [Some.Entry("started"), Some.Entry("completed")], 0, null, null))
            .OnHttp("GET events", async http =>
            {
                http.Response.ContentType = "text/event-stream";
                await http.Response.StartAsync();
                await http.Response.BodyWriter.WriteAsync("event: ping\ndata:\n\nevent: change\ndata: {\"number\":1,\"kind\":\"saga\",\"service\":\"shop.order\",\"id\":\"a\"}\n\n"u8.ToArray());
                await changed.Task.WaitAsync(http.RequestAborted);
            });

        var said = await _cli.RunAsync("sagas", "watch", "shop.order/a");

        Assert.Equal(["2026-11-27 08:00:00Z  started      It is started.", "2026-11-27 08:00:00Z  completed    It is completed."], said.Lines);
        Assert.Equal((0, "completed: The card provider said no.\n"), (said.Code, said.Error));

        static SagaDetail Ended(SagaDetail saga) => saga with { Saga = saga.Saga with { EndedAt = saga.Saga.UpdatedAt } };
    }

    public async ValueTask DisposeAsync()
    {
        _cli.Dispose();
        await _api.DisposeAsync();
    }
}

/// <summary>Answers to be changed to what a test needs.</summary>
internal static class Some
{
    private static readonly DateTimeOffset s_started = new(2026, 11, 27, 8, 0, 0, TimeSpan.Zero);

    /// <summary>What the clock of commands says.</summary>
    public static DateTimeOffset Now { get; } = s_started.AddHours(76);

    public static SagaItem Saga(string id, string status) => new()
    {
        Service = "shop.order",
        Id = id,
        Definition = "create-order",
        PlanVersion = 1,
        Version = 7,
        Status = status,
        Key = "4711",
        Done = 2,
        Total = 5,
        Why = "The card provider said no.",
        StartedAt = s_started,
        UpdatedAt = s_started,
    };

    public static SagaDetail Detail(string id, string status) => new()
    {
        Saga = Saga(id, status),
        Headline = "2 of 5 done, next: authorize card",
        State = JsonElement.Parse("{\"orderId\":4711}"),
        Plan = [new PlanStep { Step = new DefinitionStep { Name = "authorize card", Index = 0, Stage = 0, Kind = "compensatable", Work = "command" }, State = "sent", Says = "accounting was asked" }],
        Acts = [new ActOffer { Act = "skip", Says = "Goes on without it.", Right = Rights.Administer, Allowed = false, WhyNot = "It is not parked." }],
    };

    public static TimelineItem Entry(string kind) => new() { Service = "shop.order", At = s_started, Version = 1, Kind = kind, Says = $"It is {kind}." };

    public static ActForecast Forecast(string act, long version = 7) => new()
    {
        Act = act,
        Version = version,
        Before = "parked",
        After = "running",
        End = "completed",
        Now = [new ForecastLine { Kind = "sends", Step = "authorize card", Says = "asks accounting to authorize card", Repeats = true }],
        InDoubt = [new DoubtItem("create ticket", "Nobody knows whether the kitchen has it.")],
    };

    public static ActResult Result(string id, string act) => new("shop.order", id, act, 8, "running", "It goes on.");
}
