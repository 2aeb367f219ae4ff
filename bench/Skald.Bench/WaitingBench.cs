using System.Diagnostics;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Skald.Bench;

/// <summary>Many sagas wait at once, and the deadlines of all are over within a few seconds, in the middle of which their process is stopped and started again. Others go on meanwhile.</summary>
public static class WaitingBench
{
    private const string Service = "bench.waiting";

    /// <summary>Of so many, one is told what it waits for.</summary>
    private const int ToldEvery = 10;

    private static readonly TimeSpan Quiet = TimeSpan.FromSeconds(20);

    /// <summary>What looks at how many are left counts them, in each phase as often.</summary>
    private static readonly TimeSpan Look = TimeSpan.FromSeconds(1);

    /// <param name="name">What the service runs on.</param>
    /// <param name="ground">As <see cref="Workload"/> takes it.</param>
    /// <param name="sagas">How many.</param>
    /// <param name="deadline">When their deadlines are over, after the first start; with time enough to start them all, and half a minute.</param>
    public static async Task RunAsync(string name, Action<SkaldBuilder, string>? ground, int sagas, TimeSpan deadline)
    {
        Slot.Last = deadline;
        var folder = Directory.CreateTempSubdirectory("skald-waiting-");
        var begun = Stopwatch.StartNew();
        var peak = 0L;
        var host = await StartAsync(ground, folder.FullName);
        await StartAllAsync(Of(host), sagas, begun);
        Console.WriteLine($"{sagas:N0} sagas wait on {name} after {begun.Elapsed.TotalSeconds:N1} s, {Megabytes()} MB resident");
        var told = await TellAsync(Of(host), sagas);

        // What else there is, while nobody's time has come.
        var traffic = new Traffic(() => Of(host));
        var quietFrom = deadline - Quiet - TimeSpan.FromSeconds(2);
        await UntilAsync(() => begun.Elapsed >= quietFrom);
        traffic.Enter("quiet");
        // Looked at as often as later, so that what looking costs is in both.
        await UntilAsync(async () =>
        {
            await LeftSampledAsync();
            return begun.Elapsed >= deadline - TimeSpan.FromSeconds(2);
        });
        traffic.Enter("");
        await UntilAsync(async () => await LeftAsync(Of(host), sagas) < sagas - told);
        traffic.Enter("due");
        var first = begun.Elapsed;
        await UntilAsync(async () => await LeftSampledAsync() < (sagas - told) / 2);
        traffic.Enter("");
        var stopped = Stopwatch.StartNew();
        await host.StopAsync();
        host.Dispose();
        host = await StartAsync(ground, folder.FullName);
        var (away, left) = (stopped.Elapsed, await LeftAsync(Of(host), sagas));
        traffic.Enter("due");
        await UntilAsync(async () => await LeftSampledAsync() == 0);
        var last = begun.Elapsed;
        await traffic.EndAsync();
        Console.WriteLine($"their deadlines are over {deadline.TotalSeconds:N0} to {(deadline + Slot.Length).TotalSeconds:N0} s after the first start: the first had ended after {first.TotalSeconds:N1} s, the last after {last.TotalSeconds:N1} s; away for {away.TotalSeconds:N1} s when {left:N0} were left; {peak} MB resident at most");
        var ends = await EndsAsync(Of(host));
        Console.WriteLine($"{ends.Completed:N0} completed (of {told:N0} that were told), {ends.Compensated:N0} compensated (of {sagas - told:N0}), {ends.Parked:N0} parked, {traffic.Failed} of the others failed");
        var (before, after) = (traffic.Percentile("quiet", 99), traffic.Percentile("due", 99));
        Console.WriteLine($"others, {Traffic.PerSecond} starts a second: p50 {traffic.Percentile("quiet", 50):N1} ms and p99 {before:N1} ms before, p50 {traffic.Percentile("due", 50):N1} ms and p99 {after:N1} ms meanwhile: {after / before:N1} times");
        await host.StopAsync();
        host.Dispose();
        folder.Delete(recursive: true);

        Task<long> LeftSampledAsync()
        {
            peak = Math.Max(peak, Megabytes());
            return LeftAsync(Of(host), sagas);
        }
    }

