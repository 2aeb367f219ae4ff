using System.Diagnostics;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Skald.Bench;

/// <summary>What one run of the workload cost.</summary>
/// <param name="SagasPerSecond">From the first start to the last saga's end.</param>
/// <param name="CpuMilliseconds">Of this process, per saga.</param>
/// <param name="AllocatedKilobytes">Per saga.</param>
public sealed record Throughput(double SagasPerSecond, double CpuMilliseconds, double AllocatedKilobytes);

/// <summary>How long one saga takes when it is alone, from the call to its end.</summary>
public sealed record Latency(double P50, double P99);

/// <summary>Four services of one process, each with its own database, and one broker between them.</summary>
public sealed class Workload : IAsyncDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("skald-bench-").FullName;
    private readonly IHost _host;
    private long _ended;

    /// <param name="batchSize">The most messages in one transaction.</param>
    /// <param name="ground">Gives a service its store and broker; a SQLite file each and a broker file unless set.</param>
    /// <param name="lanes">How many transactions of a service may run at once; as many as by default unless set.</param>
    public Workload(int batchSize = 100, Action<SkaldBuilder, string>? ground = null, int? lanes = null)
    {
        var builder = Host.CreateEmptyApplicationBuilder(null);
        Add("order", s => s.AddSaga<CreateOrderSaga>());
        Add("consumer", s => s.AddHandlers<ConsumerHandlers>());
        Add("restaurant", s => s.AddHandlers<RestaurantHandlers>());
        Add("accounting", s => s.AddHandlers<AccountingHandlers>());
        _host = builder.Build();
        Orders = _host.Services.GetRequiredKeyedService<SkaldService>("bench.order");

        void Add(string name, Action<SkaldBuilder> configure) => builder.Services.AddSkald("bench." + name, s =>
        {
            if (ground is null)
            {
                s.UseSqlite(Path.Combine(_folder, name + ".db")).UseSqliteBroker(Path.Combine(_folder, "broker.db"));
            }
            else
            {
                ground(s, Path.Combine(_folder, name + ".db"));
            }

            s.UseJson(BenchJson.Default).Configure(o => o with { BatchSize = batchSize, Lanes = lanes ?? o.Lanes });
            configure(s);
        });
    }

    public SkaldService Orders { get; }

    public async Task<Workload> StartAsync()
    {
        await _host.StartAsync();
        return this;
    }

    /// <summary>Starts sagas as fast as they are taken, and waits until all have ended.</summary>
    /// <param name="sagas">How many.</param>
    /// <param name="starters">How many callers start them, each one saga at a time.</param>
    /// <param name="failEvery">Every so many-th is refused at the card and compensated; 0 for none.</param>
    public async Task<Throughput> RunAsync(int sagas, int starters = 512, int failEvery = 0)
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
                await StartAsync(failEvery > 0 && n % failEvery == 0 ? 80 : 20);
            }
        }));
        await ended.Reached;
        _ended += sagas;
        await WaitForAllAsync();
        return new Throughput(
            sagas / watch.Elapsed.TotalSeconds,
            (Environment.CpuUsage.TotalTime - cpu).TotalMilliseconds / sagas,
            (GC.GetTotalAllocatedBytes() - allocated) / 1024.0 / sagas);
    }

    public async Task<Latency> RunOneAtATimeAsync(int sagas)
    {
        var times = new double[sagas];
        for (var i = 0; i < sagas; i++)
        {
            var watch = Stopwatch.StartNew();
            var start = await StartAsync(20);
            await Orders.WaitAsync(start.Id);
            times[i] = watch.Elapsed.TotalMilliseconds;
        }

        _ended += sagas;
        Array.Sort(times);
        return new Latency(times[sagas / 2], times[sagas * 99 / 100]);
    }

    public async ValueTask DisposeAsync()
    {
        await _host.StopAsync();
        _host.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    private Task<SagaStart<CreateOrderState>> StartAsync(int price) =>
        Orders.StartAsync<CreateOrderSaga, CreateOrderState>(new CreateOrderState(70, 1, price, "2 x Dish 1, 1 x Dish 2"));

    /// <summary>The meter counts before the commit; the database has the last word.</summary>
    private async Task WaitForAllAsync()
    {
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(5));
        while (await timer.WaitForNextTickAsync())
        {
            var counts = await Orders.Operations.CountByStatusAsync(cap: 10_000_000);
            if (counts.GetValueOrDefault(SagaStatus.Completed).Value + counts.GetValueOrDefault(SagaStatus.Compensated).Value >= _ended)
            {
                return;
            }
        }
    }
}
