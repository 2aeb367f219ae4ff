using System.Collections.Concurrent;
using System.Diagnostics;
using System.Diagnostics.Metrics;
using System.Text.RegularExpressions;
using Skald.Decisions;
using Skald.Messaging;

namespace Skald.Bench;

/// <summary>
/// Whether it matters how many sagas a store has had: so many as fast as they are taken, all of them kept; and as many at a steady load, which are removed ten
/// seconds after their end, while copies of their commands come just before their participants may forget them, and parked ones lie among them. At last
/// what removal costs who has no time to spare.
/// </summary>
public static partial class GrowthBench
{
    private const int Slices = 10;
    private const int Callers = 256;
    private const int Parked = 100;
    private const int WarmUp = 20_000;
    private const int CopyOfEvery = 50;
    private const double SteadyLoad = 0.6;

    private static readonly TimeSpan KeptFor = TimeSpan.FromSeconds(10);
    // A participant may forget a saga's steps this long after its end; what is later than a second before that may come too late.
    private static readonly TimeSpan Horizon = 2 * KeptFor;
    private static readonly TimeSpan BeforeHorizon = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan TooLate = TimeSpan.FromSeconds(1);

    /// <param name="name">What the services run on.</param>
    /// <param name="ground">As <see cref="Workload"/> takes it; each of the two parts gets its own.</param>
    /// <param name="sagas">How many are kept.</param>
    /// <param name="toRemove">How many are removed.</param>
    public static async Task RunAsync(string name, Func<string, Action<SkaldBuilder, string>?> ground, int sagas, int toRemove)
    {
        Console.WriteLine($"{name}, {Environment.ProcessorCount} cores, {sagas:N0} sagas that are kept and {toRemove:N0} that are removed, {Callers} callers that wait for the end");
        Func<SkaldOptions, SkaldOptions> removes = o => o with { EndedKeptFor = KeptFor, CopiesComeWithin = KeptFor, RemovedKnownFor = KeptFor };
        var kept = await RunPartAsync("kept", ground("kept"), sagas, options: null);
        var load = SteadyLoad * kept;
        var steady = await RunPartAsync("removed after 10 s", ground("steady"), toRemove, removes, load);
        var fast = await RunPartAsync("removed, at full load", ground("fast"), toRemove / 4, removes);
        Console.WriteLine($"with removal: {steady / load:0.00} of a load of {load:N0} sagas/s; at full load, {fast / kept:0.00} of the throughput without");
    }

