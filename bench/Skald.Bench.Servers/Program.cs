using System.Globalization;
using Microsoft.Extensions.DependencyInjection;
using Skald;
using Skald.Bench;
using Skald.Bench.Servers;
using Skald.Messaging;
using Skald.RabbitMq;
using Skald.TestServers;

// dotnet run -c Release --project bench/Skald.Bench.Servers [-- [--sagas 6000] [--runs 3] [--only 'part of a name;part of another']]
// dotnet run -c Release --project bench/Skald.Bench.Servers -- events|rebuild [--runs 3] [--events 1000000]
// dotnet run -c Release --project bench/Skald.Bench.Servers -- bursts|behind|away|overdue|waiting|growth [--sagas 20000] [--burst 100000] [--runs 3] [--minutes 10]
CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
if (args.Contains("--help"))
{
    Console.WriteLine("Usage: Skald.Bench.Servers [--sagas N] [--runs N] [--only PART-OF-A-NAME|=NAME[;ANOTHER]]\n       Skald.Bench.Servers events|rebuild [--runs N] [--events N]\n       Skald.Bench.Servers bursts|behind|away|overdue|waiting|growth [--sagas N] [--burst N] [--runs N] [--minutes N]\nCreateOrder on PostgreSQL and RabbitMQ beside MassTransit, Wolverine and the transport alone. Starts its own servers; takes about ten minutes.\nOr appending of events beside plain INSERT, or the rebuild of a projection, on PostgreSQL; or large bursts beside usual ones; or a participant that is behind, or away; or a service that finds all its sagas overdue, or that has many that wait; or a million sagas that are kept, and a million that are removed.");
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
foreach (var name in "abcdefghijklmnop")
{
    databases[name.ToString()] = await postgres.NewDatabaseAsync();
}

var vhosts = new Dictionary<string, string>();
await using var rabbit = await RabbitServer.StartAsync(vhosts: 20);
switch (args.FirstOrDefault())
{
    case "bursts":
        await BurstBench.RunAsync("CreateOrder on PostgreSQL + RabbitMQ", (s, _) => s.UsePostgreSql(Database("a")).UseRabbitMq(One("r1")), (Option("--sagas", 20_000), Option("--burst", 100_000)), runs);
        return 0;
    case "behind":
        await BehindBench.RunAsync("CreateOrder on PostgreSQL + RabbitMQ", (s, _) => s.UsePostgreSql(Database("a")).UseRabbitMq(One("r1")), Option("--sagas", 20_000));
        return 0;
    case "overdue":
        await Overdue.RunAsync("PostgreSQL + RabbitMQ", (s, _) => s.UsePostgreSql(Database("a")).UseRabbitMq(One("r1")), Option("--sagas", 100_000));
        return 0;
    case "waiting":
        await WaitingBench.RunAsync("PostgreSQL + RabbitMQ", (s, _) => s.UsePostgreSql(Database("a")).UseRabbitMq(One("r1")), Option("--sagas", 200_000), TimeSpan.FromSeconds(Option("--seconds", 150)));
        return 0;
    case "growth":
        await GrowthBench.RunAsync("CreateOrder on PostgreSQL + RabbitMQ", part => (s, _) => s.UsePostgreSql(Database(part[..1] switch { "k" => "a", "s" => "b", _ => "c" })).UseRabbitMq(One(part)), Option("--sagas", 1_000_000), Option("--removed", 1_000_000));
        return 0;
    case "away":
        await AwayBench.RunAsync("CreateOrder on PostgreSQL + RabbitMQ", (s, _) => s.UsePostgreSql(Database("a")).UseRabbitMq(One("r1")), Option("--sagas", 100_000), TimeSpan.FromMinutes(Option("--minutes", 10)));
        return 0;
}

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
    // Its sagas and every message are in PostgreSQL.
    Wolverine("Wolverine 6.62, durable, 16 at once, quorum queues", "m", new WolverineSetup(QuorumQueues: true, Parallel: 16, Confirms: false)),
    Wolverine("Wolverine 6.62, durable, 32 at once, quorum queues", "n", new WolverineSetup(QuorumQueues: true, Parallel: 32, Confirms: false)),
    Wolverine("Wolverine 6.62, durable, 32 at once, classic queues", "o", new WolverineSetup(QuorumQueues: false, Parallel: 32, Confirms: false)),
    Wolverine("Wolverine 6.62, durable, 32 at once, quorum queues, confirms", "p", new WolverineSetup(QuorumQueues: true, Parallel: 32, Confirms: true)),
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

var only = args.SkipWhile(a => a != "--only").Skip(1).FirstOrDefault()?.Split(';');
contenders.RemoveAll(c => only is not null && !c.IsReference && !only.Any(part => part.StartsWith('=') ? c.Name == part[1..] : c.Name.Contains(part, StringComparison.OrdinalIgnoreCase)));
foreach (var contender in contenders)
{
    Say($"warming up {contender.Name}");
    await contender.StartAsync(Math.Max(500, sagas / 6));
}

for (var run = 1; run <= runs; run++)
{
    foreach (var contender in contenders)
    {
        await contender.RunAsync(sagas);
        Say($"run {run} of {runs}: {contender.Name}: {contender.Rates[^1]:N0} sagas/s");
    }
}

foreach (var contender in contenders)
{
    Say($"one at a time: {contender.Name}");
    await contender.RunOneAtATimeAsync();
}

ContenderTable.Print(contenders, sagas, runs);
foreach (var contender in contenders)
{
    await contender.DisposeAsync();
}

return 0;

Contender Alone(string name, RabbitMqOptions options, string? rowsIn = null) => new(name, async () =>
{
    var rows = rowsIn is null ? null : await new RowPerMessage(Database(rowsIn)).StartAsync();
    var alone = await new TransportAlone(Transport(rabbit.NewUri(), options), rows is null ? null : rows.CommitAsync).StartAsync();
    return new Running(alone, count => alone.RunAsync(count, 128, waits: false), count => alone.RunAsync(count, Running.Waiters, waits: true), alone.RunOneAtATimeAsync);
})
{
    IsReference = true,
};

Contender MassTransit(string name, MassTransitSetup setup) => new(name, async () => await new MassTransitWorkload(new Uri(rabbit.NewUri()), setup).StartAsync() is var mt
    ? new Running(mt, count => mt.RunAsync(count, 32, waits: false), count => mt.RunAsync(count, Running.Waiters, waits: true), mt.RunOneAtATimeAsync) : null!);

Contender Wolverine(string name, string database, WolverineSetup setup) => new(name, async () => await new WolverineWorkload(Database(database), new Uri(rabbit.NewUri()), setup).StartAsync() is var wv
    ? new Running(wv, count => wv.RunAsync(count, 32, waits: false), count => wv.RunAsync(count, Running.Waiters, waits: true), wv.RunOneAtATimeAsync) : null!)
{
    AtMost = 1000,
};

Contender Skald(string name, Action<SkaldBuilder, string>? ground, int failEvery = 0, int batchSize = 100, int? lanes = null) =>
    new("Skald, " + name, async () =>
    {
        var workload = await new Workload(batchSize, ground, lanes).StartAsync();
        return new Running(
            workload,
            async count => (await workload.RunAsync(count, 512, failEvery)).SagasPerSecond,
            async count => (await workload.RunAsync(count, Running.Waiters, failEvery, waits: true)).SagasPerSecond,
            workload.RunOneAtATimeAsync);
    })
    {
        AtMost = batchSize == 1 ? 1500 : int.MaxValue,
    };

Contender Events(string name, Action<SkaldBuilder, string>? ground) => new("choreography (3 events), " + name, async () => await new Choreography(ground).StartAsync() is var flows
    ? new Running(flows, flows.RunAsync, null, flows.RunOneAtATimeAsync) : null!);

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

static void Say(string what) => Console.Error.WriteLine($"... {what}");
