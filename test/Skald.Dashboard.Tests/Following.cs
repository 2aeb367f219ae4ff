using Microsoft.Playwright;
using Skald.Dashboard.Tests.Fake;

namespace Skald.Dashboard.Tests;

/// <summary>Pages that follow what happens, and the keyboard.</summary>
public sealed class A_page_with_scripts : IAsyncLifetime
{
    private readonly Site _site = new();

    public ValueTask InitializeAsync() => _site.InitializeAsync();

    public ValueTask DisposeAsync() => _site.DisposeAsync();

    [Fact]
    public async Task Is_used_with_the_keyboard_alone()
    {
        await using var visit = await _site.OpenAsync("/");
        var page = visit.Page;

        await page.Keyboard.PressAsync("?");
        await Assertions.Expect(page.Locator("#help")).ToBeVisibleAsync();
        await page.Keyboard.PressAsync("Escape");
        await page.Keyboard.PressAsync("g");
        await page.Keyboard.PressAsync("s");
        await Assertions.Expect(page).ToHaveTitleAsync("Sagas · Skald");

        await page.Keyboard.PressAsync("/");
        await Assertions.Expect(page.Locator("#q")).ToBeFocusedAsync();
        await page.Keyboard.TypeAsync("status:pa");
        await Assertions.Expect(page.Locator("#suggested li")).ToHaveTextAsync(["status:parked"]);
        await page.Keyboard.PressAsync("ArrowDown");
        await page.Keyboard.PressAsync("Enter");
        await Assertions.Expect(page.Locator("#q")).ToHaveValueAsync("status:parked ");
        await page.Keyboard.PressAsync("Enter");
        await Assertions.Expect(page.Locator(".chip")).ToContainTextAsync("status:parked");
        Assert.EndsWith("?q=status%3Aparked", page.Url.Replace("status:", "status%3A", StringComparison.Ordinal), StringComparison.Ordinal);

        await page.Keyboard.PressAsync("j");
        await page.Keyboard.PressAsync("j");
        await page.Keyboard.PressAsync("k");
        await Assertions.Expect(page.Locator("tr[aria-selected=true]")).ToContainTextAsync("4711");
        await page.Keyboard.PressAsync("Enter");
        await Assertions.Expect(page.Locator("h1")).ToContainTextAsync("create-order 4711");

        await page.Keyboard.PressAsync("r");
        await Assertions.Expect(page.Locator("#act h2")).ToContainTextAsync("If it is tried again now");
        Assert.Empty(visit.Complaints);
    }

    [Fact]
    public async Task Shows_times_in_the_readers_zone_or_in_UTC()
    {
        await using var visit = await _site.OpenAsync($"/sagas/{Samples.Order}/{Samples.ParkedId}");
        var first = visit.Page.Locator(".journal time").First;
        await Assertions.Expect(first).ToHaveTextAsync("14:46:57.500");
        Assert.Equal("2026-11-30 14:46:57.500 +01:00", await first.GetAttributeAsync("title"));
        Assert.Equal("2026-11-30T13:46:57.500Z", await first.GetAttributeAsync("datetime"));

        await visit.Page.Keyboard.PressAsync("t");
        await Assertions.Expect(first).ToHaveTextAsync("13:46:57.500");
        await Assertions.Expect(visit.Page.Locator(".journal [data-zone]")).ToHaveTextAsync("UTC");
        await visit.Page.ReloadAsync();
        await Assertions.Expect(first).ToHaveTextAsync("13:46:57.500");
    }

    [Fact]
    public async Task Shows_new_sagas_as_a_number_and_changes_in_their_place()
    {
        await using var visit = await _site.OpenAsync("/sagas");
        await FollowedAsync(1);
        for (var i = 0; i < 12; i++)
        {
            _site.Fake.Change(Samples.Sagas[0] with { Id = $"01a1fb91-a6d3-78bf-948d-e977777770{i:00}", StartedAt = FixedTime.Now.AddSeconds(1 + i) });
        }

        _site.Fake.Change(Samples.Sagas[3] with { Status = "parked" });
        await Assertions.Expect(visit.Page.Locator("#pill")).ToHaveTextAsync("12 new");
        await Assertions.Expect(visit.Page.Locator("tr").Nth(1)).ToContainTextAsync("B-2207");
        await Assertions.Expect(visit.Page.Locator("tr").Nth(1)).ToContainTextAsync("parked");
        Assert.Empty(visit.Complaints);

        await visit.Page.Locator("#pill").ClickAsync();
        await Assertions.Expect(visit.Page.Locator("tr").Nth(12)).ToContainTextAsync("4711");
    }

