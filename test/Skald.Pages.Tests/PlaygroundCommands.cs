using System.Diagnostics;
using Microsoft.Playwright;

namespace Skald.Pages.Tests;

/// <summary>What the Playground's page gives people to paste into a shell.</summary>
public sealed class The_Playgrounds_commands(Browser browser) : IClassFixture<Browser>
{
    /// <summary>Runs what was built instead of building it again; the commands stay as they are.</summary>
    private const string BuiltAlready = """
        set -eo pipefail
        exec 2>&1
        dotnet() {
          local project=${3#samples/}; project=${project//\//.}
          shift 4
          command dotnet "$BUILT/$project.dll" "$@"
        }
        """;

    [Fact]
    public async Task Work_one_after_another_and_then_know_the_newest_of_each_system()
    {
        var page = (await browser.OpenAsync("/")).Page;
        foreach (var system in await SystemsAsync(page))
        {
            var (exitCode, output) = await RunAsync(await CommandsAsync(page, system));
            Assert.True(exitCode == 0, $"{system}: {output}");
        }

        await page.ReloadAsync();
        foreach (var system in await SystemsAsync(page))
        {
            var newest = (await CommandsAsync(page, system))[^1];
            Assert.StartsWith(system is "parking-orchestration" ? "dotnet run" : "curl ", newest, StringComparison.Ordinal);
            Assert.DoesNotContain('$', newest);
            var (exitCode, output) = await RunAsync([newest.Replace("curl ", "curl --fail --silent ", StringComparison.Ordinal)]);
            Assert.Equal(0, exitCode);
            Assert.NotEmpty(output);
        }
    }

    [Fact]
    public async Task Are_numbered_and_copied_with_a_click()
    {
        var page = (await browser.OpenAsync("/")).Page;
        var first = page.Locator("#food-orders .commands li").First;

        Assert.Equal("\"1. \"", await first.Locator(".does span").EvaluateAsync<string>("e => getComputedStyle(e, '::before').content.replace(/counter\\(command\\) \"(.*)\"/, '\"1$1\"')"));
        await first.GetByRole(AriaRole.Button, new() { Name = "Copy" }).ClickAsync();

        await Assertions.Expect(first.GetByRole(AriaRole.Button)).ToHaveTextAsync("Copied");
        Assert.Equal($"curl -X POST {browser.Address}/food-orders/run-success-saga", await page.EvaluateAsync<string>("navigator.clipboard.readText()"));
    }

    [Fact]
    public async Task Follow_what_happened_when_one_comes_back_from_the_shell()
    {
        var page = (await browser.OpenAsync("/")).Page;
        using var http = new HttpClient { BaseAddress = new Uri(browser.Address) };
        using var answer = await http.PostAsync("/food-orders/run-success-saga", content: null);
        Assert.True(answer.IsSuccessStatusCode);

        await page.EvaluateAsync("document.dispatchEvent(new Event('visibilitychange'))");

        await Assertions.Expect(page.Locator("#food-orders .commands li").Last.Locator("pre")).ToHaveTextAsync(new System.Text.RegularExpressions.Regex(@"/food-orders/orders/\d+$"));
        await Assertions.Expect(page.Locator("#food-orders .commands button").Last).ToBeVisibleAsync();
    }

    private static async Task<IReadOnlyList<string>> SystemsAsync(IPage page) => await page.EvaluateAsync<string[]>("[...document.querySelectorAll('main section')].map(s => s.id)");

    private static async Task<IReadOnlyList<string>> CommandsAsync(IPage page, string system) =>
        await page.EvaluateAsync<string[]>("system => [...document.querySelectorAll(`#${system} .commands pre`)].map(p => p.textContent)", system);

    private static async Task<(int ExitCode, string Output)> RunAsync(IEnumerable<string> commands)
    {
        var info = new ProcessStartInfo("bash", ["-c", string.Join('\n', [BuiltAlready, .. commands])])
        {
            RedirectStandardOutput = true,
            Environment = { ["BUILT"] = AppContext.BaseDirectory },
        };
        using var shell = Process.Start(info) ?? throw new InvalidOperationException("bash did not start.");
        var output = await shell.StandardOutput.ReadToEndAsync();
        await shell.WaitForExitAsync();
        return (shell.ExitCode, output);
    }
}
