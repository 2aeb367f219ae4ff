namespace Skald.Bench.Servers;

/// <summary>What is printed when all have run.</summary>
internal static class ContenderTable
{
    public static void Print(IReadOnlyList<Contender> contenders, int sagas, int runs)
    {
        var alone = Median(contenders[0].Rates);
        // The fastest of its rows: it is not handicapped by the queues it runs on.
        var peers = contenders.Where(c => c.Name.StartsWith("MassTransit", StringComparison.Ordinal)).ToList();
        var (peer, waitingPeer) = (Best(peers, p => Median(p.Rates)), Best(peers, p => Median(p.WaitingRates)));
        var latencyPeer = peers.Count == 0 ? double.NaN : peers.Min(p => p.Latency.P50);
        Console.WriteLine($"CreateOrder, nine messages, {Environment.ProcessorCount} cores for everything, medians of {runs} interleaved runs of {sagas} sagas");
        Console.WriteLine($"{"",-62}{"sagas/s",9}{"x MT",7}{"x alone",9}{"CPU-ms/saga (.NET + PostgreSQL + RabbitMQ)",46}{"KB",7}{"256 wait",10}{"x MT",7}{"p50 ms",9}{"x MT",7}{"p99 ms",9}");
        foreach (var contender in contenders)
        {
            var (rate, waiting) = (Median(contender.Rates), Median(contender.WaitingRates));
            var cpu = contender.Cpu.OrderBy(c => c.Total).ElementAt(contender.Cpu.Count / 2);
            var split = $"{cpu.Total * 1000:0.00} ({cpu.Dotnet * 1000:0.00} + {cpu.Postgres * 1000:0.00} + {cpu.Broker * 1000:0.00})";
            Console.WriteLine(
                $"{contender.Name,-62}{rate,9:N0}{rate / peer,7:0.0}{rate / alone,9:0.00}{split,46}{Median(contender.Allocated),7:0}" +
                $"{waiting,10:N0}{waiting / waitingPeer,7:0.0}{contender.Latency.P50,9:0.0}{contender.Latency.P50 / latencyPeer,7:0.0}{contender.Latency.P99,9:0.0}");
        }
    }

    private static double Best(List<Contender> peers, Func<Contender, double> rate) => peers.Select(rate).DefaultIfEmpty(double.NaN).Max();

    private static double Median(List<double> values) => values.Count == 0 ? double.NaN : values.Order().ElementAt(values.Count / 2);
}
