using Skald.Management;

namespace Skald.Cli.Tests;

public sealed class Looking_whether_the_books_balance : IAsyncLifetime
{
    private const string Saga = "01a1fb91-a6d3-78bf-948d-e9888f7795ae";

    private static readonly ImbalanceItem Wrong = new("not-undone", "shop.cards", Saga, "shop.order", "authorize card", "The saga has been told that it is undone, and it is recorded as applied and not undone.");

    private readonly Cli _cli = new();
    private FakeApi _api = null!;

    public async ValueTask InitializeAsync()
    {
        _api = await FakeApi.StartAsync();
        _cli.Variables["SKALD_SERVER"] = _api.Url;
    }

    [Fact]
    public async Task Adds_up_the_pieces_and_ends_with_0_when_all_is_well()
    {
        _api.On("GET balance", request => request.Target.Contains("cursor", StringComparison.Ordinal) ? new BalanceReport(200, 1300, 20, 3, 0, []) : new BalanceReport(500, 900, 100, 7, 0, []) { Next = Saga, Reached = Some.Now });

        var said = await _cli.RunAsync("balance");

        Assert.Equal((0, ""), (said.Code, said.Error));
        Assert.Equal(
            """
            balance        yes
            sagas          700
            applied        2,200
            undone         120
            open           10

            """, said.Out);
        Assert.Equal(["/skald/api/balance?limit=500", $"/skald/api/balance?cursor={Saga}&limit=500"], _api.Requests.Select(request => request.Target));
    }

    [Fact]
    public async Task Names_what_does_not_balance_and_ends_with_1()
    {
        _api.On("GET balance", new BalanceReport(500, 900, 100, 7, 2, [Wrong]));

        var said = await _cli.RunAsync("balance", "--piece", "1000");

        Assert.Equal(1, said.Code);
        Assert.Equal(
            $"""
            balance        no: 1 effect does not
            sagas          500
            applied        900
            undone         100
            open           7
            not judged     2

            Imbalances
            KIND        SERVICE     STEP            SAGA                                             SAYS
            not-undone  shop.cards  authorize card  shop.order/{Saga}  The saga has been told that it is undone, and it is recorded as applied and not undone.

            """, said.Out);
        Assert.Equal($"shop.order/{Saga}\n", (await _cli.RunAsync("balance", "-o", "ids")).Out);
        var lines = await _cli.RunAsync("balance", "-o", "jsonl");
        Assert.Equal(1, lines.Code);
        Assert.StartsWith("{\"kind\":\"not-undone\",", Assert.Single(lines.Lines), StringComparison.Ordinal);
        var json = await _cli.RunAsync("balance", "-o", "json");
        Assert.Equal((1, 500), (json.Code, System.Text.Json.JsonDocument.Parse(json.Out).RootElement.GetProperty("sagas").GetInt32()));
    }

    [Fact]
    public async Task Says_who_did_not_answer()
    {
        _api.On("GET balance", new BalanceReport(5, 9, 0, 0, 4, []) { Missing = [new MissingService("shop.mails", "Nobody who was asked has it.")] });

        var said = await _cli.RunAsync("balance");

        Assert.Equal((1, "missing: shop.mails did not answer: Nobody who was asked has it.\n"), (said.Code, said.Error));
        Assert.Contains("balance        yes", said.Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Shows_on_a_terminal_how_far_it_is()
    {
        _api.On("GET balance", request => request.Target.Contains("cursor", StringComparison.Ordinal) ? new BalanceReport(1, 0, 0, 0, 0, []) : new BalanceReport(1500, 0, 0, 0, 0, []) { Next = Saga, Reached = Some.Now });
        using var person = new Cli { HasTerminal = true };
        person.Variables["SKALD_SERVER"] = _api.Url;

        var said = await person.RunAsync("balance");

        Assert.Equal("\r\u001b[K1,500 sagas, up to 2026-11-30 12:00:00Z; 0 do not balance\r\u001b[K1,501 sagas; 0 do not balance\r\u001b[K", said.Error);
    }

    [Fact]
    public async Task Does_not_go_round_in_circles()
    {
        _api.On("GET balance", new BalanceReport(1, 0, 0, 0, 0, []) { Next = Saga });
        Assert.Equal(1, (await _cli.RunAsync("balance")).Code);
        Assert.Equal(2, _api.Requests.Count);
        Assert.Equal(2, (await _cli.RunAsync("balance", "--piece", "0")).Code);
    }

    public async ValueTask DisposeAsync()
    {
        _cli.Dispose();
        await _api.DisposeAsync();
    }
}
