namespace Skald.Bench;

/// <summary>Bursts of one size beside larger ones, each with every tenth saga compensated too.</summary>
public static class BurstBench
{
    private static readonly (bool Large, int FailEvery)[] Kinds = [(false, 0), (false, 10), (true, 0), (true, 10)];

    /// <param name="name">What the services run on.</param>
    /// <param name="ground">As <see cref="Workload"/> takes it.</param>
    /// <param name="sizes">Sagas of a usual burst, and of a large one.</param>
    /// <param name="runs">How often each is run, in turn.</param>
    public static async Task RunAsync(string name, Action<SkaldBuilder, string>? ground, (int Usual, int Large) sizes, int runs)
    {
        var results = Kinds.ToDictionary(kind => kind, _ => new List<Throughput>());
        await using var workload = await new Workload(ground: ground).StartAsync();
        await workload.RunAsync(Math.Max(2000, sizes.Usual / 4));
        for (var run = 1; run <= runs; run++)
        {
            foreach (var kind in Kinds)
            {
                Console.Error.WriteLine($"... {name}, run {run} of {runs}: {Text(kind, sizes)}");
                results[kind].Add(await workload.RunAsync(kind.Large ? sizes.Large : sizes.Usual, failEvery: kind.FailEvery));
            }
        }

        Print(name, results, sizes, runs);
    }

    private static void Print(string name, Dictionary<(bool Large, int FailEvery), List<Throughput>> results, (int Usual, int Large) sizes, int runs)
    {
        Console.WriteLine($"{$"{name}, {Environment.ProcessorCount} cores, medians of {runs} interleaved runs",-70}{"sagas/s",9}{"ratio",7}{"CPU-ms",8}{"KB",7}   each run: sagas/s (compensated)");
        var reference = Rate(results[Kinds[0]]);
        foreach (var kind in Kinds)
        {
            var (rate, of) = (Rate(results[kind]), results[kind]);
            Console.WriteLine(
                $"{Text(kind, sizes),-70}{rate,9:N0}{rate / reference,7:0.00}{Median(of.Select(t => t.CpuMilliseconds)),8:0.00}{Median(of.Select(t => t.AllocatedKilobytes)),7:0}   {string.Join(", ", of.Select(t => $"{t.SagasPerSecond:N0} ({t.Compensated:N0})"))}");
        }
    }

    private static string Text((bool Large, int FailEvery) kind, (int Usual, int Large) sizes) =>
        $"a burst of {(kind.Large ? sizes.Large : sizes.Usual):N0}{(kind.FailEvery > 0 ? ", every tenth compensated" : "")}";

    private static double Rate(List<Throughput> results) => Median(results.Select(t => t.SagasPerSecond));

    private static double Median(IEnumerable<double> values)
    {
        var sorted = values.Order().ToList();
        return (sorted[(sorted.Count - 1) / 2] + sorted[sorted.Count / 2]) / 2;
    }
}
