using System.Globalization;
using Microsoft.Extensions.DependencyInjection;
using Skald;
using Skald.Bench;
using Skald.Bench.Servers;
using Skald.Messaging;
using Skald.RabbitMq;
using Skald.TestServers;

// dotnet run -c Release --project bench/Skald.Bench.Servers [-- [--sagas 6000] [--runs 3] [--only part-of-a-name]]
// dotnet run -c Release --project bench/Skald.Bench.Servers -- events|rebuild [--runs 3] [--events 1000000]
CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
if (args.Contains("--help"))
{
    Console.WriteLine("Usage: Skald.Bench.Servers [--sagas N] [--runs N] [--only PART-OF-A-NAME]\n       Skald.Bench.Servers events|rebuild [--runs N] [--events N]\nCreateOrder on PostgreSQL and RabbitMQ beside MassTransit and the transport alone. Starts its own servers; takes about three minutes.\nOr appending of events beside plain INSERT, or the rebuild of a projection, on PostgreSQL.");
    return 0;
}

var sagas = Option("--sagas", 6000);
var runs = Option("--runs", 3);
await using var postgres = await PostgresServer.StartAsync();
switch (args.FirstOrDefault())
{
    case "events":
        await EventBench.RunAsync(PostgresEvents.Ground(await postgres.NewDatabaseAsync(), await postgres.NewDatabaseAsync()), runs);
        return 0;
    case "rebuild":
        await RebuildBench.RunAsync(await postgres.NewDatabaseAsync(), await postgres.NewDatabaseAsync(), Option("--events", 1_000_000));
        return 0;
}

var databases = new Dictionary<string, string>();
foreach (var name in (string[])["a", "b", "c", "d", "e", "f", "g", "h", "i", "j", "k", "l"])
{
    databases[name] = await postgres.NewDatabaseAsync();
}

var vhosts = new Dictionary<string, string>();
await using var rabbit = await RabbitServer.StartAsync(vhosts: 16);

List<Contender> contenders =
[
    Alone("transport alone, each message by itself", new RabbitMqOptions { MessagesPerParcel = 1 }),
    Alone("transport alone, in parcels", new RabbitMqOptions()),
    Alone("the same, and a row committed for each message", new RabbitMqOptions(), rowsIn: "g"),
    // All of them keep their sagas in memory only.
    MassTransit("MassTransit 8.5.12, as its guide advises, quorum queues", new MassTransitSetup(QuorumQueues: true, Prefetch: null, Guarded: true)),
    MassTransit("MassTransit 8.5.12, as its guide advises, classic queues", new MassTransitSetup(QuorumQueues: false, Prefetch: null, Guarded: true)),
    MassTransit("MassTransit 8.5.12, bare, prefetch 256, quorum queues", new MassTransitSetup(QuorumQueues: true, Prefetch: 256, Guarded: false)),
    MassTransit("MassTransit 8.5.12, bare, prefetch 256, classic queues", new MassTransitSetup(QuorumQueues: false, Prefetch: 256, Guarded: false)),
    Skald("postgres + rabbitmq", (s, _) => s.UsePostgreSql(Database("a")).UseRabbitMq(One("r1"))),
    Skald("postgres + rabbitmq, every tenth compensated", (s, _) => s.UsePostgreSql(Database("b")).UseRabbitMq(One("r2")), failEvery: 10),
    Skald("postgres + rabbitmq, batches of one", (s, _) => s.UsePostgreSql(Database("c")).UseRabbitMq(One("r3")), batchSize: 1),
    Skald("postgres + rabbitmq, 1 lane", (s, _) => s.UsePostgreSql(Database("h")).UseRabbitMq(One("r7")), lanes: 1),
    Skald("postgres + rabbitmq, 2 lanes", (s, _) => s.UsePostgreSql(Database("i")).UseRabbitMq(One("r8")), lanes: 2),
    Skald("postgres + rabbitmq, 4 lanes", (s, _) => s.UsePostgreSql(Database("j")).UseRabbitMq(One("r9")), lanes: 4),
    Skald("postgres + postgres, 1 lane", (s, _) => s.UsePostgreSql(Database("k")).UsePostgreSqlBroker(Database("k")), lanes: 1),
    Skald("postgres + postgres, 4 lanes", (s, _) => s.UsePostgreSql(Database("l")).UsePostgreSqlBroker(Database("l")), lanes: 4),
    Skald("postgres + postgres", (s, _) => s.UsePostgreSql(Database("d")).UsePostgreSqlBroker(Database("d"))),
    Skald("sqlite + rabbitmq", (s, file) => s.UseSqlite(file).UseRabbitMq(One("r4"))),
    Skald("sqlite + sqlite", null),
    Events("postgres + rabbitmq", (s, _) => s.UsePostgreSql(Database("e")).UseRabbitMq(One("r5"))),
    Events("postgres + postgres", (s, _) => s.UsePostgreSql(Database("f")).UsePostgreSqlBroker(Database("f"))),
    Events("sqlite + rabbitmq", (s, file) => s.UseSqlite(file).UseRabbitMq(One("r6"))),
    Events("sqlite + sqlite", null),
];

var only = args.SkipWhile(a => a != "--only").Skip(1).FirstOrDefault();
contenders.RemoveAll(c => only is not null && !c.Name.StartsWith("transport alone", StringComparison.Ordinal) && !c.Name.StartsWith("the same", StringComparison.Ordinal) && !c.Name.Contains(only, StringComparison.OrdinalIgnoreCase));
foreach (var contender in contenders)
{
    Say($"warming up {contender.Name}");
    contender.Running = await contender.Start();
    await contender.Running.Run(Math.Max(500, sagas / 6));
}

