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
    private readonly Task<string[]> _reading;

    private ServingProject(Process process, string address, Task<string[]> reading) => (_process, Http, _reading) = (process, new HttpClient { BaseAddress = new Uri(address) }, reading);

    public HttpClient Http { get; }

    /// <summary>Starts it in its folder, and returns when it has started.</summary>
    public static async Task<ServingProject> StartAsync(string folder, string name, params string[] options)
    {
        var process = Dotnet.Start(folder, [Path.Combine("bin", "Debug", "net10.0", name + ".dll"), "--urls", "http://127.0.0.1:0", .. options]);
        var (said, address) = (new List<string>(), "");
        var errors = process.StandardError.ReadToEndAsync();
        using var limit = new CancellationTokenSource(Longest);
        try
        {
            while (await process.StandardOutput.ReadLineAsync(limit.Token) is { } line)
            {
                said.Add(line);
                address = Listening().Match(line) is { Success: true } match ? match.Groups[1].Value : address;
                // It listens before it handles messages, and cannot be stopped well in between.
                if (line.Contains("Application started", StringComparison.Ordinal))
                {
                    return new ServingProject(process, address, Task.WhenAll(process.StandardOutput.ReadToEndAsync(CancellationToken.None), errors));
                }
            }
        }
        catch (OperationCanceledException)
        {
            process.Kill();
        }

        throw new InvalidOperationException($"{name} does not serve:\n{string.Join('\n', said)}\n{await errors}");
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
    /// <exception cref="InvalidOperationException">It did not end well; the message is what it said.</exception>
    public async Task StopAsync()
    {
        using var kill = Process.Start("kill", ["-TERM", $"{_process.Id}"]);
        await _process.WaitForExitAsync().WaitAsync(Longest);
        if (_process.ExitCode != 0)
        {
            throw new InvalidOperationException($"It ended with {_process.ExitCode}:\n{string.Concat(await _reading)}");
        }
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
