using System.Text.Json;
using Skald.Management;

namespace Skald.Cli.Tests;

public sealed class Acting_on_sagas : IAsyncLifetime
{
    private const string Preview =
        """
          from parked to running, and ends completed if all goes well
          now        asks accounting to authorize card (as before: its participant recognises it)
          in doubt   create ticket: Nobody knows whether the kitchen has it.

        """;

    private readonly Cli _cli = new() { HasTerminal = true, Width = 120 };
    private readonly Cli _script = new();
    private FakeApi _api = null!;

    public async ValueTask InitializeAsync()
    {
        _api = await FakeApi.StartAsync();
        _cli.Variables["SKALD_SERVER"] = _script.Variables["SKALD_SERVER"] = _api.Url;
        foreach (var id in new[] { "a", "b", "c" })
        {
            OnActs(id, act => Some.Forecast(act), act => Some.Result(id, act));
        }
    }

    [Fact]
    public async Task Shows_what_it_would_do_then_asks_then_does_it_to_what_was_shown()
    {
        var said = await _cli.RunWithInputAsync("y\n", "sagas", "retry", "shop.order/a", "--reason", "the provider is back");

        Assert.Equal($"On {_api.Url}:\nretry shop.order/a, at version 7\n{Preview}retry this saga? [y/N] ", said.Error);
        Assert.Equal((0, "shop.order/a  running  It goes on.\n"), (said.Code, said.Out));
        var act = _api.Requests.Last();
        Assert.Equal("/skald/api/sagas/shop.order/a/acts", act.Target);
        Assert.Equal("\"7\"", act.Headers["If-Match"]);
        Assert.Matches("^[0-9a-f]{32}$", act.Headers["Idempotency-Key"]);
        Assert.Equal(("retry", "the provider is back"), (act.As<ActRequest>().Act, act.As<ActRequest>().Reason));
    }

    [Theory]
    [InlineData("n\n")]
    [InlineData("\n")]
    [InlineData("")]
    [InlineData("yellow\n")]
    public async Task Does_nothing_unless_told_to(string answer)
    {
        var said = await _cli.RunWithInputAsync(answer, "sagas", "retry", "shop.order/a");

        Assert.Equal((1, ""), (said.Code, said.Out));
        Assert.EndsWith("Nothing was done.\n", said.Error);
        Assert.All(_api.Requests, request => Assert.Contains("dryRun", request.Target));
    }

    [Fact]
    public async Task Needs_a_yes_where_nobody_can_be_asked()
    {
        var said = await _script.RunAsync("sagas", "retry", "shop.order/a");
        Assert.Equal(2, said.Code);
        Assert.Contains("--yes", said.Error);
        Assert.Equal(2, (await _cli.RunWithInputAsync("shop.order/a\n", "sagas", "retry", "-")).Code);
        Assert.Empty(_api.Requests);

        Assert.Equal(0, (await _script.RunAsync("sagas", "retry", "shop.order/a", "--yes")).Code);
        Assert.Equal(0, (await _script.RunWithInputAsync("shop.order/a\nshop.order/b\n", "sagas", "retry", "-", "-y")).Code);
    }

    [Fact]
    public async Task Only_says_it_when_that_is_all_that_is_wanted()
    {
        var said = await _script.RunAsync("sagas", "retry", "shop.order/a", "--dry-run");
        Assert.Equal((0, $"retry shop.order/a, at version 7\n{Preview}"), (said.Code, said.Out));

        var json = JsonElement.Parse((await _script.RunAsync("sagas", "retry", "shop.order/a", "--dry-run", "-o", "json")).Out);
        Assert.Equal(7, json[0].GetProperty("forecast").GetProperty("version").GetInt64());
        Assert.All(_api.Requests, request => Assert.Contains("dryRun", request.Target));
    }

    [Fact]
    public async Task Is_refused_before_anybody_is_asked()
    {
        OnActs("a", act => Some.Forecast(act) with { Refused = "It is past the point of no return." }, act => Some.Result("a", act));

        var said = await _cli.RunWithInputAsync("y\n", "sagas", "compensate", "shop.order/a");

        Assert.Equal(5, said.Code);
        Assert.Equal($"On {_api.Url}:\nerror: shop.order/a: compensate was not done.\nwhy:   It is past the point of no return.\nfix:   See what can be done: skald sagas show shop.order/a\n", said.Error);
        Assert.Single(_api.Requests);
        Assert.Equal(5, (await _cli.RunAsync("sagas", "compensate", "shop.order/a", "--dry-run")).Code);
    }

    [Fact]
    public async Task Is_refused_when_the_saga_has_moved_on_meanwhile()
    {
        OnMovedOn("a");

        var said = await _script.RunAsync("sagas", "retry", "shop.order/a", "--yes");

        Assert.Equal((5, ""), (said.Code, said.Out));
        Assert.Contains("error: shop.order/a: retry was not done.\nwhy:   It is at version 8.\nfix:   Look at it again, and repeat the command.\n", said.Error);
    }