    [Fact]
    public async Task Tells_whoever_looks_at_an_act_that_the_saga_has_moved_on()
    {
        await using var visit = await _site.OpenAsync($"/sagas/{Samples.Order}/{Samples.ParkedId}/acts/compensate");
        await FollowedAsync(1);
        await visit.Page.GetByLabel("Why").FillAsync("half a sentence");
        _site.Fake.Change(Samples.Sagas[0] with { Version = 10, Why = "Somebody was faster." });

        await Assertions.Expect(visit.Page.Locator("#live")).ToContainTextAsync("Somebody was faster.");
        await Assertions.Expect(visit.Page.Locator("#act .moved")).ToBeVisibleAsync();
        await Assertions.Expect(visit.Page.GetByLabel("Why")).ToHaveValueAsync("half a sentence");
    }

    [Fact]
    public async Task Stands_still_when_it_is_told_to()
    {
        await using var visit = await _site.OpenAsync("/sagas");
        await FollowedAsync(1);
        await visit.Page.Keyboard.PressAsync("p");
        await Assertions.Expect(visit.Page.Locator("#pause")).ToContainTextAsync("Paused");
        await visit.Page.EvaluateAsync("document.body.dispatchEvent(new Event('changed'))");
        Assert.DoesNotContain(visit.Requests, r => r.Contains("since=", StringComparison.Ordinal));

        _site.Fake.Change(Samples.Sagas[3] with { Status = "parked" });
        await visit.Page.Keyboard.PressAsync("p");
        await Assertions.Expect(visit.Page.Locator("tr").Nth(1)).ToContainTextAsync("parked");
    }

    [Fact]
    public async Task Asks_for_nothing_while_it_is_hidden()
    {
        await using var visit = await _site.OpenAsync("/sagas");
        await FollowedAsync(1);
        await visit.Page.EvaluateAsync("Object.defineProperty(document, 'hidden', { get: () => window.isHidden ?? true, configurable: true }); document.dispatchEvent(new Event('visibilitychange'))");
        _site.Fake.Change(Samples.Sagas[3] with { Status = "parked" });
        await FollowedAsync(0);
        var asked = visit.Requests.Count;

        await visit.Page.RunAndWaitForRequestAsync(
            () => visit.Page.EvaluateAsync("window.isHidden = false; document.dispatchEvent(new Event('visibilitychange'))"), request => request.Url.Contains("/live", StringComparison.Ordinal));
        await FollowedAsync(1);
        Assert.DoesNotContain(visit.Requests.Take(asked), r => r.Contains("since=", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Copies_and_keeps_views_in_this_browser()
    {
        await using var visit = await _site.OpenAsync("/sagas?q=status%3Aparked");
        await visit.Page.GetByText("Views", new() { Exact = true }).ClickAsync();
        await visit.Page.GetByLabel("Name of this search").FillAsync("<b>mine</b>");
        await visit.Page.GetByRole(AriaRole.Button, new() { Name = "Save" }).ClickAsync();
        await visit.Page.GotoAsync(_site.Address + "/sagas");
        await visit.Page.GetByText("Views", new() { Exact = true }).ClickAsync();
        await visit.Page.GetByRole(AriaRole.Link, new() { Name = "<b>mine</b>" }).ClickAsync();
        await Assertions.Expect(visit.Page.Locator(".chip")).ToContainTextAsync("status:parked");
    }

    private async Task FollowedAsync(int by)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        using var look = new PeriodicTimer(TimeSpan.FromMilliseconds(50));
        while (_site.Fake.Listeners != by)
        {
            await look.WaitForNextTickAsync(limit.Token);
        }
    }
}