    private static async Task StartAllAsync(SkaldService service, int sagas, Stopwatch begun)
    {
        var left = sagas;
        await Task.WhenAll(Enumerable.Range(0, 256).Select(async _ =>
        {
            for (var n = Interlocked.Decrement(ref left); n >= 0; n = Interlocked.Decrement(ref left))
            {
                await Slot.StartAsync(service, begun.Elapsed, new Waiter(n));
            }
        }));
    }

    private static async Task<int> TellAsync(SkaldService service, int sagas)
    {
        var told = 0;
        await Parallel.ForEachAsync(Enumerable.Range(0, sagas).Where(n => n % ToldEvery == 0), new ParallelOptions { MaxDegreeOfParallelism = 64 }, async (n, token) =>
        {
            foreach (var saga in (await service.Operations.SagasAsync(new SagaQuery { Key = Waiter.KeyOf(n) }, token)).Sagas)
            {
                if (await service.RaiseAsync(saga.Id, new BellRang(), token) == EventOutcome.Accepted)
                {
                    Interlocked.Increment(ref told);
                }
            }
        });
        return told;
    }

    private static async Task<long> LeftAsync(SkaldService service, int sagas) =>
        (await service.Operations.CountSagasAsync(new SagaQuery { Status = SagaStatus.Running }, sagas + 1000)).Value;

    private static async Task<(long Completed, long Compensated, long Parked)> EndsAsync(SkaldService service)
    {
        var notes = await CountAsync(new NoteSaga().Name, SagaStatus.Completed);
        return (await CountAsync(null, SagaStatus.Completed) - notes, await CountAsync(null, SagaStatus.Compensated), await CountAsync(null, SagaStatus.Parked));

        async Task<long> CountAsync(string? definition, SagaStatus status) =>
            (await service.Operations.CountSagasAsync(new SagaQuery { Definition = definition, Status = status }, 10_000_000)).Value;
    }

    private static Task UntilAsync(Func<bool> holds) => UntilAsync(() => Task.FromResult(holds()));

    private static async Task UntilAsync(Func<Task<bool>> holds)
    {
        while (!await holds())
        {
            await Task.Delay(Look, TimeProvider.System);
        }
    }

    private static long Megabytes()
    {
        using var process = Process.GetCurrentProcess();
        return process.WorkingSet64 >> 20;
    }

    private static async Task<IHost> StartAsync(Action<SkaldBuilder, string>? ground, string folder)
    {
        ground ??= (s, _) => s.UseSqlite(Path.Combine(folder, "waiting.db")).UseSqliteBroker(Path.Combine(folder, "broker.db"));
        var builder = Host.CreateEmptyApplicationBuilder(null);
        builder.Services.AddSkald(Service, s => ground(Slot.AddTo(s).AddSaga<NoteSaga>(), "waiting"));
        var host = builder.Build();
        await host.StartAsync();
        return host;
    }

    private static SkaldService Of(IHost host) => host.Services.GetRequiredKeyedService<SkaldService>(Service);
}

/// <summary>Starts that come at a steady pace, whoever else has something to do.</summary>
internal sealed class Traffic
{
    public const int PerSecond = 100;

    private readonly Func<SkaldService> _service;
    private readonly Dictionary<string, List<double>> _took = [];
    private readonly Task _running;
    private string _phase = "";
    private int _failed;
    private volatile bool _ending;

    public Traffic(Func<SkaldService> service) => (_service, _running) = (service, RunAsync());

    public int Failed => _failed;

    /// <summary>What begins from now on counts for it; nothing does for the empty one.</summary>
    public void Enter(string phase) => _phase = phase;

    public Task EndAsync()
    {
        _ending = true;
        return _running;
    }

    public double Percentile(string phase, int percent)
    {
        var all = _took[phase];
        all.Sort();
        return all[Math.Min(all.Count - 1, all.Count * percent / 100)];
    }

    private async Task RunAsync()
    {
        var (clock, sent, open) = (Stopwatch.StartNew(), 0, new List<Task>());
        while (!_ending)
        {
            // Those that are late are sent all the same.
            for (; sent < clock.Elapsed.TotalSeconds * PerSecond; sent++)
            {
                if (_phase.Length > 0)
                {
                    open.Add(StartOneAsync(_phase, sent));
                }
            }

            await Task.Delay(TimeSpan.FromMilliseconds(2), TimeProvider.System);
        }

        await Task.WhenAll(open);
    }

