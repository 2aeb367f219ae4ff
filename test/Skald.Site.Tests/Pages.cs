using System.Text.RegularExpressions;
using Microsoft.Playwright;
using Skald.TestServers;

namespace Skald.Site.Tests;

/// <summary>The pages as a browser shows them, opened from the disk.</summary>
public sealed class The_pages_of_the_site(WrittenSite written) : IClassFixture<WrittenSite>, IAsyncLifetime
{
    private readonly List<string> _complaints = [];
    private readonly List<string> _requests = [];
    private IPlaywright? _playwright;
    private IBrowser? _browser;
    private IPage? _page;

    private IPage Page => _page!; // Each test begins with OpenAsync.

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public async ValueTask DisposeAsync()
    {
        await (_browser?.DisposeAsync() ?? default);
        _playwright?.Dispose();
    }

    [Fact]
    public async Task Fit_a_phone_and_ask_nobody_else_for_anything()
    {
        await OpenAsync("index.html", width: 390);
        foreach (var page in written.Pages)
        {
            await Page.GotoAsync(written.Url(page));
            Assert.True(await Page.EvaluateAsync<bool>("document.documentElement.scrollWidth <= innerWidth"), $"{page} is wider than a phone.");
            Assert.Equal("", await Page.EvaluateAsync<string>(Unnamed));
            Assert.Equal(1, await Page.Locator("h1").CountAsync());
        }

        AssertNoComplaints();
    }

    [Theory]
    [InlineData("compensation", "compensat")]
    [InlineData("compensations", "compensat")]
    [InlineData("Within", "within")]
    [InlineData("SKALD185", "are written as JSON and read back")]
    public async Task Find_what_is_searched(string query, string excerpt)
    {
        await OpenAsync("docs/guides/participants.html");
        await SearchAsync(query);
        var first = Page.Locator("#site-results > li").First;
        await Assertions.Expect(first.Locator("mark").First).ToBeVisibleAsync();
        await Assertions.Expect(first).ToContainTextAsync(excerpt, new() { IgnoreCase = true });
        await Assertions.Expect(Page.Locator("#site-search-state")).ToContainTextAsync(" found");
        AssertNoComplaints();
    }

    [Theory]
    [InlineData("retention", "docs/guides/retention.html")]
    [InlineData("error codes", "docs/errors.html")]
    [InlineData("locks tombstones", "docs/guides/choreography.html#locks-and-tombstones")]
    [InlineData("SKALD187", "docs/errors.html#SKALD187")]
    public async Task Put_titles_and_headings_first(string query, string target)
    {
        await OpenAsync("docs/guides/participants.html");
        await TypeAsync(query);
        // Whether or not the index has been loaded by now.
        await Page.Keyboard.PressAsync("Enter");
        await Page.WaitForURLAsync(written.Url(target));
        AssertNoComplaints();
    }

    [Fact]
    public async Task Are_searched_by_keyboard_alone()
    {
        await OpenAsync("docs/guides/participants.html");
        await SearchAsync("retention");
        var links = Page.Locator("#site-results a");
        await Page.Keyboard.PressAsync("ArrowDown");
        await Assertions.Expect(links.Nth(0)).ToBeFocusedAsync();
        await Page.Keyboard.PressAsync("ArrowDown");
        await Assertions.Expect(links.Nth(1)).ToBeFocusedAsync();
        var target = await links.Nth(1).EvaluateAsync<string>("link => link.href");
        await Page.Keyboard.PressAsync("ArrowUp");
        await Page.Keyboard.PressAsync("ArrowUp");
        await Assertions.Expect(Page.Locator("#site-query")).ToBeFocusedAsync();
        await Page.Keyboard.PressAsync("Escape");
        await Assertions.Expect(Page.Locator("#site-search")).ToBeHiddenAsync();

        await SearchAsync("retention");
        await Page.Keyboard.PressAsync("ArrowDown");
        await Page.Keyboard.PressAsync("ArrowDown");
        await Assertions.Expect(links.Nth(1)).ToBeFocusedAsync();
        await Page.Keyboard.PressAsync("Enter");
        await Assertions.Expect(Page).ToHaveURLAsync(target);
        // The address changes before the new page listens.
        await Page.WaitForFunctionAsync("document.readyState === 'complete'");

        await SearchAsync("participants zxqv");
        await Assertions.Expect(Page.Locator("#site-search-state")).ToHaveTextAsync("Nothing was found.");
    }