    [Fact]
    public async Task Acts_on_all_that_match()
    {
        _api.On("GET sagas", new Page<SagaItem>([Some.Saga("a", "parked"), Some.Saga("b", "parked"), Some.Saga("c", "parked")]));
        OnActs("b", act => Some.Forecast(act) with { Refused = "It runs." }, act => Some.Result("b", act));

        var said = await _cli.RunWithInputAsync("yes\n", "sagas", "retry", "--where", "status:parked");

        Assert.Equal(5, said.Code);
        Assert.Equal(["shop.order/a  running  It goes on.", "shop.order/c  running  It goes on."], said.Lines);
        Assert.Contains("retry 3 sagas? [y/N]", said.Error);
        Assert.Contains("shop.order/b was left as it is. It runs.\n2 of 3 done.\n", said.Error);
        Assert.Equal(["shop.order/a", "shop.order/c"], (await _script.RunAsync("sagas", "retry", "--where", "status:parked", "-y", "-o", "ids")).Lines);
    }

    [Fact]
    public async Task Leaves_alone_what_has_moved_on_since_the_query_found_it()
    {
        var ids = Enumerable.Range(0, 23).Select(i => $"s{i}").ToList();
        ids.ForEach(id => OnActs(id, act => Some.Forecast(act), act => Some.Result(id, act)));
        // Of these one is seen to have moved on when it is previewed, one when its turn comes, and one when it is acted on.
        OnActs("s2", act => Some.Forecast(act, version: 8), act => Some.Result("s2", act));
        OnActs("s21", act => Some.Forecast(act, version: 9), act => Some.Result("s21", act));
        OnMovedOn("s22");
        _api.On("GET sagas", new Page<SagaItem>([.. ids.Select(id => Some.Saga(id, "parked"))]));

        var said = await _script.RunAsync("sagas", "retry", "--where", "status:parked", "--yes");

        Assert.Equal(0, said.Code);
        Assert.Equal(ids.Except(["s2", "s21", "s22"]).Select(id => $"shop.order/{id}  running  It goes on."), said.Lines);
        Assert.All(["s2", "s21", "s22"], id => Assert.Contains($"shop.order/{id} has moved on since it was found, and is left alone.\n", said.Error));
        Assert.Contains("20 of 23 done.\n", said.Error);
        Assert.DoesNotContain("retry shop.order/s2,", said.Error);
        Assert.All(_api.Requests.Where(request => request.Method is "POST" && !request.Target.Contains("dryRun")), request => Assert.Equal("\"7\"", request.Headers["If-Match"]));

        var shown = await _script.RunAsync("sagas", "retry", "--where", "status:parked", "--dry-run", "-o", "ids");
        Assert.Equal((0, 21), (shown.Code, shown.Lines.Length));
    }

    [Fact]
    public async Task Ends_as_refused_when_all_that_matched_have_moved_on()
    {
        OnActs("a", act => Some.Forecast(act, version: 8), act => Some.Result("a", act));
        OnMovedOn("b");
        _api.On("GET sagas", new Page<SagaItem>([Some.Saga("a", "parked"), Some.Saga("b", "parked")]));

        var said = await _script.RunAsync("sagas", "retry", "--where", "status:parked", "--yes");

        Assert.Equal((5, ""), (said.Code, said.Out));
        Assert.Contains("0 of 2 done.\n", said.Error);
    }

    [Fact]
    public async Task Acts_on_no_more_than_was_meant()
    {
        _api.On("GET sagas", new Page<SagaItem>([Some.Saga("a", "parked"), Some.Saga("b", "parked"), Some.Saga("c", "parked")]));

        var said = await _script.RunAsync("sagas", "retry", "--where", "status:parked", "--at-most", "2", "--yes");

        Assert.Equal(2, said.Code);
        Assert.Contains("There are more than 2 sagas.", said.Error);
        Assert.Equal(2, (await _script.RunWithInputAsync("a\nb\nc\n", "sagas", "retry", "-", "--at-most", "2", "--yes")).Code);
        Assert.DoesNotContain(_api.Requests, request => request.Method is "POST");
    }

    [Fact]
    public async Task Shows_the_first_twenty_of_many_and_previews_the_others_when_their_turn_comes()
    {
        var ids = Enumerable.Range(0, 23).Select(i => $"s{i}").ToList();
        ids.ForEach(id => OnActs(id, act => Some.Forecast(act), act => Some.Result(id, act)));

        var said = await _script.RunAsync(["sagas", "pause", .. ids.Select(id => $"shop.order/{id}"), "--yes"]);

        Assert.Contains("... and 3 more.", said.Error);
        Assert.Contains("23 of 23 done.", said.Error);
        Assert.Equal(23, _api.Requests.Count(request => request.Headers.ContainsKey("If-Match")));
    }