    /// <returns>Sagas per second, of the second half.</returns>
    private static async Task<double> RunPartAsync(string part, Action<SkaldBuilder, string>? ground, int sagas, Func<SkaldOptions, SkaldOptions>? options, double? load = null)
    {
        await using var workload = await new Workload(ground: ground, options: options).StartAsync();
        await workload.RunSliceAsync(WarmUp, Callers, _ => { });
        for (var n = 0; n < Parked; n++)
        {
            await workload.StartOneThatParksAsync();
        }

        while ((await workload.Orders.Operations.CountByStatusAsync()).GetValueOrDefault(SagaStatus.Parked).Value < Parked)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(50), TimeProvider.System);
        }

        using var effects = new EffectCounter("bench.restaurant");
        await using var copies = options is null ? null : new Copies(workload.Orders);
        var before = 0L;
        var watch = Stopwatch.StartNew();
        Console.WriteLine($"{part,-22}{"sagas/s",9}{"p50 ms",9}{"p99 ms",9}{"CPU-ms",9}{"MB",9}");
        var second = 0.0;
        for (var slice = 1; slice <= Slices; slice++)
        {
            second = slice == (Slices / 2) + 1 ? watch.Elapsed.TotalSeconds : second;
            var result = await workload.RunSliceAsync(sagas / Slices, Callers, id => copies?.Take(id), load);
            before += sagas / Slices;
            var size = (await workload.SizesAsync()).Values.Sum();
            Console.WriteLine($"{before,-22:N0}{result.SagasPerSecond,9:N0}{result.P50,9:0.0}{result.P99,9:0.0}{result.CpuMilliseconds,9:0.00}{size / 1e6,9:N0}");
        }

        var rate = sagas / watch.Elapsed.TotalSeconds;
        var steady = sagas / 2 / (watch.Elapsed.TotalSeconds - second);
        if (copies is not null)
        {
            await copies.SentAsync();
        }

        var counts = await workload.Orders.Operations.CountByStatusAsync(cap: 10_000_000);
        Console.WriteLine(
            $"{"all of it",-22}{rate,9:N0}, the second half {steady:N0}; {counts.GetValueOrDefault(SagaStatus.Parked).Value} parked (of {Parked}); effects at the restaurant beyond those of the sagas: {effects.Value - (2L * before):N0}" +
            (copies is null ? "" : $", with {copies.Sent:N0} copies at the horizon"));
        foreach (var (table, bytes) in (await workload.SizesAsync()).OrderByDescending(t => t.Value).Where(t => t.Value > 100_000))
        {
            Console.WriteLine($"  {table,-34}{bytes / 1e6,9:N1} MB{(options is null ? $"{bytes / (double)(before + WarmUp),9:N0} bytes per saga" : "")}");
        }

        return steady;
    }

    /// <summary>Sends commands of ended sagas once more, shortly before their participant may forget them.</summary>
    private sealed class Copies : IAsyncDisposable
    {
        private readonly ConcurrentQueue<(long Due, SagaId Saga)> _waiting = new();
        private readonly CancellationTokenSource _stopping = new();
        private readonly SkaldService _orders;
        private readonly Task _running;
        private long _seen;

        public Copies(SkaldService orders)
        {
            _orders = orders;
            _running = RunAsync();
        }

        public long Sent { get; private set; }

        public void Take(SagaId saga)
        {
            if (Interlocked.Increment(ref _seen) % CopyOfEvery == 0)
            {
                _waiting.Enqueue((Stopwatch.GetTimestamp() + (long)((Horizon - BeforeHorizon).TotalSeconds * Stopwatch.Frequency), saga));
            }
        }

        /// <summary>Ends when all are sent, and handled.</summary>
        public async Task SentAsync()
        {
            while (!_waiting.IsEmpty)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(100), TimeProvider.System);
            }

            await Task.Delay(TimeSpan.FromSeconds(1), TimeProvider.System);
        }

        private async Task RunAsync()
        {
            while (!_stopping.IsCancellationRequested)
            {
                var due = new List<Task>();
                while (_waiting.TryPeek(out var first) && first.Due <= Stopwatch.GetTimestamp() && _waiting.TryDequeue(out first))
                {
                    if (Stopwatch.GetElapsedTime(first.Due) < BeforeHorizon - TooLate)
                    {
                        due.Add(_orders.SendSignedAsync(CopyOf(first.Saga)));
                    }
                }

                await Task.WhenAll(due);
                Sent += due.Count;
                await Task.Delay(TimeSpan.FromMilliseconds(50), TimeProvider.System, _stopping.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }

        private OutgoingMessage CopyOf(SagaId saga)
        {
            const string step = "create ticket";
            var secret = _orders.Engine.Secrets.Of(saga, step);
            return new OutgoingMessage(
                new Envelope
                {
                    Id = MessageIds.Command(saga, step, secret, 1, undo: false), Type = "restaurant.create_ticket", Kind = MessageKind.Command, Source = "bench.order",
                    Destination = "bench.restaurant.commands", ReplyTo = "bench.order.replies", Saga = saga, Step = step, Attempt = 1, Secret = secret, Time = TimeProvider.System.GetUtcNow(),
                },
                _orders.Serializer.Write(new CreateTicket(70, "2 x Dish 1, 1 x Dish 2")));
        }

        public async ValueTask DisposeAsync()
        {
            await _stopping.CancelAsync();
            await _running;
            _stopping.Dispose();
        }
    }

    /// <summary>Counts what a service has done, repeats not included.</summary>
    private sealed class EffectCounter : IDisposable
    {
        private readonly MeterListener _listener = new();
        private long _value;

        public EffectCounter(string service)
        {
            _listener.InstrumentPublished = (instrument, listener) =>
            {
                if (instrument.Name == "skald.messages.handled")
                {
                    listener.EnableMeasurementEvents(instrument);
                }
            };
            _listener.SetMeasurementEventCallback<long>((_, measurement, tags, _) =>
            {
                foreach (var (key, value) in tags)
                {
                    if (key == "service" && value is string of && of == service)
                    {
                        Interlocked.Add(ref _value, measurement);
                    }
                }
            });
            _listener.Start();
        }

        public long Value => Interlocked.Read(ref _value);

        public void Dispose() => _listener.Dispose();
    }

    /// <summary>A table without the month of its part.</summary>
    [GeneratedRegex("_([0-9]{6}|other)$")]
    internal static partial Regex PartOfTable { get; }
}