    [Fact]
    public async Task Keep_the_theme_that_was_chosen()
    {
        await OpenAsync("index.html");
        var button = Page.Locator("button.theme");
        await Page.EmulateMediaAsync(new() { ColorScheme = ColorScheme.Dark });
        await Assertions.Expect(button).ToHaveTextAsync("Auto");
        await Assertions.Expect(Page.Locator("body")).ToHaveCSSAsync("background-color", "rgb(20, 24, 30)");
        await button.ClickAsync();
        await Assertions.Expect(button).ToHaveTextAsync("Light");
        await Assertions.Expect(Page.Locator("body")).ToHaveCSSAsync("background-color", "rgb(246, 247, 249)");
        await Page.GotoAsync(written.Url("docs/errors.html"));
        await Assertions.Expect(Page.Locator("body")).ToHaveCSSAsync("background-color", "rgb(246, 247, 249)");
        AssertNoComplaints();
    }

    [Fact]
    public async Task Copy_commands_without_what_they_print()
    {
        await OpenAsync("docs/guides/your-first-saga.html");
        await Page.Context.GrantPermissionsAsync(["clipboard-read", "clipboard-write"]);
        var session = Page.Locator(".code", new() { HasText = "$ curl -X POST" });
        await session.HoverAsync();
        await session.GetByRole(AriaRole.Button, new() { Name = "Copy" }).ClickAsync();
        await Assertions.Expect(session.Locator(".copy")).ToHaveTextAsync("Copied");
        var copied = (await Page.EvaluateAsync<string>("navigator.clipboard.readText()")).Split('\n');
        Assert.Equal(2, copied.Length);
        Assert.All(copied, line => Assert.StartsWith("curl ", line, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Show_their_list_on_a_phone_when_it_is_asked_for()
    {
        await OpenAsync("index.html", width: 390);
        var list = Page.GetByRole(AriaRole.Navigation, new() { Name = "Pages" });
        await Assertions.Expect(list).ToBeHiddenAsync();
        await Page.GetByRole(AriaRole.Button, new() { Name = "Menu" }).ClickAsync();
        await Assertions.Expect(list).ToBeVisibleAsync();
        await Page.Keyboard.PressAsync("Escape");
        await Assertions.Expect(list).ToBeHiddenAsync();
        await Page.GetByRole(AriaRole.Button, new() { Name = "Menu" }).ClickAsync();
        await list.GetByRole(AriaRole.Link, new() { Name = "Participants" }).ClickAsync();
        await Assertions.Expect(Page.Locator("h1")).ToHaveTextAsync("Participants");
        AssertNoComplaints();
    }

    [Fact]
    public async Task Have_enough_contrast_in_both_themes()
    {
        await OpenAsync("docs/guides/participants.html");
        foreach (var scheme in (ColorScheme[])[ColorScheme.Light, ColorScheme.Dark])
        {
            await Page.EmulateMediaAsync(new() { ColorScheme = scheme });
            foreach (var page in (string[])["index.html", "docs/guides/participants.html", "docs/guides/in-your-host.html", "docs/errors.html"])
            {
                await Page.GotoAsync(written.Url(page));
                Assert.Equal("", await Page.EvaluateAsync<string>(Faint));
            }
        }
    }

    [Fact(Explicit = true)]
    public async Task Are_pictured()
    {
        var folder = Environment.GetEnvironmentVariable("SKALD_SCREENSHOTS") ?? Path.GetTempPath();
        string[] pages = ["index.html", "docs/index.html", "bench/RESULTS.html", "ARCHITECTURE.html#3-a-sagas-states", "docs/guides/participants.html", "docs/decisions/0018-a-reply-belongs-to-a-request.html", "samples/ParkingChoreography/index.html#the-flow", "docs/errors.html"];
        await OpenAsync("index.html");
        foreach (var (width, scheme) in from width in (int[])[390, 1280, 1920] from scheme in (ColorScheme[])[ColorScheme.Light, ColorScheme.Dark] select (width, scheme))
        {
            await Page.SetViewportSizeAsync(width, width == 390 ? 844 : 1000);
            await Page.EmulateMediaAsync(new() { ColorScheme = scheme });
            foreach (var page in pages)
            {
                await Page.GotoAsync(written.Url(page.Split('#')[0]));
                await Page.GotoAsync(written.Url(page));
                await Page.ScreenshotAsync(new() { Path = Path.Combine(folder, $"{Path.GetDirectoryName(page)?.Replace('/', '-')}-{Path.GetFileNameWithoutExtension(page)}-{width}-{scheme}.png") });
            }

            await Page.EmulateMediaAsync(new() { Media = Media.Print });
            await Page.ScreenshotAsync(new() { Path = Path.Combine(folder, $"print-{width}-{scheme}.png") });
            await Page.EmulateMediaAsync(new() { Media = Media.Screen });
            await PictureTheListAsync(folder, width, scheme);
            await SearchAsync("compensation");
            await Page.ScreenshotAsync(new() { Path = Path.Combine(folder, $"search-{width}-{scheme}.png") });
        }
    }

    private async Task PictureTheListAsync(string folder, int width, ColorScheme scheme)
    {
        if (await Page.Locator("button.menu").IsVisibleAsync())
        {
            await Page.Locator("button.menu").ClickAsync();
            await Page.ScreenshotAsync(new() { Path = Path.Combine(folder, $"list-{width}-{scheme}.png") });
            await Page.Keyboard.PressAsync("Escape");
        }
    }

    private async Task OpenAsync(string path, int width = 1280)
    {
        Assert.False(Requirements.Chromium is not null && Requirements.MustRun, Requirements.Chromium);
        Assert.SkipWhen(Requirements.Chromium is not null, Requirements.Chromium ?? "");
        _playwright = await Playwright.CreateAsync();
        _browser = await _playwright.Chromium.LaunchAsync(new() { ExecutablePath = Requirements.ChromiumPath, Args = ["--no-sandbox"] });
        _page = await _browser.NewPageAsync(new() { ViewportSize = new() { Width = width, Height = 900 } });
        _page.Console += (_, message) => _complaints.Add($"{message.Type}: {message.Text}");
        _page.PageError += (_, error) => _complaints.Add(error);
        _page.Request += (_, request) => _requests.Add(request.Url);
        // What is asked of others fails at once, and is a complaint.
        await _page.RouteAsync(new Regex("^https?:"), route => route.AbortAsync());
        await _page.GotoAsync(written.Url(path));
    }

    private async Task SearchAsync(string query)
    {
        await TypeAsync(query);
        await Assertions.Expect(Page.Locator("#site-search-state")).ToHaveTextAsync(new Regex("found"));
    }

    private async Task TypeAsync(string query)
    {
        await Page.Keyboard.PressAsync("/");
        await Assertions.Expect(Page.Locator("#site-query")).ToBeFocusedAsync();
        await Page.Locator("#site-query").FillAsync(query);
    }

    private void AssertNoComplaints()
    {
        Assert.Empty(_complaints);
        Assert.NotEmpty(_requests);
        Assert.All(_requests, request => Assert.StartsWith(written.Url(""), request, StringComparison.Ordinal));
    }

    /// <summary>Names the buttons, links and fields that say nothing to who cannot see them.</summary>
    private const string Unnamed = """
        [...document.querySelectorAll('a[href], button, input, summary')]
          .filter(e => !(e.getAttribute('aria-label') || e.textContent).trim() && !e.hidden).map(e => e.outerHTML).join('\n')
        """;

    /// <summary>Names the visible texts whose contrast is below 4.5 to 1.</summary>
    private const string Faint = """
        (() => {
          const parse = color => {
            const canvas = new OffscreenCanvas(1, 1).getContext('2d');
            canvas.fillStyle = color;
            canvas.fillRect(0, 0, 1, 1);
            return [...canvas.getImageData(0, 0, 1, 1).data];
          };
          const light = ([r, g, b]) => [r, g, b].map(c => c / 255).map(c => c <= .04045 ? c / 12.92 : ((c + .055) / 1.055) ** 2.4)
            .reduce((sum, c, i) => sum + c * [.2126, .7152, .0722][i], 0);
          const behind = e => {
            const colors = [];
            for (; e; e = e.parentElement) {
              colors.push(parse(getComputedStyle(e).backgroundColor));
              if (colors.at(-1)[3] === 255) break;
            }
            return colors.reverse().reduce((below, [r, g, b, a]) => below.map((c, i) => [r, g, b][i] * a / 255 + c * (1 - a / 255)), [255, 255, 255]);
          };
          const faint = new Set();
          for (const e of document.querySelectorAll('body *')) {
            const isText = [...e.childNodes].some(n => n.nodeType === 3 && n.data.trim());
            if (!isText || !e.checkVisibility({ opacityProperty: true })) continue;
            const [a, b] = [light(parse(getComputedStyle(e).color)), light(behind(e))].sort((x, y) => y - x);
            if ((a + .05) / (b + .05) < 4.5) faint.add(`${e.tagName}.${e.className} ${((a + .05) / (b + .05)).toFixed(2)}`);
          }
          return [...faint].join('\n');
        })()
        """;
}