    private async Task StartOneAsync(string phase, int number)
    {
        var watch = Stopwatch.StartNew();
        try
        {
            await _service().StartAsync<NoteSaga, Note>(new Note(number));
            lock (_took)
            {
                (_took.TryGetValue(phase, out var took) ? took : _took[phase] = []).Add(watch.Elapsed.TotalMilliseconds);
            }
        }
        catch (Exception exception) when (exception is not OutOfMemoryException)
        {
            Interlocked.Increment(ref _failed);
        }
    }
}

/// <summary>Sagas that are started one after the other, and whose deadlines are over at one time: those that start later wait for less.</summary>
internal static class Slot
{
    /// <summary>How long starts of one slot take.</summary>
    public static readonly TimeSpan Length = TimeSpan.FromSeconds(10);

    /// <summary>How long those of the first slot wait.</summary>
    public static TimeSpan Last { get; set; }

    public static SkaldBuilder AddTo(SkaldBuilder builder) => builder
        .AddSaga<WaitSaga<S0>>().AddSaga<WaitSaga<S1>>().AddSaga<WaitSaga<S2>>().AddSaga<WaitSaga<S3>>().AddSaga<WaitSaga<S4>>().AddSaga<WaitSaga<S5>>()
        .AddSaga<WaitSaga<S6>>().AddSaga<WaitSaga<S7>>().AddSaga<WaitSaga<S8>>().AddSaga<WaitSaga<S9>>();

    public static Task StartAsync(SkaldService service, TimeSpan after, Waiter waiter) => (after < Last - Length ? (int)(after / Length) : -1) switch
    {
        0 => service.StartAsync<WaitSaga<S0>, Waiter>(waiter),
        1 => service.StartAsync<WaitSaga<S1>, Waiter>(waiter),
        2 => service.StartAsync<WaitSaga<S2>, Waiter>(waiter),
        3 => service.StartAsync<WaitSaga<S3>, Waiter>(waiter),
        4 => service.StartAsync<WaitSaga<S4>, Waiter>(waiter),
        5 => service.StartAsync<WaitSaga<S5>, Waiter>(waiter),
        6 => service.StartAsync<WaitSaga<S6>, Waiter>(waiter),
        7 => service.StartAsync<WaitSaga<S7>, Waiter>(waiter),
        8 => service.StartAsync<WaitSaga<S8>, Waiter>(waiter),
        9 => service.StartAsync<WaitSaga<S9>, Waiter>(waiter),
        _ => throw new InvalidOperationException("They could not all be started in time: take fewer, or more seconds."),
    };

    /// <summary>How long those wait that are started in a slot; of one that is too late for the deadline, any time.</summary>
    public static TimeSpan WaitOf(Type slot) => Last - (Length * (slot.Name[1] - '0')) is var wait && wait > TimeSpan.Zero ? wait : Last;
}

internal sealed class S0;

internal sealed class S1;

internal sealed class S2;

internal sealed class S3;

internal sealed class S4;

internal sealed class S5;

internal sealed class S6;

internal sealed class S7;

internal sealed class S8;

internal sealed class S9;

/// <summary>Waits for a bell.</summary>
/// <typeparam name="TSlot">When it is started.</typeparam>
internal sealed class WaitSaga<TSlot> : Saga<Waiter>
{
    public override string Name => $"wait {typeof(TSlot).Name}";

    protected override void Define(SagaBuilder<Waiter> saga)
    {
        saga.Key(w => Waiter.KeyOf(w.Number));
        saga.WaitFor<BellRang>("bell").Within(Slot.WaitOf(typeof(TSlot)));
    }
}

/// <summary>Which one it is.</summary>
internal sealed record Waiter(int Number)
{
    public static string KeyOf(int number) => $"w{number}";
}

[Event("BELL_RANG")]
internal sealed record BellRang : IEvent;

/// <summary>What else there is to do.</summary>
internal sealed class NoteSaga : Saga<Note>
{
    protected override void Define(SagaBuilder<Note> saga) => saga.Step("note").Do((n, _) => n with { Number = n.Number + 1 }).NothingToUndo("a number");
}

internal sealed record Note(int Number);
