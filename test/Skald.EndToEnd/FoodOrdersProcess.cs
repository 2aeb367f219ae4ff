using System.Diagnostics;

namespace Skald.EndToEnd;

/// <summary>One service as a process of its own, listening on a free port.</summary>
internal sealed class FoodOrdersProcess : IDisposable
{
    private readonly Process _process;

    private FoodOrdersProcess(Process process, Uri address) => (_process, Http) = (process, new HttpClient { BaseAddress = address });

    public HttpClient Http { get; }

    /// <summary>Starts it and waits until it listens.</summary>
    public static Task<FoodOrdersProcess> StartAsync(string service, string data) => StartProgramAsync(Path.Combine(AppContext.BaseDirectory, $"FoodOrders.{service}Service"), data);

    /// <summary>The same, of a program that is elsewhere.</summary>
    public static async Task<FoodOrdersProcess> StartProgramAsync(string program, string data)
    {
        var start = new ProcessStartInfo(program, ["--data", data, "--urls", "http://127.0.0.1:0"])
        {
            RedirectStandardOutput = true,
            Environment = { ["SKALD_DATA"] = data },
        };
        var process = Process.Start(start) ?? throw new InvalidOperationException($"{start.FileName} did not start.");
        while (await process.StandardOutput.ReadLineAsync() is { } line)
        {
            if (line.Split("http://") is [_, var address])
            {
                return new FoodOrdersProcess(process, new Uri("http://" + address.Trim()));
            }
        }

        throw new InvalidOperationException($"{start.FileName} ended without listening.");
    }

    /// <summary>What of memory is its own or is used by it now, in bytes.</summary>
    public long Resident
    {
        get
        {
            _process.Refresh();
            return _process.WorkingSet64;
        }
    }

    /// <summary>Ends it at once, as <c>kill -9</c> does.</summary>
    public void Kill()
    {
        _process.Kill();
        _process.WaitForExit();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Kill();
        _process.Dispose();
        Http.Dispose();
    }
}
