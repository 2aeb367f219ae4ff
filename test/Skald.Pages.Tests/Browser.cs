using Microsoft.Playwright;
using Skald.EndToEnd;
using Skald.TestServers;

namespace Skald.Pages.Tests;

/// <summary>A Playground, and a headless Chromium that looks at it.</summary>
public sealed class Browser : IAsyncDisposable
{
    private readonly DirectoryInfo _data = Directory.CreateTempSubdirectory("skald-pages-");
    private readonly SemaphoreSlim _starting = new(1);
    private IPlaywright? _playwright;
    private IBrowser? _browser;
    private ServingProcess? _playground;

    /// <summary>The Playground's address, without a slash at the end.</summary>
    public string Address { get; } = $"http://127.0.0.1:{FreePorts.Take(1)[0]}";

    /// <summary>Its data folder.</summary>
    public string Data => _data.FullName;

    /// <summary>Opens a page.</summary>
    internal async Task<Visit> OpenAsync(string path)
    {
        await StartAsync();
        // StartAsync has set it.
        var page = await _browser!.NewPageAsync(new()
        {
            ViewportSize = new() { Width = 1280, Height = 900 },
            ColorScheme = ColorScheme.Light,
            Permissions = ["clipboard-read", "clipboard-write"],
        });
        var visit = new Visit(page, [], []);
        page.Console += (_, message) => visit.Complaints.Add($"{message.Type}: {message.Text}");
        page.PageError += (_, error) => visit.Complaints.Add(error);
        page.Request += (_, request) => visit.Requests.Add(request.Url);
        var answer = await page.GotoAsync(Address + path);
        Assert.Equal(200, answer?.Status);
        return visit;
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await (_browser?.DisposeAsync() ?? default);
        _playwright?.Dispose();
        await (_playground?.DisposeAsync() ?? default);
        _starting.Dispose();
        _data.Delete(recursive: true);
    }

    /// <summary>Starts both, unless they run.</summary>
    public async Task StartAsync()
    {
        Assert.False(Requirements.Chromium is not null && Requirements.MustRun, Requirements.Chromium);
        Assert.SkipWhen(Requirements.Chromium is not null, Requirements.Chromium ?? "");
        await _starting.WaitAsync();
        try
        {
            _playground ??= await ServingProcess.StartAsync("Playground", ["--data", _data.FullName, "--urls", Address], environment: null);
            _playwright ??= await Playwright.CreateAsync();
            _browser ??= await _playwright.Chromium.LaunchAsync(new() { ExecutablePath = Requirements.ChromiumPath, Args = ["--no-sandbox"] });
        }
        finally
        {
            _starting.Release();
        }
    }
}

/// <summary>A page that was opened: what the browser complained of, and what it asked for.</summary>
internal sealed record Visit(IPage Page, List<string> Complaints, List<string> Requests);
