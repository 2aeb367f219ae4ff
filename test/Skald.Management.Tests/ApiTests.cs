using System.Net;
using System.Text.Json;

namespace Skald.Management.Tests;

/// <summary>The API as programs use it.</summary>
public sealed class The_management_API
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Lists_sagas_and_says_why_each_stands_where_it_stands(bool sqlite)
    {
        await using var site = await Site.StartAsync(sqlite: sqlite);
        await site.CompensatedAsync();
        await site.ParkedAsync();
        await site.WaitingAsync();
        var (_, page, _) = await site.GetAsync("sagas");
        var items = page.GetProperty("items").EnumerateArray().ToList();
        Assert.Equal(["4711", "4712", "4713"], items.Select(item => item.GetProperty("key").GetString()));
        Assert.StartsWith("It waits at 'confirmation' for 'ORDER_CONFIRMED' from outside, until ", items[0].GetProperty("why").GetString(), StringComparison.Ordinal);
        Assert.StartsWith("It waits for a person: ", items[1].GetProperty("why").GetString(), StringComparison.Ordinal);
        Assert.StartsWith("It turned back because of 'authorize card' (the card was declined); 1 step undone, in ", items[2].GetProperty("why").GetString(), StringComparison.Ordinal);
        Assert.Equal("<b>80</b> for 4711", items[0].GetProperty("summary").GetString());
        Assert.Equal((2, 5), (items[0].GetProperty("done").GetInt32(), items[0].GetProperty("total").GetInt32()));
        Assert.Equal(JsonValueKind.Null, page.GetProperty("next").ValueKind);
    }

    [Theory]
    [InlineData("status:parked", "4712")]
    [InlineData("status:open", "4711,4712")]
    [InlineData("4713", "4713")]
    [InlineData("key:4711", "4711")]
    [InlineData("step:\"send mail\"", "4712")]
    [InlineData("error:CardDeclined", "4713")]
    [InlineData("service:shop.cards", "")]
    [InlineData("saga:another", "")]
    [InlineData("age:>1h", "")]
    [InlineData("age:<1h status:ended", "4713")]
    public async Task Finds_sagas_by_what_people_type(string q, string keys)
    {
        await using var site = await Site.StartAsync();
        await site.CompensatedAsync();
        await site.ParkedAsync();
        await site.WaitingAsync();
        var (_, page, _) = await site.GetAsync($"sagas?q={Uri.EscapeDataString(q)}");
        Assert.Equal(keys, string.Join(',', page.GetProperty("items").EnumerateArray().Select(item => item.GetProperty("key").GetString())));
        var (_, counts, _) = await site.GetAsync($"sagas/counts?q={Uri.EscapeDataString(q)}");
        Assert.Equal(keys.Split(',', StringSplitOptions.RemoveEmptyEntries).Length, counts.GetProperty("all").GetProperty("value").GetInt32());
    }

    [Fact]
    public async Task Goes_through_a_list_page_by_page_and_shows_each_saga_once()
    {
        await using var site = await Site.StartAsync();
        for (var i = 0; i < 7; i++)
        {
            await site.CompensatedAsync($"order {i}");
        }

        var (seen, times, next) = (new List<string?>(), new List<DateTimeOffset>(), "");
        do
        {
            var (_, page, _) = await site.GetAsync($"sagas?limit=3{next}");
            seen.AddRange(page.GetProperty("items").EnumerateArray().Select(item => item.GetProperty("key").GetString()));
            times.AddRange(page.GetProperty("items").EnumerateArray().Select(item => item.GetProperty("startedAt").GetDateTimeOffset()));
            next = page.GetProperty("next").GetString() is { } cursor ? $"&cursor={cursor}" : null;
        }
        while (next is not null);

        Assert.Equal(Enumerable.Range(0, 7).Select(i => $"order {i}"), seen.Order());
        Assert.Equal(times.OrderDescending(), times);
    }

    [Fact]
    public async Task Shows_a_saga_with_its_plan_and_what_can_be_done_to_it()
    {
        await using var site = await Site.StartAsync();
        var id = await site.WaitingAsync();
        var (_, saga, response) = await site.GetAsync($"sagas/{Site.Orders}/{id}");
        Assert.StartsWith("2 of 5 done, next: confirmation, within ", saga.GetProperty("headline").GetString(), StringComparison.Ordinal);
        Assert.Equal(["done", "done", "waiting", "remaining", "remaining"], saga.GetProperty("plan").EnumerateArray().Select(step => step.GetProperty("state").GetString()));
        var card = saga.GetProperty("plan")[1].GetProperty("step");
        Assert.Equal(("shop.cards", "cards.authorize", "cards.reverse"), (card.GetProperty("service").GetString(), card.GetProperty("command").GetString(), card.GetProperty("undo").GetString()));
        Assert.Equal($"\"{saga.GetProperty("saga").GetProperty("version").GetInt64()}\"", response.Headers.ETag!.Tag);
        var acts = saga.GetProperty("acts").EnumerateArray().ToDictionary(act => act.GetProperty("act").GetString()!);
        Assert.True(acts["cancel"].GetProperty("allowed").GetBoolean());
        Assert.False(acts["resume"].GetProperty("allowed").GetBoolean());
        Assert.NotEmpty(acts["resume"].GetProperty("whyNot").GetString()!);
        Assert.Equal("ORDER_CONFIRMED", acts["raise"].GetProperty("events")[0].GetString());
    }

    [Fact]
    public async Task Says_beforehand_what_an_act_does_and_then_does_that_once()
    {
        await using var site = await Site.StartAsync();
        var id = await site.WaitingAsync();
        var path = $"sagas/{Site.Orders}/{id}/acts";
        var (_, forecast, _) = await site.SendAsync("POST", $"{path}?dryRun=true", """{"act":"cancel","reason":"by mistake"}""");
        Assert.Equal(("running", "compensating"), (forecast.GetProperty("before").GetString(), forecast.GetProperty("after").GetString()));
        var line = forecast.GetProperty("now").EnumerateArray().First(one => one.GetProperty("kind").GetString() == "sends");
        Assert.Equal(("cards.reverse", "shop.cards", "shop.cards is sent cards.reverse for 'authorize card'"), (line.GetProperty("command").GetString(), line.GetProperty("service").GetString(), line.GetProperty("says").GetString()));

        var version = forecast.GetProperty("version").GetInt64();
        var (late, moved, _) = await site.SendAsync("POST", path, """{"act":"cancel"}""", headers: ("If-Match", $"\"{version - 1}\""));
        Assert.Equal((HttpStatusCode.PreconditionFailed, ProblemCodes.MovedOn, version), (late, moved.GetProperty("code").GetString(), moved.GetProperty("version").GetInt64()));

        (string, string)[] headers = [("If-Match", $"\"{version}\""), ("Idempotency-Key", "k1")];
        var (done, result, _) = await site.SendAsync("POST", path, """{"act":"cancel","reason":"by mistake"}""", headers: headers);
        Assert.Equal((HttpStatusCode.OK, false), (done, result.GetProperty("repeated").GetBoolean()));
        var (_, again, _) = await site.SendAsync("POST", path, """{"act":"cancel","reason":"by mistake"}""", headers: headers);
        Assert.Equal((true, result.GetProperty("version").GetInt64()), (again.GetProperty("repeated").GetBoolean(), again.GetProperty("version").GetInt64()));
        Assert.Equal(HttpStatusCode.UnprocessableEntity, (await site.SendAsync("POST", path, """{"act":"hold"}""", headers: headers)).Status);

        await site[Site.Orders].WaitAsync(new SagaId(Guid.Parse(id)));
        var (refused, why, _) = await site.SendAsync("POST", path, """{"act":"cancel"}""");
        Assert.Equal((HttpStatusCode.Conflict, ProblemCodes.Refused), (refused, why.GetProperty("code").GetString()));
        var (_, timeline, _) = await site.GetAsync($"sagas/{Site.Orders}/{id}/timeline");
        Assert.Single(timeline.GetProperty("items").EnumerateArray(), entry => entry.GetProperty("kind").GetString() == "cancelled" && entry.GetProperty("reason").GetString() == "by mistake");
    }

    [Fact]
    public async Task Draws_messages_by_cause_over_the_services()
    {
        await using var site = await Site.StartAsync();
        var id = await site.WaitingAsync();
        var (_, drawn, _) = await site.GetAsync($"sagas/{Site.Orders}/{id}/exchanges");
        Assert.Equal([Site.Orders, "shop.cards"], drawn.GetProperty("lanes").EnumerateArray().Select(lane => lane.GetProperty("service").GetString()));
        var messages = drawn.GetProperty("messages").EnumerateArray().ToList();
        var command = messages.Single(one => one.GetProperty("kind").GetString() == "command");
        var reply = messages.Single(one => one.GetProperty("kind").GetString() == "reply");
        Assert.Equal(("answered", command.GetProperty("index").GetInt32()), (command.GetProperty("outcome").GetString(), reply.GetProperty("cause").GetInt32()));
        Assert.NotEqual(JsonValueKind.Null, command.GetProperty("handledAt").ValueKind);
    }

    [Theory]
    [InlineData("sagas?q=status:odd", 400, ProblemCodes.BadQuery)]
    [InlineData("sagas?limit=201", 400, ProblemCodes.BadRequest)]
    [InlineData("sagas?cursor=x", 400, ProblemCodes.BadRequest)]
    [InlineData("sagas?limit=1&limit=2", 400, ProblemCodes.BadRequest)]
    [InlineData("sagas/shop.orders/7", 404, ProblemCodes.NotFound)]
    [InlineData("sagas/shop.orders/7/timeline", 404, ProblemCodes.NotFound)]
    [InlineData("sagas/another/7", 404, ProblemCodes.NotFound)]
    [InlineData("dead-letters/shop.orders/x", 404, ProblemCodes.NotFound)]
    [InlineData("flows?status=odd", 400, ProblemCodes.BadRequest)]
    [InlineData("nothing", 404, ProblemCodes.NotFound)]
    public async Task Says_with_a_code_why_there_is_no_answer(string path, int expected, string code)
    {
        await using var site = await Site.StartAsync();
        var (status, problem, response) = await site.GetAsync(path);
        Assert.Equal((expected, code, "application/problem+json"), ((int)status, problem.GetProperty("code").GetString(), response.Content.Headers.ContentType!.MediaType));
        Assert.NotEmpty(problem.GetProperty("traceId").GetString()!);
    }

    [Theory]
    [InlineData("""{"act":"dance"}""")]
    [InlineData("""{"act":"skip"}""")]
    [InlineData("""{"act":"skip","step":"no such step"}""")]
    [InlineData("""{"act":"edit","patch":7}""")]
    [InlineData("""{"act":"raise","event":"NO_SUCH","body":{}}""")]
    [InlineData("""{"act":"hold","act":"release"}""")]
    [InlineData("not json")]
    [InlineData("[]")]
    public async Task Refuses_acts_that_make_no_sense(string body)
    {
        await using var site = await Site.StartAsync();
        var id = await site.WaitingAsync();
        var (status, problem, _) = await site.SendAsync("POST", $"sagas/{Site.Orders}/{id}/acts", body);
        Assert.Equal((HttpStatusCode.BadRequest, ProblemCodes.BadRequest), (status, problem.GetProperty("code").GetString()));
        Assert.DoesNotContain("   at ", problem.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Tells_changes_to_those_who_listen()
    {
        await using var site = await Site.StartAsync(new SkaldManagementOptions { Live = new LiveFeedOptions { LookEvery = TimeSpan.FromMilliseconds(50) } });
        using var response = await site.Http.GetAsync("/skald/api/events", HttpCompletionOption.ResponseHeadersRead);
        Assert.Equal("text/event-stream", response.Content.Headers.ContentType!.MediaType);
        using var lines = new StreamReader(await response.Content.ReadAsStreamAsync());
        var id = await site.WaitingAsync();
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        while (await lines.ReadLineAsync(limit.Token) is { } line)
        {
            if (line.StartsWith("data: {", StringComparison.Ordinal) && JsonDocument.Parse(line[6..]).RootElement is var change && change.GetProperty("id").GetString() == id)
            {
                Assert.Equal("4711", change.GetProperty("saga").GetProperty("key").GetString());
                return;
            }
        }

        Assert.Fail("Nobody was told.");
    }

    [Fact]
    public async Task Is_described_by_a_document_that_names_every_route_and_type()
    {
        await using var site = await Site.StartAsync();
        var (_, document, _) = await site.GetAsync("openapi.json");
        Assert.Equal("3.1.1", document.GetProperty("openapi").GetString());
        var paths = document.GetProperty("paths").EnumerateObject().ToDictionary(path => path.Name, path => path.Value);
        foreach (var route in ManagementRoutes.All)
        {
            var operation = paths["/" + route.Pattern.Replace("{**", "{", StringComparison.Ordinal)].GetProperty(route.Method.ToLowerInvariant());
            Assert.Equal((route.Name, route.Right), (operation.GetProperty("operationId").GetString(), operation.GetProperty("x-skald-right").GetString()));
        }

        var act = paths["/sagas/{service}/{id}/acts"].GetProperty("post").GetProperty("parameters").EnumerateArray().Where(one => one.GetProperty("in").GetString() != "path").ToDictionary(one => one.GetProperty("name").GetString()!, one => one.GetProperty("description"));
        Assert.Contains("from the same process", act["Idempotency-Key"].GetString(), StringComparison.Ordinal);
        Assert.Contains("makes a repeat safe", act["If-Match"].GetString(), StringComparison.Ordinal);

        var schemas = document.GetProperty("components").GetProperty("schemas");
        var references = System.Text.RegularExpressions.Regex.Matches(document.ToString(), "\"#/components/schemas/([^\"]+)\"").Select(match => match.Groups[1].Value).Distinct().ToList();
        Assert.All(references, name => Assert.True(schemas.TryGetProperty(name, out _), name));
        Assert.True(schemas.GetProperty("SagaItem").GetProperty("properties").TryGetProperty("why", out _));
    }

    [Theory]
    [InlineData("caller")]
    [InlineData("services")]
    [InlineData("definitions")]
    [InlineData("flows")]
    [InlineData("timers")]
    [InlineData("delayed")]
    [InlineData("dead-letters")]
    [InlineData("dead-letters/groups")]
    [InlineData("sagas/groups")]
    [InlineData("projections")]
    [InlineData("processes")]
    [InlineData("metrics")]
    [InlineData("audit")]
    [InlineData("jobs")]
    public async Task Answers_every_question_on_a_database(string path)
    {
        await using var site = await Site.StartAsync(sqlite: true);
        await site.ParkedAsync();
        var (status, body, _) = await site.GetAsync(path);
        Assert.True(status == HttpStatusCode.OK, body.ToString());
    }

    [Fact]
    public async Task Counts_what_went_wrong_by_kind_and_names_the_query_that_lists_it()
    {
        await using var site = await Site.StartAsync();
        await site.ParkedAsync("a");
        await site.ParkedAsync("b");
        var (_, groups, _) = await site.GetAsync("sagas/groups");
        var group = Assert.Single(groups.GetProperty("items").EnumerateArray());
        Assert.Equal(2, group.GetProperty("count").GetProperty("value").GetInt32());
        var (_, listed, _) = await site.GetAsync($"sagas?q={Uri.EscapeDataString(group.GetProperty("q").GetString()!)}");
        Assert.Equal(2, listed.GetProperty("items").GetArrayLength());
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Does_an_act_to_all_that_match_and_keeps_who_did_it(bool sqlite)
    {
        await using var site = await Site.StartAsync(sqlite: sqlite);
        await site.WaitingAsync("a");
        await site.WaitingAsync("b");
        await site.ParkedAsync("c");
        var (status, job, _) = await site.SendAsync("POST", "jobs", """{"service":"shop.orders","q":"status:running","act":{"act":"cancel","reason":"the shop closes"},"perSecond":100}""");
        Assert.Equal((HttpStatusCode.OK, "status:running"), (status, job.GetProperty("q").GetString()));
        var path = $"jobs/{Site.Orders}/{job.GetProperty("id").GetString()}";
        await Eventually.HoldsAsync("the job is done", async () => (await site.GetAsync(path)).Body.GetProperty("status").GetString() == "done");
        Assert.Equal(2, (await site.GetAsync(path)).Body.GetProperty("done").GetInt32());
        var (_, lines, _) = await site.GetAsync($"{path}/lines?limit=1");
        Assert.Equal((1, "1"), (lines.GetProperty("items").GetArrayLength(), lines.GetProperty("next").GetString()));
        var (_, audit, _) = await site.GetAsync("audit?kind=saga&act=cancel");
        Assert.Equal(["the shop closes", "the shop closes"], audit.GetProperty("items").EnumerateArray().Select(item => item.GetProperty("reason").GetString()));
        var (_, first, _) = await site.GetAsync("audit?limit=1");
        var (_, second, _) = await site.GetAsync($"audit?limit=1&cursor={Uri.EscapeDataString(first.GetProperty("next").GetString()!)}");
        Assert.NotEqual(first.GetProperty("items")[0].GetProperty("number").GetInt64(), second.GetProperty("items")[0].GetProperty("number").GetInt64());
    }

    [Theory]
    [InlineData("""{"service":"shop.orders","act":{"act":"cancel"}}""")]
    [InlineData("""{"service":"shop.orders","q":"service:shop.cards status:parked","act":{"act":"cancel"}}""")]
    [InlineData("""{"service":"shop.orders","q":"status:parked","act":{"act":"hold"}}""")]
    [InlineData("""{"service":"shop.orders","q":"status:parked"}""")]
    [InlineData("""{"service":"shop.orders","q":"status:parked","act":{"act":"cancel"},"perSecond":0}""")]
    public async Task Begins_no_job_that_means_everything_or_nothing(string body)
    {
        await using var site = await Site.StartAsync();
        Assert.Equal(HttpStatusCode.BadRequest, (await site.SendAsync("POST", "jobs", body)).Status);
        Assert.Empty((await site.GetAsync("jobs")).Body.GetProperty("items").EnumerateArray());
    }
}
