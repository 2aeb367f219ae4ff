namespace Skald.Bench;

/// <summary>The database that events are measured on.</summary>
/// <param name="Name">For people.</param>
/// <param name="Store">The service's store, empty.</param>
/// <param name="Projection">Adds the projection.</param>
/// <param name="PlainAsync">
/// Writers insert events of the same size into a table with the same columns and indexes, with nothing read and nothing checked:
/// writers, rows per commit, duration; rows per second.
/// </param>
public sealed record EventGround(
    string Name, Action<SkaldBuilder> Store, Action<SkaldBuilder> Projection, Func<int, int, TimeSpan, Task<double>> PlainAsync);

/// <summary>Appending beside plain INSERT, and how far a projection is behind.</summary>
public static class EventBench
{
    private static readonly TimeSpan OneRun = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan UnderLoad = TimeSpan.FromSeconds(3);
    private static readonly (int Writers, int Batch)[] Loads = [(1, 1), (1, 100), (8, 1), (8, 100)];

    public static async Task RunAsync(EventGround ground, int runs)
    {
        Console.WriteLine($"Appending on {ground.Name}, {Environment.ProcessorCount} cores, medians of {runs} interleaved runs of {OneRun.TotalSeconds:0} s");
        Console.WriteLine($"{"",-30}{"events/s",10}{"plain INSERT",14}{"ratio",7}{"grouped",11}{"ratio",7}   aim 0.70");
        await using (var workload = await new EventWorkload(ground.Store).StartAsync())
        {
            await workload.AppendAsync(8, 10, OneRun);
            foreach (var (writers, batch) in Loads)
            {
                await AppendAsync(ground, workload, writers, batch, runs);
            }
        }

        await using (var projecting = await new EventWorkload(s =>
        {
            ground.Store(s);
            ground.Projection(s);
        }).StartAsync())
        {
            await LagAsync(projecting);
        }
    }

    private static async Task AppendAsync(EventGround ground, EventWorkload workload, int writers, int batch, int runs)
    {
        var (rates, plain, grouped) = (new List<double>(), new List<double>(), new List<double>());
        for (var run = 0; run < runs; run++)
        {
            plain.Add(await ground.PlainAsync(writers, batch, OneRun));
            rates.Add(await workload.AppendAsync(writers, batch, OneRun));
            // As if somebody had gathered what the writers have in hand: the most that any writer of these events can reach.
            grouped.Add(writers == 1 ? plain[^1] : await ground.PlainAsync(1, writers * batch, OneRun));
        }

        var rate = Median(rates);
        Console.WriteLine(
            $"{$"{writers} writer{(writers == 1 ? "" : "s")}, {batch} per append",-30}{rate,10:N0}{Median(plain),14:N0}{rate / Median(plain),7:0.00}{Median(grouped),11:N0}{rate / Median(grouped),7:0.00}");
    }

    private static async Task LagAsync(EventWorkload projecting)
    {
        var projection = projecting.Service.Projection("meter_list");
        await EventWorkload.CurrentAsync(projection);
        foreach (var writers in (int[])[0, 1, 8])
        {
            var lag = await projecting.LagAsync(writers, UnderLoad);
            Console.WriteLine(
                $"from commit to row, {(writers == 0 ? "nobody else" : $"{writers} writing")}: p50 {lag.P50:0.0} ms, p99 {lag.P99:0.0} ms, at {lag.AppendsPerSecond:N0} events/s; current {lag.Drained:0} ms after the last");
        }
    }

    private static double Median(List<double> values) => values.Order().ElementAt(values.Count / 2);
}
