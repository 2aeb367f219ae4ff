using System.Diagnostics;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Skald.Bench;

/// <summary>What size costs: many sagas with large states at once, and one saga with many steps, its state small or large.</summary>
internal static class Large
{
    private const string Service = "bench.large";
    private const int StateBytes = 900 * 1024;

    public static async Task RunAsync(int sagas)
    {
        await ManyAsync(sagas);
        await LongAsync("a small state", 100);
        await LongAsync("a state of 900 KB", StateBytes);
    }

    /// <summary>Four steps each, of which two change the state.</summary>
    private static async Task ManyAsync(int sagas)
    {
        using var host = await StartAsync();
        var service = host.Services.GetRequiredKeyedService<SkaldService>(Service);
        await RunOneAsync<LargeSaga>(service, "");
        // The callers' own part: one text for all.
        var text = Text(StateBytes);
        await MeasureAsync($"{sagas} sagas one after the other", sagas, async () =>
        {
            for (var i = 0; i < sagas; i++)
            {
                await RunOneAsync<LargeSaga>(service, text);
            }
        });
        await MeasureAsync($"{sagas} sagas at once", sagas, () => Task.WhenAll(Enumerable.Range(0, sagas).Select(_ => RunOneAsync<LargeSaga>(service, text))));
        await host.StopAsync();
    }

    private static async Task MeasureAsync(string what, int sagas, Func<Task> run)
    {
        GC.Collect();
        var (before, allocated) = (Resident(), GC.GetTotalAllocatedBytes());
        var watch = Stopwatch.StartNew();
        using var stop = new CancellationTokenSource();
        var peak = PeakAsync(stop.Token);
        await run();
        var elapsed = watch.Elapsed;
        await stop.CancelAsync();
        Console.WriteLine(
            $"{what}, states of 900 KB, four steps, on SQLite: {elapsed.TotalMilliseconds / sagas:N1} ms and {(GC.GetTotalAllocatedBytes() - allocated) / 1e6 / sagas:N1} MB allocated a saga; " +
            $"resident {before:N0} MB before, {await peak:N0} MB at most");
    }

    private static async Task LongAsync(string what, int size)
    {
        using var host = await StartAsync();
        var service = host.Services.GetRequiredKeyedService<SkaldService>(Service);
        await RunOneAsync<LongSaga>(service, "");
        StepHandlers.At.Clear();
        await RunOneAsync<LongSaga>(service, Text(size));
        var steps = StepHandlers.At;
        Console.WriteLine($"one saga of {LongSaga.Steps} steps, one after the other, {what}: steps 11 to 30 {Each(10)} ms each, 91 to 110 {Each(90)}, 180 to 199 {Each(179)}");
        await host.StopAsync();

        string Each(int first) => $"{Stopwatch.GetElapsedTime(steps[first], steps[first + 20]).TotalMilliseconds / 20:N2}";
    }

    private static async Task RunOneAsync<TSaga>(SkaldService service, string text) where TSaga : Saga<LargeState>
    {
        var start = await service.StartAsync<TSaga, LargeState>(new LargeState(0, text));
        await service.WaitAsync(start.Id);
    }

    private static string Text(int size) => string.Concat(Enumerable.Repeat("0123456789abcde ", size / 16));

    private static async Task<double> PeakAsync(CancellationToken cancellationToken)
    {
        var peak = Resident();
        while (!cancellationToken.IsCancellationRequested)
        {
            peak = Math.Max(peak, Resident());
            await Task.Delay(TimeSpan.FromMilliseconds(5), TimeProvider.System, CancellationToken.None);
        }

        return peak;
    }

    private static double Resident()
    {
        using var process = Process.GetCurrentProcess();
        return process.WorkingSet64 / 1e6;
    }

    private static async Task<IHost> StartAsync()
    {
        var folder = Directory.CreateTempSubdirectory("skald-large-").FullName;
        var builder = Host.CreateEmptyApplicationBuilder(null);
        builder.Services.AddSkald(Service, s => s.AddSaga<LargeSaga>().AddSaga<LongSaga>()
            .UseSqlite(Path.Combine(folder, "large.db")).UseSqliteBroker(Path.Combine(folder, "broker.db")));
        builder.Services.AddSkald("bench.steps", s => s.AddHandlers<StepHandlers>()
            .UseSqlite(Path.Combine(folder, "steps.db")).UseSqliteBroker(Path.Combine(folder, "broker.db")));
        var host = builder.Build();
        host.Services.GetRequiredService<IHostApplicationLifetime>().ApplicationStopped.Register(() => Directory.Delete(folder, recursive: true));
        await host.StartAsync();
        return host;
    }
}

/// <summary>Some text, and how often it was changed.</summary>
public sealed record LargeState(int Changes, string Text);

/// <summary>Changes its state every other step.</summary>
public sealed class LargeSaga : Saga<LargeState>
{
    /// <inheritdoc/>
    protected override void Define(SagaBuilder<LargeState> saga)
    {
        ArgumentNullException.ThrowIfNull(saga);
        for (var step = 1; step <= 4; step++)
        {
            var take = saga.Step($"take {step}").Send(_ => new TakeStep(step)).NothingToUndo("it only counts");
            if (step % 2 == 0)
            {
                take.OnReply((s, _) => s with { Changes = s.Changes + 1 });
            }
        }
    }
}

/// <summary>Many steps, none of which changes the state.</summary>
public sealed class LongSaga : Saga<LargeState>
{
    internal const int Steps = 200;

    /// <inheritdoc/>
    protected override void Define(SagaBuilder<LargeState> saga)
    {
        ArgumentNullException.ThrowIfNull(saga);
        for (var step = 1; step <= Steps; step++)
        {
            saga.Step($"take {step}").Send(_ => new TakeStep(step)).NothingToUndo("it only counts");
        }
    }
}

/// <summary>Asks for nothing much.</summary>
[Command("steps.take", To = "steps")]
public sealed record TakeStep(int Number) : ICommand<Done>;

/// <summary>Notes when each step came.</summary>
public sealed class StepHandlers
{
    internal static readonly List<long> At = [];

    /// <summary>Does nothing.</summary>
    public Reply<Done> Handle(TakeStep command, MessageContext context)
    {
        lock (At)
        {
            At.Add(Stopwatch.GetTimestamp());
        }

        return Done.Instance;
    }
}
