using System.Diagnostics;
using System.Text;

namespace Skald.EndToEnd;

/// <summary>What a process said, and how it ended.</summary>
internal sealed record ProcessResult(int ExitCode, string Output, string Error)
{
    /// <summary>The value of a field of the one object it printed.</summary>
    public string Field(string name) => Output.Split('\n').Single(line => line.StartsWith(name + ":", StringComparison.Ordinal))[(name.Length + 1)..].Trim();
}

/// <summary>Starts the samples' executables, which lie beside the tests.</summary>
internal static class Processes
{
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(60);

    public static Process Start(string assembly, IEnumerable<string> args, IReadOnlyDictionary<string, string>? environment = null)
    {
        var info = new ProcessStartInfo("dotnet", [Path.Combine(AppContext.BaseDirectory, assembly + ".dll"), .. args])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (var (name, value) in environment ?? new Dictionary<string, string>())
        {
            info.Environment[name] = value;
        }

        return Process.Start(info) ?? throw new InvalidOperationException($"{assembly} did not start.");
    }

    /// <summary>Runs to the end; a process that hangs is a failure.</summary>
    public static Task<ProcessResult> RunAsync(string assembly, params IEnumerable<string> args) => RunAsync(assembly, args, environment: null);

    /// <summary>Runs to the end with some environment variables; a process that hangs is a failure.</summary>
    public static async Task<ProcessResult> RunAsync(string assembly, IEnumerable<string> args, IReadOnlyDictionary<string, string>? environment)
    {
        using var process = Start(assembly, args, environment);
        using var limit = new CancellationTokenSource(Longest);
        var output = process.StandardOutput.ReadToEndAsync(limit.Token);
        var error = process.StandardError.ReadToEndAsync(limit.Token);
        try
        {
            await process.WaitForExitAsync(limit.Token);
            return new ProcessResult(process.ExitCode, await output, await error);
        }
        catch (OperationCanceledException)
        {
            process.Kill();
            throw new TimeoutException($"'{assembly} {string.Join(' ', args)}' did not end within {Longest.TotalSeconds} s.");
        }
    }
}

/// <summary>A serving process on a free port.</summary>
internal sealed class ServingProcess : IAsyncDisposable
{
    private readonly Process _process;
    private readonly StringBuilder _output = new();
    private readonly TaskCompletionSource _ready = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Task _reading;

    private ServingProcess(Process process)
    {
        _process = process;
        _reading = Task.WhenAll(ReadAsync(process.StandardOutput), ReadAsync(process.StandardError));
    }

    /// <summary>All it has said so far.</summary>
    public string Output
    {
        get
        {
            lock (_output)
            {
                return _output.ToString();
            }
        }
    }

    /// <summary>Its id in the system.</summary>
    public int Id => _process.Id;

    /// <summary>Talks to it; set when it has said where it listens.</summary>
    public HttpClient Http { get; } = new();

    /// <summary>Starts it and returns when it has said that it runs.</summary>
    public static Task<ServingProcess> StartAsync(string assembly, params IEnumerable<string> args) => StartAsync(assembly, args, environment: null);

    /// <summary>Starts it with some environment variables, on a free port unless the arguments say another, and returns when it has said that it runs.</summary>
    public static async Task<ServingProcess> StartAsync(string assembly, IEnumerable<string> args, IReadOnlyDictionary<string, string>? environment)
    {
        var serving = new ServingProcess(Processes.Start(assembly, args.Contains("--urls") ? args : [.. args, "--urls", "http://127.0.0.1:0"], environment));
        await Task.WhenAny(serving._ready.Task, serving._reading).WaitAsync(TimeSpan.FromSeconds(30));
        if (!serving._ready.Task.IsCompleted)
        {
            throw new InvalidOperationException($"{assembly} ended without serving: {serving.Output}");
        }

        return serving;
    }

    /// <summary>Stops it in its tracks, as <c>kill -STOP</c> does: it holds what it has.</summary>
    public void Freeze() => Signal("-STOP");

    /// <summary>Lets it go on from where it was frozen.</summary>
    public void Thaw() => Signal("-CONT");

    private void Signal(string signal)
    {
        using var kill = Process.Start("kill", [signal, $"{_process.Id}"]);
        kill.WaitForExit();
    }

    /// <summary>The most memory it has had resident so far.</summary>
    public long PeakMemoryBytes() => File.ReadLines($"/proc/{_process.Id}/status").First(l => l.StartsWith("VmHWM:", StringComparison.Ordinal))
        .Split(' ', StringSplitOptions.RemoveEmptyEntries) is [_, var kilobytes, _] ? long.Parse(kilobytes, System.Globalization.CultureInfo.InvariantCulture) * 1024 : 0;

    /// <summary>Ends it at once, as <c>kill -9</c> does.</summary>
    public async Task KillAsync()
    {
        _process.Kill();
        await _process.WaitForExitAsync();
    }

    /// <summary>Asks it to stop, as Ctrl+C does.</summary>
    /// <returns>Its exit code.</returns>
    public async Task<int> StopAsync()
    {
        using var kill = Process.Start("kill", ["-TERM", $"{_process.Id}"]);
        await _process.WaitForExitAsync().WaitAsync(TimeSpan.FromSeconds(15));
        return _process.ExitCode;
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await KillAsync();
        _process.Dispose();
        Http.Dispose();
    }

    private async Task ReadAsync(StreamReader reader)
    {
        while (await reader.ReadLineAsync() is { } line)
        {
            lock (_output)
            {
                _output.AppendLine(line);
            }

            if (line.Split("address  ") is [_, var address])
            {
                Http.BaseAddress = new Uri(address.Trim());
            }
            else if (line.StartsWith("Stop it with", StringComparison.Ordinal))
            {
                _ready.TrySetResult();
            }
        }
    }
}
