using System.Diagnostics;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Playwright;
using Skald.TestServers;

namespace Skald.AsyncApi.Tests;

/// <summary>The pages as a browser sees them.</summary>
public sealed class Every_page(Browser browser) : IClassFixture<Browser>
{
    public static TheoryData<string> Services => Samples.Names;

    [Theory, MemberData(nameof(Services))]
    public async Task Opens_in_the_Playground_without_errors_and_asks_nobody_else(string service)
    {
        var playground = await browser.PlaygroundAsync();
        var visit = await browser.OpenAsync($"{playground}/{service.Replace('.', '/')}/asyncapi");

        Assert.Empty(visit.Complaints);
        Assert.Equal([visit.Page.Url], visit.Requests);
        Assert.Equal(service, await visit.Page.Locator("header code").InnerTextAsync());
        Assert.Equal(0, await visit.Page.Locator("script").CountAsync());
        Assert.True(await visit.Page.Locator("article h3 .badge").CountAsync() > 0);
        // The style sheet was let through, and nothing is wider than the window.
        Assert.Equal("grid", await visit.Page.Locator(".columns").EvaluateAsync<string>("e => getComputedStyle(e).display"));
        await visit.Page.SetViewportSizeAsync(400, 800);
        Assert.True(await visit.Page.EvaluateAsync<bool>("document.documentElement.scrollWidth <= innerWidth"), "The page is wider than a phone.");
    }

    [Theory, MemberData(nameof(Services))]
    public async Task Leads_to_its_texts_and_within_itself(string service)
    {
        var playground = await browser.PlaygroundAsync();
        var page = (await browser.OpenAsync($"{playground}/{service.Replace('.', '/')}/asyncapi")).Page;

        foreach (var (link, type) in ((string, string)[])[("JSON", "application/json"), ("YAML", "application/yaml")])
        {
            var target = await page.GetByRole(AriaRole.Link, new() { Name = link, Exact = true }).EvaluateAsync<string>("a => a.href");
            var answer = await page.APIRequest.GetAsync(target);
            Assert.Equal(200, answer.Status);
            Assert.StartsWith(type, answer.Headers["content-type"], StringComparison.Ordinal);
        }

        Assert.Equal(0, await page.EvaluateAsync<int>("[...document.querySelectorAll('a[href^=\"#\"]')].filter(a => !document.getElementById(a.hash.slice(1))).length"));
        Assert.Equal(0, await page.EvaluateAsync<int>("[...document.querySelectorAll('[id]')].length - new Set([...document.querySelectorAll('[id]')].map(e => e.id)).size"));
    }

    [Fact]
    public async Task Is_linked_from_the_Playground_and_from_FoodOrders()
    {
        var playground = await browser.PlaygroundAsync();
        foreach (var (home, services) in ((string, IEnumerable<ServiceModule>)[])[("/", Samples.Modules), ("/food-orders", Samples.Modules.Where(m => m.System == "food-orders"))])
        {
            var visit = await browser.OpenAsync(playground + home);

            Assert.Empty(visit.Complaints);
            var links = await visit.Page.EvaluateAsync<string[]>("[...document.querySelectorAll('a')].map(a => a.pathname).filter(p => p.endsWith('/asyncapi'))");
            Assert.Equal(services.Select(m => $"/{m.System}/{m.Name}/asyncapi").Order(), links.Order());
        }
    }

    [Fact]
    public async Task Shows_hostile_names_as_the_text_they_are()
    {
        await using var app = await ServeAsync(Odd.Everything());
        var visit = await browser.OpenAsync(app.Urls.First() + "/asyncapi");

        Assert.Empty(visit.Complaints);
        Assert.Single(visit.Requests);
        Assert.Equal("Odd service", await visit.Page.TitleAsync());
        Assert.Equal(0, await visit.Page.Locator("main script, main b, main img, main i, main u, [onclick]").CountAsync());
        Assert.Contains("<script>alert('x')</script>/~1: #", await visit.Page.Locator("main").InnerTextAsync(), StringComparison.Ordinal);
        Assert.Contains("<u>plant</u>", await visit.Page.Locator("#sagas").InnerTextAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Is_found_with_a_slash_at_the_end_too()
    {
        await using var app = await ServeAsync(Odd.Everything());
        var visit = await browser.OpenAsync(app.Urls.First() + "/asyncapi/");

        Assert.EndsWith("/asyncapi", visit.Page.Url, StringComparison.Ordinal);
        Assert.Empty(visit.Complaints);
    }

    private static async Task<WebApplication> ServeAsync(SkaldService service)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        var app = builder.Build();
        app.MapAsyncApi(service);
        await app.StartAsync();
        return app;
    }
}

/// <summary>A page that was opened: what the browser complained of, and what it asked for.</summary>
internal sealed record Visit(IPage Page, List<string> Complaints, List<string> Requests);

/// <summary>A headless Chromium and a Playground, started when first needed.</summary>
public sealed class Browser : IAsyncDisposable
{
    private readonly DirectoryInfo _data = Directory.CreateTempSubdirectory("skald-pages-");
    private IPlaywright? _playwright;
    private IBrowser? _browser;
    private Process? _playground;
    private string? _address;

    /// <summary>The Playground's address, without a slash at the end.</summary>
    public async Task<string> PlaygroundAsync()
    {
        Samples.Need(Requirements.Chromium);
        if (_address is not null)
        {
            return _address;
        }

        string[] args = [Path.Combine(AppContext.BaseDirectory, "Playground.dll"), "--data", _data.FullName, "--urls", "http://127.0.0.1:0"];
        _playground = Process.Start(new ProcessStartInfo("dotnet", args) { RedirectStandardOutput = true })!; // It is not a document that a shell opens.
        while (await _playground.StandardOutput.ReadLineAsync().WaitAsync(TimeSpan.FromSeconds(30)) is { } line)
        {
            if (line.Split("address  ") is [_, var address])
            {
                return _address = address.Trim();
            }
        }

        throw new InvalidOperationException("The Playground ended without serving.");
    }

    /// <summary>Opens a page; the answer must be 200.</summary>
    internal async Task<Visit> OpenAsync(string url)
    {
        Samples.Need(Requirements.Chromium);
        _playwright ??= await Playwright.CreateAsync();
        _browser ??= await _playwright.Chromium.LaunchAsync(new() { ExecutablePath = Requirements.ChromiumPath, Args = ["--no-sandbox"] });
        var page = await _browser.NewPageAsync(new() { ViewportSize = new() { Width = 1300, Height = 1000 } });
        var visit = new Visit(page, [], []);
        page.Console += (_, message) => visit.Complaints.Add($"{message.Type}: {message.Text}");
        page.PageError += (_, error) => visit.Complaints.Add(error);
        page.Dialog += (_, dialog) => visit.Complaints.Add($"dialog: {dialog.Message}");
        page.RequestFailed += (_, request) => visit.Complaints.Add($"failed: {request.Url}");
        page.Request += (_, request) => visit.Requests.Add(request.Url);
        var response = await page.GotoAsync(url, new() { WaitUntil = WaitUntilState.NetworkIdle });
        Assert.Equal(200, response?.Status);
        return visit;
    }

    public async ValueTask DisposeAsync()
    {
        if (_browser is not null)
        {
            await _browser.DisposeAsync();
        }

        _playwright?.Dispose();
        _playground?.Kill();
        _playground?.WaitForExit();
        _playground?.Dispose();
        _data.Delete(recursive: true);
    }
}