    [Theory]
    [InlineData("No saga is named.", "sagas", "retry")]
    [InlineData("Sagas are named, and chosen by --where as well.", "sagas", "retry", "a", "--where", "status:parked")]
    [InlineData("Option '--step' is required.", "sagas", "skip", "a")]
    [InlineData("'tomorrow' is no time.", "sagas", "move-timer", "a", "--step", "s", "--to", "tomorrow")]
    [InlineData("--patch is no JSON", "sagas", "edit", "a", "--patch", "{")]
    [InlineData("--patch is no JSON", "sagas", "edit", "a", "--patch", "{\"a\":1,\"a\":2}")]
    public async Task Says_what_is_missing(string why, params string[] args)
    {
        var said = await _cli.RunAsync(args);

        Assert.Equal(2, said.Code);
        Assert.Contains("why:   " + why, said.Error);
        Assert.Empty(_api.Requests);
    }

    [Theory]
    [InlineData("{\"act\":\"skip\",\"step\":\"authorize card\"}", "skip", "--step", "authorize card")]
    [InlineData("{\"act\":\"go-on-from\",\"step\":\"authorize card\"}", "go-on-from", "--step", "authorize card")]
    [InlineData("{\"act\":\"fire-timer\",\"step\":\"authorize card\"}", "fire-timer", "--step", "authorize card")]
    [InlineData("{\"act\":\"move-timer\",\"step\":\"s\",\"to\":\"2026-11-30T13:00:00+00:00\"}", "move-timer", "--step", "s", "--to", "1h")]
    [InlineData("{\"act\":\"move-timer\",\"step\":\"s\"}", "move-timer", "--step", "s", "--to", "never")]
    [InlineData("{\"act\":\"edit\",\"patch\":{\"price\":80,\"note\":null}}", "edit", "--patch", "{\"price\":80,\"note\":null}")]
    [InlineData("{\"act\":\"raise\",\"event\":\"paid\",\"body\":[1]}", "raise", "--event", "paid", "--body", "[1]")]
    [InlineData("{\"act\":\"resume\"}", "resume")]
    [InlineData("{\"act\":\"cancel\"}", "cancel")]
    [InlineData("{\"act\":\"hold\"}", "hold")]
    [InlineData("{\"act\":\"release\"}", "release")]
    public async Task Sends_what_was_typed(string body, string verb, params string[] args)
    {
        Assert.Equal(0, (await _script.RunAsync(["sagas", verb, "shop.order/a", .. args, "--yes"])).Code);

        var sent = JsonElement.Parse(_api.Requests.Last().Body).EnumerateObject().Where(member => member.Value.ValueKind is not JsonValueKind.Null).ToDictionary(member => member.Name, member => member.Value.GetRawText());
        Assert.Equal(JsonElement.Parse(body).EnumerateObject().ToDictionary(member => member.Name, member => member.Value.GetRawText()), sent);
    }

    [Fact]
    public async Task Reads_json_from_a_file()
    {
        await File.WriteAllTextAsync(_script.File("patch.json"), "{\"price\": 80}");

        Assert.Equal(0, (await _script.RunAsync("sagas", "edit", "shop.order/a", "--patch", "@" + _script.File("patch.json"), "--yes")).Code);
        Assert.Equal(80, _api.Requests.Last().As<ActRequest>().Patch!.Value.GetProperty("price").GetInt32());
    }

    public async ValueTask DisposeAsync()
    {
        _cli.Dispose();
        _script.Dispose();
        await _api.DisposeAsync();
    }

    private void OnActs(string id, Func<string, ActForecast> preview, Func<string, ActResult> act) => _api.OnHttp($"POST sagas/shop.order/{id}/acts", http =>
    {
        var name = _api.Requests.Last().As<ActRequest>().Act!; // The command line names it.
        http.Response.ContentType = "application/json";
        return http.Request.QueryString.HasValue
            ? JsonSerializer.SerializeAsync(http.Response.Body, preview(name), ManagementJson.Of<ActForecast>())
            : JsonSerializer.SerializeAsync(http.Response.Body, act(name), ManagementJson.Of<ActResult>());
    });

    private void OnMovedOn(string id) => _api.OnHttp($"POST sagas/shop.order/{id}/acts", http =>
    {
        var isPreview = http.Request.QueryString.HasValue;
        http.Response.StatusCode = isPreview ? 200 : 412;
        http.Response.ContentType = isPreview ? "application/json" : "application/problem+json";
        return isPreview
            ? JsonSerializer.SerializeAsync(http.Response.Body, Some.Forecast("retry"), ManagementJson.Of<ActForecast>())
            : JsonSerializer.SerializeAsync(http.Response.Body, new ManagementProblem(412, ProblemCodes.MovedOn, "It is at version 8."), ManagementJson.Of<ManagementProblem>());
    });
}
