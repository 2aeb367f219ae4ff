using System.Diagnostics;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Skald.Bench;

/// <summary>What one run of the workload cost.</summary>
/// <param name="SagasPerSecond">From the first start to the last saga's end.</param>
/// <param name="CpuMilliseconds">Of this process, per saga.</param>
/// <param name="AllocatedKilobytes">Per saga.</param>
/// <param name="Compensated">How many of the run's sagas ended compensated, by the database.</param>
public sealed record Throughput(double SagasPerSecond, double CpuMilliseconds, double AllocatedKilobytes, long Compensated);

/// <summary>What a part of a long run cost.</summary>
/// <param name="SagasPerSecond">Of callers that wait.</param>
/// <param name="P50">From a call to its saga's end, in milliseconds.</param>
/// <param name="P99">Likewise.</param>
/// <param name="CpuMilliseconds">Of this process, per saga.</param>
public sealed record Slice(double SagasPerSecond, double P50, double P99, double CpuMilliseconds);

/// <summary>How long one saga takes when it is alone, from the call to its end.</summary>
public sealed record Latency(double P50, double P99);

/// <summary>How the service is that every saga asks first.</summary>
public enum ConsumerIs
{
    /// <summary>It answers at once.</summary>
    Quick,

    /// <summary>It works for a millisecond a message.</summary>
    Busy,

    /// <summary>It comes and goes by itself.</summary>
    Apart,
}

