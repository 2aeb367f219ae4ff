using System.Diagnostics;

namespace Skald.Cli.Tests;

/// <summary>The command line as a process of its own.</summary>
internal sealed class Tool : IDisposable
{
    private static readonly TimeSpan s_longest = TimeSpan.FromSeconds(60);

    private readonly Process _process;

    private Tool(Process process) => _process = process;

    public static async Task<Said> RunAsync(string server, string? input, params string[] args)
    {
        using var tool = Start(server, input is not null, args);
        if (input is not null)
        {
            await tool._process.StandardInput.WriteAsync(input);
            tool._process.StandardInput.Close();
        }

        return await tool.EndAsync();
    }

    public static Tool Start(string server, bool hasInput, params string[] args)
    {
        var start = new ProcessStartInfo("dotnet", [Path.Combine(AppContext.BaseDirectory, "Skald.Cli.dll"), .. args])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            RedirectStandardInput = hasInput,
        };
        (start.Environment["SKALD_SERVER"], start.Environment["TERM"]) = (server, "xterm-256color");
        start.Environment.Remove("NO_COLOR");
        return new Tool(Process.Start(start)!); // It is not null when no shell is used.
    }

    public Task<string?> ReadLineAsync() => _process.StandardOutput.ReadLineAsync().WaitAsync(s_longest);

    /// <summary>As Ctrl+C does.</summary>
    public void Interrupt() => Process.Start("kill", ["-INT", $"{_process.Id}"]).WaitForExit();

    public async Task<Said> EndAsync()
    {
        using var limit = new CancellationTokenSource(s_longest);
        var (output, error) = (_process.StandardOutput.ReadToEndAsync(limit.Token), _process.StandardError.ReadToEndAsync(limit.Token));
        await _process.WaitForExitAsync(limit.Token);
        return new Said(_process.ExitCode, await output, await error);
    }

    public void Dispose()
    {
        if (!_process.HasExited)
        {
            _process.Kill(entireProcessTree: true);
        }

        _process.Dispose();
    }
}
