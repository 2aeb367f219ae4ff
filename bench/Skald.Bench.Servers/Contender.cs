namespace Skald.Bench.Servers;

/// <summary>A contender that has started.</summary>
/// <param name="What">To be disposed of.</param>
/// <param name="Burst">Runs so many sagas as fast as they are taken; sagas per second.</param>
/// <param name="Waiting">Runs so many with <see cref="Waiters"/> callers that each wait for the end of their saga; null where nobody can.</param>
/// <param name="OneAtATime">Runs so many with one such caller.</param>
internal sealed record Running(IAsyncDisposable What, Func<int, Task<double>> Burst, Func<int, Task<double>>? Waiting, Func<int, Task<Latency>> OneAtATime)
{
    public const int Waiters = 256;
}

/// <summary>A row of the table.</summary>
internal sealed record Contender(string Name, Func<Task<Running>> Start) : IAsyncDisposable
{
    private const int LatencySagas = 200;
    private Running? _running;

    /// <summary>Whether it is the transport alone, which others are compared with.</summary>
    public bool IsReference { get; init; }

    /// <summary>Fewer sagas a run, for the slow.</summary>
    public int AtMost { get; init; } = int.MaxValue;

    public List<double> Rates { get; } = [];

    public List<double> WaitingRates { get; } = [];

    public List<CpuTimes> Cpu { get; } = [];

    public List<double> Allocated { get; } = [];

    public Latency Latency { get; private set; } = new(double.NaN, double.NaN);

    public async Task StartAsync(int warmUp)
    {
        _running = await Start();
        await _running.Burst(Math.Min(warmUp, AtMost));
    }

    public async Task RunAsync(int sagas)
    {
        var count = Math.Min(sagas, AtMost);
        var (cpu, allocated) = (CpuTimes.Now(), GC.GetTotalAllocatedBytes());
        Rates.Add(await _running!.Burst(count));
        var used = CpuTimes.Now().Since(cpu);
        Cpu.Add(new CpuTimes(used.Dotnet / count, used.Postgres / count, used.Broker / count));
        Allocated.Add((GC.GetTotalAllocatedBytes() - allocated) / 1024.0 / count);
        if (_running.Waiting is { } waiting)
        {
            WaitingRates.Add(await waiting(count));
        }
    }

    public async Task RunOneAtATimeAsync() => Latency = await _running!.OneAtATime(LatencySagas);

    public ValueTask DisposeAsync() => _running?.What.DisposeAsync() ?? ValueTask.CompletedTask;
}
