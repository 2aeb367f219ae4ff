using System.Diagnostics;

namespace Skald.Bench;

/// <summary>A participant that is away while sagas wait for it: they are to wait, and nothing else.</summary>
public static class AwayBench
{
    private const int Sampled = 1000;

    /// <param name="name">What the services run on.</param>
    /// <param name="ground">As <see cref="Workload"/> takes it.</param>
    /// <param name="sagas">How many.</param>
    /// <param name="away">For how long.</param>
    public static async Task RunAsync(string name, Action<SkaldBuilder, string>? ground, int sagas, TimeSpan away)
    {
        var commands = new CommandCounter();
        await using var workload = await new Workload(ground: ground, patient: commands, consumer: ConsumerIs.Apart).StartAsync();
        await workload.ConsumerComesAsync();
        await workload.RunAsync(Sampled);
        var usual = await LongestTimelineAsync(workload);
        await workload.ConsumerGoesAsync();

        var before = commands.Sent;
        var running = workload.RunAsync(sagas);
        await Task.Delay(away, TimeProvider.System);
        var sentMeanwhile = commands.Sent - before;
        var watch = Stopwatch.StartNew();
        await workload.ConsumerComesAsync();
        var result = await running;
        Console.WriteLine(
            $"{name}, a participant that was away for {away.TotalMinutes:0.#} minutes, {sagas:N0} sagas: {sentMeanwhile / (double)sagas:0.0000} commands sent per saga meanwhile, " +
            $"{(commands.Sent - before) / (double)sagas:0.0000} in all (4 are needed); all had ended {watch.Elapsed.TotalSeconds:0} s after its return; {result.Compensated} compensated; " +
            $"the longest of {Sampled:N0} timelines has {await LongestTimelineAsync(workload)} entries ({usual} without)");
    }

    private static async Task<int> LongestTimelineAsync(Workload workload)
    {
        var longest = 0;
        foreach (var saga in (await workload.Orders.Operations.SagasAsync(new SagaQuery { Limit = Sampled })).Sagas)
        {
            longest = Math.Max(longest, (await workload.Orders.Operations.TimelineAsync(saga.Id)).Count);
        }

        return longest;
    }
}
