using System.Text.Json;

namespace Skald.Cli.Tests;

public sealed class The_tool_beside_a_process_that_runs_sagas : IAsyncLifetime
{
    private Shop _shop = null!;

    public async ValueTask InitializeAsync() => _shop = await Shop.StartAsync();

    [Fact]
    public async Task Finds_a_saga_by_its_key_and_tells_where_it_stands()
    {
        var id = await _shop.PlaceAsync("4711");
        await _shop.PlaceAsync("4712");

        var list = await SkaldAsync("sagas", "list", "--where", "status:open 4711");
        var show = await SkaldAsync("sagas", "show", "4711");
        var json = await SkaldAsync("sagas", "list", "-o", "jsonl");

        Assert.Equal((0, ""), (list.Code, list.Error));
        Assert.Equal(2, list.Lines.Length);
        Assert.StartsWith(id, list.Lines[1]);
        Assert.DoesNotContain("\u001b", list.Out); // It is a pipe, whatever TERM says.
        Assert.Equal(0, show.Code);
        Assert.Contains($"saga           shop.order/{id}\n", show.Out);
        Assert.Contains("\"price\": 80", show.Out);
        Assert.Equal(2, json.Lines.Select(line => JsonElement.Parse(line).GetProperty("id").GetString()).Distinct().Count());
        Assert.Equal("shop.order\n", (await SkaldAsync("services", "list", "-o", "ids")).Out);
        Assert.Equal("shop.order/place-order\n", (await SkaldAsync("definitions", "list", "-o", "ids")).Out);
        Assert.Equal("2", JsonElement.Parse((await SkaldAsync("sagas", "count", "-o", "json")).Out).GetProperty("all").GetProperty("value").GetRawText());
    }

    [Fact]
    public async Task Ends_with_a_code_for_each_kind_of_end()
    {
        var id = await _shop.PlaceAsync("4711");

        Assert.Equal(2, (await SkaldAsync("sagas", "list", "--where", "status:prked")).Code);
        Assert.Equal(4, (await SkaldAsync("sagas", "show", "nobody")).Code);
        Assert.Equal(4, (await SkaldAsync("sagas", "show", "shop.order/01a1fb91-a6d3-78bf-948d-e9888f7795ae")).Code);
        Assert.Equal(4, (await SkaldAsync("dead-letters", "show", "shop.order/7")).Code);
        Assert.Equal(5, (await SkaldAsync("sagas", "resume", $"shop.order/{id}", "--yes")).Code);
        Assert.Equal(1, (await Tool.RunAsync("http://127.0.0.1:1/skald", null, "sagas", "list")).Code);
    }

    [Fact]
    public async Task Edits_a_saga_after_saying_what_that_does()
    {
        var id = await _shop.PlaceAsync("4711");

        var dry = await SkaldAsync("sagas", "edit", "4711", "--patch", "{\"price\":70}", "--dry-run");
        var before = JsonElement.Parse((await SkaldAsync("sagas", "show", $"shop.order/{id}", "-o", "json")).Out).GetProperty("saga").GetProperty("version").GetInt64();
        var done = await SkaldAsync("sagas", "edit", "4711", "--patch", "{\"price\":70}", "--reason", "a rebate", "--yes", "-o", "json");

        Assert.Equal(0, dry.Code);
        Assert.Contains("\"price\": 70", dry.Out);
        Assert.Equal(0, done.Code);
        Assert.True(JsonElement.Parse(done.Out)[0].GetProperty("version").GetInt64() > before);
        Assert.Contains("\"price\": 70", (await SkaldAsync("sagas", "show", "4711")).Out);
        Assert.Contains("a rebate", (await SkaldAsync("sagas", "timeline", "4711", "-o", "jsonl")).Out);
    }

    [Fact]
    public async Task Acts_on_what_another_command_has_found()
    {
        foreach (var number in new[] { "1", "2", "3" })
        {
            await _shop.PlaceAsync(number);
        }

        var found = await SkaldAsync("sagas", "list", "--where", "saga:place-order status:running", "-o", "ids");
        var paused = await Tool.RunAsync(_shop.Url, found.Out, "sagas", "pause", "-", "--yes", "--reason", "stocktaking");

        Assert.Equal((0, 3), (paused.Code, paused.Lines.Length));
        Assert.Contains("3 of 3 done.", paused.Error);
        Assert.Equal(5, (await SkaldAsync("sagas", "pause", "--where", "saga:place-order", "--yes")).Code);
        Assert.Equal(0, (await SkaldAsync("sagas", "resume", "--where", "status:parked", "--yes")).Code);
    }

    [Fact]
    public async Task Watches_a_saga_to_its_end()
    {
        await _shop.PlaceAsync("4711");
        using var watching = Tool.Start(_shop.Url, hasInput: false, "sagas", "watch", "4711");
        Assert.Contains("started", await watching.ReadLineAsync());

        Assert.Equal(0, (await SkaldAsync("sagas", "raise", "4711", "--event", "PAYMENT_RECEIVED", "--body", "{\"account\":\"NL91\"}", "--yes")).Code);

        var said = await watching.EndAsync();
        Assert.Equal(0, said.Code);
        Assert.StartsWith("completed: ", said.Error);
    }

    [Fact]
    public async Task Ends_at_once_when_it_is_interrupted()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "There is no kill -INT.");
        await _shop.PlaceAsync("4711");
        using var watching = Tool.Start(_shop.Url, hasInput: false, "sagas", "watch", "4711");
        Assert.Contains("started", await watching.ReadLineAsync());

        watching.Interrupt();

        var said = await watching.EndAsync();
        Assert.Equal((130, "Interrupted.\n"), (said.Code, said.Error));
    }

    [Fact]
    public async Task Shows_how_much_is_done()
    {
        await _shop.PlaceAsync("4711");

        var top = await SkaldAsync("top");

        Assert.Equal(0, top.Code);
        Assert.Contains("shop.order", top.Out);
        Assert.DoesNotContain("\u001b", top.Out);
    }

    public ValueTask DisposeAsync() => _shop.DisposeAsync();

    private Task<Said> SkaldAsync(params string[] args) => Tool.RunAsync(_shop.Url, null, args);
}
