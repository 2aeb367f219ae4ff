namespace Skald.Packages.Tests;

/// <summary>Processes of the travel sample, killed in turn and started again. The first ones take requests.</summary>
internal sealed class TravelProcesses(string project) : IAsyncDisposable
{
    private readonly SemaphoreSlim _one = new(1, 1);
    private readonly List<(string[] Options, TaskCompletionSource<ServingProject> Current)> _all = [];
    private int _entries;

    /// <summary>How often one was killed.</summary>
    public int Kills { get; private set; }

    /// <summary>Starts so many with the same options.</summary>
    public async Task StartAsync(int count, params string[] options)
    {
        for (var i = 0; i < count; i++)
        {
            var current = NewPlace();
            _all.Add((options, current));
            current.SetResult(await ServingProject.StartAsync(project, "Travel", options));
        }

        _entries = _entries == 0 ? count : _entries;
    }

    /// <summary>Talks to one that takes requests, once it runs.</summary>
    public async Task<HttpClient> HttpAsync(int number) => (await _all[number % _entries].Current.Task).Http;

    /// <summary>Does something while all of them run, ends the next one as <c>kill -9</c> does, looks at what it left, and starts it again.</summary>
    public async Task KillAndRestartAsync(Func<Task> act, Func<Task> look)
    {
        await _one.WaitAsync();
        try
        {
            var number = Kills++ % _all.Count;
            var (options, old) = _all[number];
            var running = await old.Task;
            await act();
            var current = NewPlace();
            _all[number] = (options, current);
            await running.DisposeAsync();
            await look();
            current.SetResult(await ServingProject.StartAsync(project, "Travel", options));
        }
        finally
        {
            _one.Release();
        }
    }

    /// <summary>Asks all of them to stop.</summary>
    public Task StopAsync() => Task.WhenAll(_all.Select(async process => await (await process.Current.Task).StopAsync()));

    public async ValueTask DisposeAsync()
    {
        foreach (var (_, current) in _all.Where(process => process.Current.Task.IsCompletedSuccessfully))
        {
            await (await current.Task).DisposeAsync();
        }

        _one.Dispose();
    }

    private static TaskCompletionSource<ServingProject> NewPlace() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