for (var run = 1; run <= runs; run++)
{
    foreach (var contender in contenders)
    {
        Say($"run {run} of {runs}: {contender.Name}");
        var count = contender.Name.Contains("batches of one", StringComparison.Ordinal) ? Math.Min(sagas, 1500) : sagas;
        var (cpu, allocated) = (CpuTimes.Now(), GC.GetTotalAllocatedBytes());
        contender.Rates.Add(await contender.Running!.Run(count));
        var used = CpuTimes.Now().Since(cpu);
        contender.Cpu.Add(new CpuTimes(used.Dotnet / count, used.Postgres / count, used.Broker / count));
        contender.Allocated.Add((GC.GetTotalAllocatedBytes() - allocated) / 1024.0 / count);
    }
}

foreach (var contender in contenders)
{
    Say($"one at a time: {contender.Name}");
    contender.Latency = await contender.Running!.OneAtATime(200);
}

var reference = Median(contenders[0].Rates);
// The faster of its two: it is not handicapped by the queues it runs on.
var peer = contenders.Where(c => c.Name.StartsWith("MassTransit", StringComparison.Ordinal)).Select(c => Median(c.Rates)).DefaultIfEmpty(double.NaN).Max();
Console.WriteLine($"CreateOrder, nine messages, {Environment.ProcessorCount} cores for everything, medians of {runs} interleaved runs of {sagas} sagas");
Console.WriteLine($"{"",-56}{"sagas/s",9}{"x MT",7}{"x alone",9}{"CPU-ms/saga (.NET + PostgreSQL + RabbitMQ)",46}{"KB",7}{"p50 ms",9}{"p99 ms",9}");
foreach (var contender in contenders)
{
    var rate = Median(contender.Rates);
    var cpu = contender.Cpu.OrderBy(c => c.Total).ElementAt(contender.Cpu.Count / 2);
    var split = $"{cpu.Total * 1000:0.00} ({cpu.Dotnet * 1000:0.00} + {cpu.Postgres * 1000:0.00} + {cpu.Broker * 1000:0.00})";
    Console.WriteLine($"{contender.Name,-56}{rate,9:N0}{rate / peer,7:0.0}{rate / reference,9:0.00}{split,46}{Median(contender.Allocated),7:0}{contender.Latency!.P50,9:0.0}{contender.Latency.P99,9:0.0}");
}

foreach (var contender in contenders)
{
    await contender.Running!.What.DisposeAsync();
}

return 0;

Contender Alone(string name, RabbitMqOptions options, string? rowsIn = null) => new(name, async () =>
{
    var rows = rowsIn is null ? null : await new RowPerMessage(Database(rowsIn)).StartAsync();
    var alone = await new TransportAlone(Transport(rabbit.NewUri(), options), rows is null ? null : rows.CommitAsync).StartAsync();
    return new Running(alone, alone.RunAsync, alone.RunOneAtATimeAsync);
});

Contender MassTransit(string name, MassTransitSetup setup) => new(name, async () => await new MassTransitWorkload(new Uri(rabbit.NewUri()), setup).StartAsync() is var mt
    ? new Running(mt, mt.RunAsync, mt.RunOneAtATimeAsync) : null!);

Contender Skald(string name, Action<SkaldBuilder, string>? ground, int failEvery = 0, int batchSize = 100, int? lanes = null) =>
    new("Skald, " + name, async () =>
    {
        var workload = await new Workload(batchSize, ground, lanes).StartAsync();
        return new Running(workload, async count => (await workload.RunAsync(count, 512, failEvery)).SagasPerSecond, workload.RunOneAtATimeAsync);
    });

Contender Events(string name, Action<SkaldBuilder, string>? ground) => new("choreography (3 events), " + name, async () => await new Choreography(ground).StartAsync() is var flows
    ? new Running(flows, flows.RunAsync, flows.RunOneAtATimeAsync) : null!);

ITransport Transport(string uri, RabbitMqOptions options)
{
    ITransport? transport = null;
    var services = new ServiceCollection().AddSingleton(TimeProvider.System).AddLogging();
    services.AddSkald("alone.order", s => s.UseRabbitMq(uri, options).UseTransport(Keep(s.Transport)));
    _ = services.BuildServiceProvider().GetRequiredService<SkaldServices>()["alone.order"];
    return transport!;

    Func<IServiceProvider, ITransport> Keep(Func<IServiceProvider, ITransport> make) => provider => transport = make(provider);
}

string Database(string name) => databases[name];

// The four services of a workload share one virtual host.
string One(string name) => vhosts.TryGetValue(name, out var uri) ? uri : vhosts[name] = rabbit.NewUri();

int Option(string name, int otherwise)
{
    var at = Array.IndexOf(args, name);
    return at >= 0 && at + 1 < args.Length && int.TryParse(args[at + 1], out var value) ? value : otherwise;
}

static double Median(IEnumerable<double> values) => values.Order().ElementAt(values.Count() / 2);

static void Say(string what) => Console.Error.WriteLine($"... {what}");

internal sealed record Running(IAsyncDisposable What, Func<int, Task<double>> Run, Func<int, Task<Latency>> OneAtATime);

internal sealed record Contender(string Name, Func<Task<Running>> Start)
{
    public Running? Running { get; set; }

    public List<double> Rates { get; } = [];

    public List<CpuTimes> Cpu { get; } = [];

    public List<double> Allocated { get; } = [];

    public Latency? Latency { get; set; }
}
