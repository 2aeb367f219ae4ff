using System.Diagnostics;
using System.Net.Http.Json;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace Skald.Packages.Tests;

/// <summary>A new project's executable, serving on a free port.</summary>
internal sealed partial class ServingProject : IAsyncDisposable
{
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(30);

    private readonly Process _process;
    private readonly Task _reading;

    private ServingProject(Process process, string address, Task reading) => (_process, Http, _reading) = (process, new HttpClient { BaseAddress = new Uri(address) }, reading);

    public HttpClient Http { get; }

    /// <summary>Starts it in its folder, and returns when it listens.</summary>
    public static async Task<ServingProject> StartAsync(string folder, string name)
    {
        var process = Dotnet.Start(folder, Path.Combine("bin", "Debug", "net10.0", name + ".dll"), "--urls", "http://127.0.0.1:0");
        var said = new List<string>();
        var errors = process.StandardError.ReadToEndAsync();
        using var limit = new CancellationTokenSource(Longest);
        while (await process.StandardOutput.ReadLineAsync(limit.Token) is { } line)
        {
            said.Add(line);
            if (Listening().Match(line) is { Success: true } match)
            {
                return new ServingProject(process, match.Groups[1].Value, Task.WhenAll(process.StandardOutput.ReadToEndAsync(CancellationToken.None), errors));
            }
        }

        throw new InvalidOperationException($"{name} ended without serving:\n{string.Join('\n', said)}\n{await errors}");
    }

    /// <summary>Asks until the answer has a status, one request after the other.</summary>
    public async Task<JsonElement> AskUntilAsync(string path, Func<string, bool> status)
    {
        using var limit = new CancellationTokenSource(Longest);
        while (true)
        {
            var answer = await Http.GetFromJsonAsync<JsonElement>(path, limit.Token);
            if (status(answer.GetProperty("status").GetString()!)) // It always has one.
            {
                return answer;
            }
        }
    }

    /// <summary>Asks it to stop, as Ctrl+C does.</summary>
    /// <returns>Its exit code.</returns>
    public async Task<int> StopAsync()
    {
        using var kill = Process.Start("kill", ["-TERM", $"{_process.Id}"]);
        await _process.WaitForExitAsync().WaitAsync(Longest);
        return _process.ExitCode;
    }

    public async ValueTask DisposeAsync()
    {
        _process.Kill();
        await _process.WaitForExitAsync();
        await _reading;
        _process.Dispose();
        Http.Dispose();
    }

    [GeneratedRegex(@"Now listening on: (\S+)")]
    private static partial Regex Listening();
}
