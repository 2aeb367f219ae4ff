using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Playwright;
using Skald.Dashboard.Tests.Fake;
using Skald.Management;
using Skald.TestServers;

namespace Skald.Dashboard.Tests;

/// <summary>The pages over something to show, under a base path, and a headless Chromium that looks at them.</summary>
/// <remarks><c>SKALD_SCREENSHOTS=folder</c> keeps what was seen.</remarks>
public sealed class Site : IAsyncLifetime
{
    // One browser for all tests: it ends with the process.
    private static readonly Lazy<Task<IBrowser>> Browser = new(async () =>
        await (await Playwright.CreateAsync()).Chromium.LaunchAsync(new() { ExecutablePath = Requirements.ChromiumPath, Args = ["--no-sandbox"] }));

    private readonly List<IBrowserContext> _contexts = [];
    private WebApplication? _app;

    /// <summary>The dashboard's address, without a slash at the end.</summary>
    public string Address { get; } = $"http://127.0.0.1:{FreePorts.Take(1)[0]}/ops/skald";

    internal FakeManagement Fake { get; } = new();

    /// <summary>Answers instead of the fake; null for the fake itself.</summary>
    internal IManagement? Instead { get; init; }

    /// <summary>Who is let in; whoever is at this machine unless set.</summary>
    internal SkaldManagementOptions Options { get; init; } = new() { LocalOnly = true };

    /// <summary>What else the application has.</summary>
    internal Action<IServiceCollection> Add { get; init; } = _ => { };

    /// <inheritdoc/>
    public async ValueTask InitializeAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.UseUrls(new Uri(Address).GetLeftPart(UriPartial.Authority));
        builder.Logging.ClearProviders();
        builder.Services.AddSingleton<TimeProvider>(new FixedTime());
        builder.Services.AddSingleton(Instead ?? Fake);
        builder.Services.AddSkaldDashboard();
        Add(builder.Services);
        _app = builder.Build();
        _app.UsePathBase("/ops");
        _app.UseRouting();
        _app.MapSkaldDashboard("/skald", Options);
        await _app.StartAsync();
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await Task.WhenAll(_contexts.Select(context => context.CloseAsync()));
        await (_app?.DisposeAsync() ?? default);
    }

    /// <summary>Opens a page.</summary>
    internal async Task<Visit> OpenAsync(string path, int width = 1280, bool dark = false, bool scripts = true)
    {
        Assert.False(Requirements.Chromium is not null && Requirements.MustRun, Requirements.Chromium);
        Assert.SkipWhen(Requirements.Chromium is not null, Requirements.Chromium ?? "");
        var context = await (await Browser.Value).NewContextAsync(new()
        {
            ViewportSize = new() { Width = width, Height = 900 },
            ColorScheme = dark ? ColorScheme.Dark : ColorScheme.Light,
            JavaScriptEnabled = scripts,
            ReducedMotion = ReducedMotion.Reduce,
            TimezoneId = "Europe/Berlin",
        });
        _contexts.Add(context);
        var page = await context.NewPageAsync();
        var visit = new Visit(page, [], []);
        page.Console += (_, message) => visit.Complaints.Add($"{message.Type}: {message.Text}");
        page.PageError += (_, error) => visit.Complaints.Add(error);
        page.Dialog += (_, dialog) => visit.Complaints.Add($"dialog: {dialog.Message}");
        page.Request += (_, request) => visit.Requests.Add(request.Url);
        visit.Status = (await page.GotoAsync(Address + path))?.Status ?? 0;
        return visit;
    }
}

/// <summary>A page that was opened: what the browser complained of, and what it asked for.</summary>
internal sealed record Visit(IPage Page, List<string> Complaints, List<string> Requests) : IAsyncDisposable
{
    public int Status { get; set; }

    public async ValueTask DisposeAsync() => await Page.Context.CloseAsync();

    /// <summary>Goes on to another page; what the browser complained of before is forgotten.</summary>
    public async Task GoAsync(string address)
    {
        Complaints.Clear();
        Requests.Clear();
        Status = (await Page.GotoAsync(address))?.Status ?? 0;
    }

    /// <summary>Looks at the same page on another screen.</summary>
    public async Task LookAsync(int width, bool dark)
    {
        await Page.SetViewportSizeAsync(width, 900);
        await Page.EmulateMediaAsync(new() { ColorScheme = dark ? ColorScheme.Dark : ColorScheme.Light, ReducedMotion = ReducedMotion.Reduce });
    }

    public async Task KeepAsync(string name)
    {
        if (Environment.GetEnvironmentVariable("SKALD_SCREENSHOTS") is { Length: > 0 } folder)
        {
            await Page.ScreenshotAsync(new() { Path = Path.Combine(folder, $"{name}.png"), FullPage = true });
        }
    }
}
