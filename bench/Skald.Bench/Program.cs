using System.Globalization;
using System.Text.Json;
using Skald.Bench;

// dotnet run -c Release --project bench/Skald.Bench [-- [events|overdue|waiting|large|bursts|behind|away|growth] [--sagas 20000] [--burst 100000] [--runs 5] [--json]]
CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
if (args.Contains("--help"))
{
    Console.WriteLine("""
        Usage: Skald.Bench [--sagas N] [--runs N] [--json]       CreateOrder on SQLite, fully durable, beside the limit of SQLite itself
               Skald.Bench events [--runs N]                     appending of events beside plain INSERT; about a minute
               Skald.Bench overdue [--sagas N]                   a service that finds all its sagas overdue; five minutes
               Skald.Bench waiting [--sagas N] [--seconds N]     sagas that wait, and whose deadlines are over at once, so long after the first start
               Skald.Bench large [--sagas N]                     sagas with large states and many steps; half a minute
               Skald.Bench bursts [--sagas N] [--burst N] [--runs N]   large bursts beside usual ones
               Skald.Bench behind [--sagas N]                    a participant that is behind
               Skald.Bench away [--sagas N] [--minutes N]        a participant that is away; takes ten minutes and two
               Skald.Bench growth [--sagas N] [--removed N]      a million sagas that are kept, and a million that are removed; ten minutes
        """);
    return 0;
}

var sagas = Option("--sagas", 20000);
var runs = Option("--runs", 5);
var json = args.Contains("--json");
if (sagas < 100 || runs < 1)
{
    Console.Error.WriteLine("--sagas takes a whole number from 100, --runs one from 1.");
    return 2;
}

var fast = new List<Throughput>();
var failing = new List<Throughput>();
var limits = new List<SqliteLimit>();
if (args.Contains("events"))
{
    var folder = Directory.CreateTempSubdirectory("skald-events-");
    await EventBench.RunAsync(SqliteEvents.Ground(folder.FullName), runs);
    folder.Delete(recursive: true);
    return 0;
}

if (args.Contains("overdue"))
{
    await Overdue.RunAsync("SQLite", ground: null, Option("--sagas", 200_000));
    return 0;
}

if (args.Contains("waiting"))
{
    await WaitingBench.RunAsync("SQLite", ground: null, Option("--sagas", 200_000), TimeSpan.FromSeconds(Option("--seconds", 60)));
    return 0;
}

if (args.Contains("large"))
{
    await Large.RunAsync(Option("--sagas", 100));
    return 0;
}

if (args.Contains("bursts"))
{
    await BurstBench.RunAsync("CreateOrder on SQLite", ground: null, (sagas, Option("--burst", 100_000)), runs);
    return 0;
}

if (args.Contains("behind"))
{
    await BehindBench.RunAsync("CreateOrder on SQLite", ground: null, sagas);
    return 0;
}

if (args.Contains("growth"))
{
    await GrowthBench.RunAsync("CreateOrder on SQLite", _ => null, Option("--sagas", 1_000_000), Option("--removed", 1_000_000));
    return 0;
}

if (args.Contains("away"))
{
    await AwayBench.RunAsync("CreateOrder on SQLite", ground: null, Option("--sagas", 100_000), TimeSpan.FromMinutes(Option("--minutes", 10)));
    return 0;
}

await using var workload = await new Workload().StartAsync();
Say("warming up");
await workload.RunAsync(Math.Max(2000, sagas / 4));
for (var run = 1; run <= runs; run++)
{
    // Interleaved, so that a slow moment of the machine falls on both.
    Say($"run {run} of {runs}");
    limits.Add(RawLimit.Measure(50000));
    fast.Add(await workload.RunAsync(sagas));
    failing.Add(await workload.RunAsync(sagas, failEvery: 10));
}

Say("callers that wait");
var waiting = await workload.RunAsync(sagas, starters: 256, waits: true);
Say("one at a time");
var latency = await workload.RunOneAtATimeAsync(500);
Say("100,000 more, for memory");
var memoryBefore = Memory();
await workload.RunAsync(100_000);
var memoryAfter = Memory();
Say("batches of one");
await using var unbatched = await new Workload(batchSize: 1).StartAsync();
await unbatched.RunAsync(500);
var single = await unbatched.RunAsync(Math.Min(sagas, 5000));

var rate = Median(fast.Select(t => t.SagasPerSecond));
var failingRate = Median(failing.Select(t => t.SagasPerSecond));
var limit = Median(limits.Select(l => l.SagasPerSecond));
Row[] rows =
[
    new("sagas/s, as fast as possible", rate, "at least 3,000"),
    new("  lowest of the runs", fast.Min(t => t.SagasPerSecond), ""),
    new("SQLite alone, the rows of a saga, per s", limit, ""),
    new("  ratio to it", rate / limit, "aim 0.75"),
    new("SQLite alone, saga transitions only, per s", Median(limits.Select(l => l.TransitionsPerSecond)), ""),
    new("sagas/s, every tenth compensated", failingRate, ""),
    new("  ratio to none compensated", failingRate / rate, "at least 0.90"),
    new("sagas/s, batches of one", single.SagasPerSecond, ""),
    new("sagas/s, 256 callers that wait for the end", waiting.SagasPerSecond, ""),
    new("one at a time, p50 ms", latency.P50, "below 2"),
    new("one at a time, p99 ms", latency.P99, ""),
    new("CPU seconds per 1,000 sagas", Median(fast.Select(t => t.CpuMilliseconds)), ""),
    new("KB allocated per saga", Median(fast.Select(t => t.AllocatedKilobytes)), "at most 40"),
    new("MB live before 100,000 more sagas", memoryBefore, ""),
    new("MB live after them", memoryAfter, "flat"),
];

if (json)
{
    Console.WriteLine(JsonSerializer.Serialize(rows.ToDictionary(r => r.What.Trim(), r => Math.Round(r.Value, 3)), JsonSerializerOptions.Web));
}
else
{
    Console.WriteLine($"CreateOrder on SQLite, four services with a file each and a broker file, synchronous=FULL, {Environment.ProcessorCount} cores, medians of {runs} runs of {sagas} sagas");
    foreach (var row in rows)
    {
        var value = row.Value >= 100 ? row.Value.ToString("N0") : row.Value.ToString("0.00");
        Console.WriteLine($"{row.What,-44}{value,10}   {row.Goal}");
    }
}

return 0;

int Option(string name, int otherwise)
{
    var at = Array.IndexOf(args, name);
    return at < 0 ? otherwise : at + 1 < args.Length && int.TryParse(args[at + 1], out var value) ? value : -1;
}

static double Median(IEnumerable<double> values)
{
    var sorted = values.Order().ToList();
    return (sorted[(sorted.Count - 1) / 2] + sorted[sorted.Count / 2]) / 2;
}

static double Memory() => GC.GetTotalMemory(forceFullCollection: true) / 1024.0 / 1024.0;

void Say(string what) => Console.Error.WriteLine($"... {what}");

internal sealed record Row(string What, double Value, string Goal);
