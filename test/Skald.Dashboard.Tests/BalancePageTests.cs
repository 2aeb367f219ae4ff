using Microsoft.Playwright;
using Skald.Dashboard.Tests.Fake;

namespace Skald.Dashboard.Tests;

/// <summary>The books, as far as a person wants to look.</summary>
public sealed class The_page_of_the_balance : IAsyncLifetime
{
    private readonly Site _site = new();

    public ValueTask InitializeAsync() => _site.InitializeAsync();

    public ValueTask DisposeAsync() => _site.DisposeAsync();

    [Fact]
    public async Task Adds_up_what_it_has_looked_at_and_names_what_does_not_balance()
    {
        await using var visit = await _site.OpenAsync("/balance", scripts: false);
        Assert.Equal(["4 do not balance", "2,322 applied once", "105 undone once", "27 open", "3 not judged"], (await visit.Page.Locator(".tile").AllInnerTextsAsync()).Select(text => string.Join(' ', text.Split(default(char[]), StringSplitOptions.RemoveEmptyEntries))));
        var rows = visit.Page.Locator("tbody tr");
        Assert.Equal(4, await rows.CountAsync());
        Assert.Contains("not undone", await rows.First.InnerTextAsync(), StringComparison.Ordinal);
        Assert.EndsWith($"/sagas/{Samples.Order}/{Samples.ParkedId}", await rows.First.Locator("a").GetAttributeAsync("href"), StringComparison.Ordinal);
        // Nobody has it, so there is nowhere to go; and what a row says is text.
        Assert.Equal(0, await rows.Nth(2).Locator("a").CountAsync());
        Assert.Contains("<b>book</b>", await rows.Nth(3).InnerTextAsync(), StringComparison.Ordinal);
        Assert.Equal("811 sagas", (await visit.Page.Locator(".pages span").InnerTextAsync()).Trim());
        Assert.Equal(0, await visit.Page.GetByRole(AriaRole.Link, new() { Name = "Look further" }).CountAsync());
        Assert.Equal("page", await visit.Page.Locator("nav a[href$='/balance']").First.GetAttributeAsync("aria-current"));
    }

    [Fact]
    public async Task Looks_further_when_it_is_asked_to_without_scripts()
    {
        _site.Fake.IsEndless = true;
        await using var visit = await _site.OpenAsync("/balance", scripts: false);
        // A clock that stands still never says that it took long: a hundred that are wrong are enough.
        Assert.Equal(100, await visit.Page.Locator("tbody tr").CountAsync());
        await visit.Page.GetByRole(AriaRole.Link, new() { Name = "Look further" }).ClickAsync();
        Assert.Contains("/balance?cursor=", visit.Page.Url, StringComparison.Ordinal);
        await visit.Page.GetByRole(AriaRole.Link, new() { Name = "From the beginning" }).ClickAsync();
        Assert.EndsWith("/balance", visit.Page.Url, StringComparison.Ordinal);
    }
}
