using System.Diagnostics;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Skald.Bench;

/// <summary>A service comes back after an outage, and finds that the deadlines of all its sagas are over.</summary>
public static class Overdue
{
    private const string Service = "bench.overdue";

    /// <param name="name">What the service runs on.</param>
    /// <param name="ground">As <see cref="Workload"/> takes it.</param>
    /// <param name="sagas">How many.</param>
    public static async Task RunAsync(string name, Action<SkaldBuilder, string>? ground, int sagas)
    {
        var folder = Directory.CreateTempSubdirectory("skald-overdue-");
        using (var before = await StartAsync(ground, folder.FullName))
        {
            await StartAllAsync(Services(before), sagas);
            await before.StopAsync();
        }

        await Task.Delay(SilentSaga.Patience, TimeProvider.System);
        using (var after = await StartAsync(ground, folder.FullName))
        {
            await MeasureAsync(name, Services(after), sagas);
            await after.StopAsync();
        }

        folder.Delete(recursive: true);
    }

    private static async Task MeasureAsync(string name, SkaldService service, int sagas)
    {
        var (watch, first) = (Stopwatch.StartNew(), TimeSpan.Zero);
        var others = new List<double>();
        while (true)
        {
            var other = Stopwatch.StartNew();
            await service.ExecuteAsync(_ => new ValueTask<bool>(true));
            others.Add(other.Elapsed.TotalMilliseconds);
            if (others.Count % 50 == 0)
            {
                var left = (await service.Operations.CountSagasAsync(new SagaQuery { Status = SagaStatus.Running }, sagas + 1)).Value;
                if (first == TimeSpan.Zero && left < sagas)
                {
                    // What requests take while nothing is due says nothing.
                    first = watch.Elapsed;
                    others.RemoveRange(0, others.Count - 1);
                }

                if (left == 0)
                {
                    break;
                }
            }

            await Task.Delay(TimeSpan.FromMilliseconds(1), TimeProvider.System);
        }

        others.Sort();
        Console.WriteLine($"{sagas:N0} overdue sagas on {name}: the first had ended after {first.TotalSeconds:N1} s, the last after {watch.Elapsed.TotalSeconds:N1} s: {sagas / (watch.Elapsed - first).TotalSeconds:N0}/s");
        Console.WriteLine($"requests meanwhile: p50 {others[others.Count / 2]:N1} ms, p99 {others[others.Count * 99 / 100]:N1} ms, longest {others[^1]:N1} ms");
    }

    private static async Task StartAllAsync(SkaldService service, int sagas)
    {
        var left = sagas;
        await Task.WhenAll(Enumerable.Range(0, 256).Select(async _ =>
        {
            while (Interlocked.Decrement(ref left) >= 0)
            {
                await service.StartAsync<SilentSaga, SilentState>(new SilentState(left));
            }
        }));
    }

    private static async Task<IHost> StartAsync(Action<SkaldBuilder, string>? ground, string folder)
    {
        ground ??= (s, _) => s.UseSqlite(Path.Combine(folder, "overdue.db")).UseSqliteBroker(Path.Combine(folder, "broker.db"));
        var builder = Host.CreateEmptyApplicationBuilder(null);
        builder.Services.AddSkald(Service, s => ground(s.AddSaga<SilentSaga>(), "overdue"));
        var host = builder.Build();
        await host.StartAsync();
        return host;
    }

    private static SkaldService Services(IHost host) => host.Services.GetRequiredKeyedService<SkaldService>(Service);
}

/// <summary>A step of nobody, whose answer never comes.</summary>
public sealed class SilentSaga : Saga<SilentState>
{
    /// <summary>Long enough for all to be started.</summary>
    internal static readonly TimeSpan Patience = TimeSpan.FromSeconds(90);

    /// <inheritdoc/>
    protected override void Define(SagaBuilder<SilentState> saga)
    {
        ArgumentNullException.ThrowIfNull(saga);
        saga.Step("ask").Send(s => new AskSilence(s.Number)).NothingToUndo("nobody has done anything").Within(Patience);
    }
}

/// <summary>Which one it is.</summary>
public sealed record SilentState(int Number);

/// <summary>Goes to a queue that nobody consumes.</summary>
[Command("silence.ask", To = "silence")]
public sealed record AskSilence(int Number) : ICommand<Done>;
