using System.Diagnostics;
using Skald.EventProcess;

namespace Skald.EndToEnd;

/// <summary>A process of the till system, which can be killed after it has done so many things.</summary>
internal sealed class TillProcess : IAsyncDisposable
{
    private readonly Process _process;
    private readonly SemaphoreSlim _done = new(0);
    private readonly TaskCompletionSource _serves = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Task<string> _errors;

    private TillProcess(Process process)
    {
        _process = process;
        _errors = process.StandardError.ReadToEndAsync();
        _ = ReadAsync();
    }

    public static async Task<TillProcess> StartAsync(TillSystem system, string role, int appenders, int seed)
    {
        var process = new TillProcess(Processes.Start("Skald.EventProcess", [role, $"{appenders}", $"{seed}", .. system.Arguments]));
        if (await Task.WhenAny(process._serves.Task, process._errors).WaitAsync(TimeSpan.FromSeconds(30)) == process._errors)
        {
            throw new InvalidOperationException($"{role} ended without serving: {await process._errors}");
        }

        return process;
    }

    /// <summary>Ends it as <c>kill -9</c> does, when it has done so many things more, or has nothing to do.</summary>
    public async Task KillAsync(int after)
    {
        while (after-- > 0 && await _done.WaitAsync(TimeSpan.FromSeconds(1)))
        {
        }

        Assert.False(_process.HasExited, "it ended by itself");
        await DisposeAsync();
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            _process.Kill();
            await _process.WaitForExitAsync();
        }
    }

    private async Task ReadAsync()
    {
        while (await _process.StandardOutput.ReadLineAsync() is { } line)
        {
            _serves.TrySetResult();
            if (line != "serves")
            {
                _done.Release();
            }
        }
    }
}
