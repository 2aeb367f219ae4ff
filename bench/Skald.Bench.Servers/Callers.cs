using System.Diagnostics;

namespace Skald.Bench.Servers;

/// <summary>Who starts the peers' sagas.</summary>
internal static class Callers
{
    /// <summary>So many callers start sagas, each one after the other.</summary>
    public static Task RunAsync(int sagas, int callers, Func<Task> start)
    {
        var left = sagas;
        return Task.WhenAll(Enumerable.Range(0, callers).Select(async _ =>
        {
            while (Interlocked.Decrement(ref left) >= 0)
            {
                await start();
            }
        }));
    }

    /// <summary>One caller, which waits for the end of each.</summary>
    public static async Task<Latency> OneAtATimeAsync(int sagas, Func<Task> startAndWait)
    {
        var times = new double[sagas];
        for (var i = 0; i < sagas; i++)
        {
            var watch = Stopwatch.StartNew();
            await startAndWait();
            times[i] = watch.Elapsed.TotalMilliseconds;
        }

        Array.Sort(times);
        return new Latency(times[sagas / 2], times[sagas * 99 / 100]);
    }
}