/// <summary>Four services of one process, each with its own database, and one broker between them.</summary>
public sealed class Workload : IAsyncDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("skald-bench-").FullName;
    private readonly IHost _host;
    private readonly bool _isPatient;
    private readonly Func<IHost>? _consumerApart;
    private IHost? _consumer;
    private long _ended;
    private long _compensated;

    /// <param name="batchSize">The most messages in one transaction.</param>
    /// <param name="ground">Gives a service its store and broker; a SQLite file each and a broker file unless set.</param>
    /// <param name="lanes">How many transactions of a service may run at once; as many as by default unless set.</param>
    /// <param name="patient">Gives the saga time to wait for the consumer's service, and counts the commands that are sent; null for neither.</param>
    /// <param name="consumer">How the consumer's service is.</param>
    /// <param name="options">Changes how the services run.</param>
    public Workload(int batchSize = 100, Action<SkaldBuilder, string>? ground = null, int? lanes = null, CommandCounter? patient = null, ConsumerIs consumer = ConsumerIs.Quick, Func<SkaldOptions, SkaldOptions>? options = null)
    {
        _isPatient = patient is not null;
        var builder = Host.CreateEmptyApplicationBuilder(null);
        Add(builder, "order", s => _ = patient is null ? s.AddSaga<CreateOrderSaga>() : patient.Count(s.AddSaga<PatientOrderSaga>()));
        Add(builder, "restaurant", s => s.AddHandlers<RestaurantHandlers>());
        Add(builder, "accounting", s => s.AddHandlers<AccountingHandlers>());
        if (consumer == ConsumerIs.Apart)
        {
            _consumerApart = () => AddConsumer(Host.CreateEmptyApplicationBuilder(null)).Build();
        }
        else
        {
            AddConsumer(builder);
        }

        _host = builder.Build();
        Orders = _host.Services.GetRequiredKeyedService<SkaldService>("bench.order");

        HostApplicationBuilder AddConsumer(HostApplicationBuilder to)
        {
            Add(to, "consumer", s => _ = consumer == ConsumerIs.Busy ? s.AddHandlers<BusyConsumerHandlers>() : s.AddHandlers<ConsumerHandlers>());
            return to;
        }

        void Add(HostApplicationBuilder to, string name, Action<SkaldBuilder> configure) => to.Services.AddSkald("bench." + name, s =>
        {
            if (ground is null)
            {
                s.UseSqlite(Path.Combine(_folder, name + ".db")).UseSqliteBroker(Path.Combine(_folder, "broker.db"));
            }
            else
            {
                ground(s, Path.Combine(_folder, name + ".db"));
            }

            s.UseJson(BenchJson.Default).Configure(o => (options ?? (same => same))(o with { BatchSize = batchSize, Lanes = lanes ?? o.Lanes }));
            configure(s);
        });
    }

    public SkaldService Orders { get; }

    public async Task<Workload> StartAsync()
    {
        await _host.StartAsync();
        return this;
    }

    /// <summary>The consumer's service, where it is apart, comes.</summary>
    public async Task ConsumerComesAsync()
    {
        _consumer = _consumerApart!();
        await _consumer.StartAsync();
    }

    /// <summary>And goes.</summary>
    public async Task ConsumerGoesAsync()
    {
        if (_consumer is not null)
        {
            await _consumer.StopAsync();
            _consumer.Dispose();
        }
    }

    /// <summary>Starts sagas as fast as they are taken, and waits until all have ended.</summary>
    /// <param name="sagas">How many.</param>
    /// <param name="starters">How many callers start them, each one saga at a time.</param>
    /// <param name="failEvery">Every so many-th is refused at the card and compensated; 0 for none.</param>
    /// <param name="waits">Whether each caller waits for the end of its saga before it starts the next; else for the start only.</param>
    public async Task<Throughput> RunAsync(int sagas, int starters = 512, int failEvery = 0, bool waits = false)
    {
        var cpu = Environment.CpuUsage.TotalTime;
        var allocated = GC.GetTotalAllocatedBytes();
        var watch = Stopwatch.StartNew();
        var left = sagas;
        using var ended = new EndCounter(sagas);
        await Task.WhenAll(Enumerable.Range(0, starters).Select(async _ =>
        {
            for (var n = Interlocked.Decrement(ref left); n >= 0; n = Interlocked.Decrement(ref left))
            {
                var id = await StartAsync(failEvery > 0 && n % failEvery == 0 ? 80 : 20);
                if (waits)
                {
                    await Orders.WaitAsync(id);
                }
            }
        }));
        await ended.Reached;
        _ended += sagas;
        var before = _compensated;
        _compensated = await WaitForAllAsync();
        return new Throughput(
            sagas / watch.Elapsed.TotalSeconds,
            (Environment.CpuUsage.TotalTime - cpu).TotalMilliseconds / sagas,
            (GC.GetTotalAllocatedBytes() - allocated) / 1024.0 / sagas,
            _compensated - before);
    }

    /// <summary>Runs sagas with callers that each wait for the end of one before they start the next.</summary>
    /// <param name="sagas">How many.</param>
    /// <param name="callers">How many callers.</param>
    /// <param name="ended">Told of each that has ended.</param>
    /// <param name="load">How many may be started per second; as many as are taken unless set.</param>
    public async Task<Slice> RunSliceAsync(int sagas, int callers, Action<SagaId> ended, double? load = null)
    {
        var times = new double[sagas];
        var cpu = Environment.CpuUsage.TotalTime;
        var watch = Stopwatch.StartNew();
        var left = sagas;
        await Task.WhenAll(Enumerable.Range(0, callers).Select(async _ =>
        {
            for (var n = Interlocked.Decrement(ref left); n >= 0; n = Interlocked.Decrement(ref left))
            {
                if (load is { } rate && (sagas - 1 - n) / rate is var at && watch.Elapsed.TotalSeconds < at)
                {
                    await Task.Delay(TimeSpan.FromSeconds(at) - watch.Elapsed, TimeProvider.System);
                }

                var begun = Stopwatch.GetTimestamp();
                var id = await StartAsync(20);
                await Orders.WaitAsync(id);
                times[n] = Stopwatch.GetElapsedTime(begun).TotalMilliseconds;
                ended(id);
            }
        }));
        var perSecond = sagas / watch.Elapsed.TotalSeconds;
        Array.Sort(times);
        return new Slice(perSecond, times[sagas / 2], times[sagas * 99L / 100], (Environment.CpuUsage.TotalTime - cpu).TotalMilliseconds / sagas);
    }

    /// <summary>Starts a saga that will wait for a person.</summary>
    public Task StartOneThatParksAsync() => Orders.StartAsync<CreateOrderSaga, CreateOrderState>(new CreateOrderState(70, 1, 20, RestaurantHandlers.Parks));

    /// <summary>What the tables of all services take, indexes included, in bytes, by service and table; on SQLite, the files.</summary>
    public async Task<IReadOnlyDictionary<string, long>> SizesAsync()
    {
        var sizes = new SortedDictionary<string, long>(StringComparer.Ordinal);
        foreach (var name in (string[])["order", "consumer", "restaurant", "accounting"])
        {
            await using var connection = await _host.Services.GetRequiredKeyedService<SkaldService>("bench." + name).Engine.Store.OpenAsync(CancellationToken.None);
            await using var command = connection.CreateCommand();
            command.CommandText = connection is Microsoft.Data.Sqlite.SqliteConnection
                ? "SELECT 'file', page_count * page_size FROM pragma_page_count, pragma_page_size"
                : "SELECT relname, pg_total_relation_size(oid) FROM pg_class WHERE relkind = 'r' AND relnamespace = current_schema()::regnamespace";
            await using var rows = await command.ExecuteReaderAsync();
            while (await rows.ReadAsync())
            {
                var table = $"{name}: {GrowthBench.PartOfTable.Replace(rows.GetString(0), "")}";
                sizes[table] = sizes.GetValueOrDefault(table) + rows.GetInt64(1);
            }
        }

        return sizes;
    }

    public async Task<Latency> RunOneAtATimeAsync(int sagas)
    {
        var times = new double[sagas];
        for (var i = 0; i < sagas; i++)
        {
            var watch = Stopwatch.StartNew();
            await Orders.WaitAsync(await StartAsync(20));
            times[i] = watch.Elapsed.TotalMilliseconds;
        }

        _ended += sagas;
        Array.Sort(times);
        return new Latency(times[sagas / 2], times[sagas * 99 / 100]);
    }

    public async ValueTask DisposeAsync()
    {
        await ConsumerGoesAsync();
        await _host.StopAsync();
        _host.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    private async Task<SagaId> StartAsync(int price)
    {
        var state = new CreateOrderState(70, 1, price, "2 x Dish 1, 1 x Dish 2");
        return _isPatient
            ? (await Orders.StartAsync<PatientOrderSaga, CreateOrderState>(state)).Id
            : (await Orders.StartAsync<CreateOrderSaga, CreateOrderState>(state)).Id;
    }

    /// <summary>The meter counts before the commit; the database has the last word.</summary>
    /// <returns>How many sagas are compensated, those of earlier runs included.</returns>
    private async Task<long> WaitForAllAsync()
    {
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(5));
        while (true)
        {
            await timer.WaitForNextTickAsync();
            var counts = await Orders.Operations.CountByStatusAsync(cap: 10_000_000);
            var compensated = counts.GetValueOrDefault(SagaStatus.Compensated).Value;
            if (counts.GetValueOrDefault(SagaStatus.Completed).Value + compensated >= _ended)
            {
                return compensated;
            }
        }
    }
}
