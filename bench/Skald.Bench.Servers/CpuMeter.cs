using System.Globalization;

namespace Skald.Bench.Servers;

/// <summary>CPU seconds of this process, of all PostgreSQL processes and of the broker's, read from /proc.</summary>
public sealed record CpuTimes(double Dotnet, double Postgres, double Broker)
{
    // The kernel counts in hundredths of a second on Linux.
    private const double TicksPerSecond = 100;

    public double Total => Dotnet + Postgres + Broker;

    public static CpuTimes Now()
    {
        var (postgres, broker) = (0.0, 0.0);
        foreach (var folder in Directory.GetDirectories("/proc").Where(d => char.IsDigit(Path.GetFileName(d)[0])))
        {
            try
            {
                var stat = File.ReadAllText(Path.Combine(folder, "stat"));
                var name = stat[(stat.IndexOf('(') + 1)..stat.LastIndexOf(')')];
                var fields = stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
                // Its own time and, for servers that fork, that of children that have ended.
                var seconds = fields[11..15].Sum(f => double.Parse(f, CultureInfo.InvariantCulture)) / TicksPerSecond;
                var own = (double.Parse(fields[11], CultureInfo.InvariantCulture) + double.Parse(fields[12], CultureInfo.InvariantCulture)) / TicksPerSecond;
                postgres += name == "postgres" ? seconds : 0;
                broker += name.StartsWith("beam", StringComparison.Ordinal) ? own : 0;
            }
            catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
            {
                // The process ended meanwhile.
            }
        }

        return new CpuTimes(Environment.CpuUsage.TotalTime.TotalSeconds, postgres, broker);
    }

    public CpuTimes Since(CpuTimes before) => new(Dotnet - before.Dotnet, Postgres - before.Postgres, Broker - before.Broker);
}
