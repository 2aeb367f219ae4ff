using System.Data.Common;
using System.Diagnostics;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Skald.Bench;

/// <summary>How long it takes until what was committed can be read from the projection's rows.</summary>
/// <param name="P50">Milliseconds, half of the looks.</param>
/// <param name="P99">Milliseconds, 99 of 100 looks.</param>
/// <param name="AppendsPerSecond">Events appended meanwhile.</param>
/// <param name="Drained">Milliseconds from the last append until the rows contained everything.</param>
public sealed record Lag(double P50, double P99, double AppendsPerSecond, double Drained);

/// <summary>One service with meters, and perhaps a projection of them.</summary>
public sealed class EventWorkload : IAsyncDisposable
{
    private static readonly TimeSpan BetweenLooks = TimeSpan.FromMilliseconds(20);
    private static readonly TimeSpan BetweenAsking = TimeSpan.FromMilliseconds(1);

    private readonly IHost _host;
    private int _streams;

    /// <param name="ground">Gives the service its store, and its projection if there is to be one.</param>
    public EventWorkload(Action<SkaldBuilder> ground)
    {
        var builder = Host.CreateEmptyApplicationBuilder(null);
        builder.Services.AddSkald("bench.meters", s =>
        {
            ground(s);
            s.UseJson(MeterJson.Default).AddAggregate<MeterAggregate>();
        });
        _host = builder.Build();
        Service = _host.Services.GetRequiredKeyedService<SkaldService>("bench.meters");
    }

    public SkaldService Service { get; }

    public async Task<EventWorkload> StartAsync()
    {
        await _host.StartAsync();
        return this;
    }

    /// <summary>Writers append to a stream each, as fast as they can, one transaction after the other.</summary>
    /// <returns>Events per second.</returns>
    public async Task<double> AppendAsync(int writers, int batch, TimeSpan duration)
    {
        var watch = Stopwatch.StartNew();
        var appended = await Task.WhenAll(Enumerable.Range(0, writers).Select(_ => Task.Run(async () =>
        {
            var id = $"{Interlocked.Increment(ref _streams)}";
            long version = 0;
            while (watch.Elapsed < duration)
            {
                version = await AppendAsync(id, batch);
            }

            return version;
        })));
        return appended.Sum() / watch.Elapsed.TotalSeconds;
    }

    /// <summary>Looks, while writers append, how soon a commit is in the rows.</summary>
    public async Task<Lag> LagAsync(int writers, TimeSpan duration)
    {
        var load = writers == 0 ? IdleAsync(duration) : AppendAsync(writers, 1, duration);
        var times = new List<double>();
        var projection = Service.Projection("meter_list");
        await using var connection = await projection.OpenAsync();
        while (!load.IsCompleted)
        {
            var version = await AppendAsync("looked at", 1);
            var watch = Stopwatch.StartNew();
            while (await VersionAsync(connection) < version)
            {
                await Task.Yield();
            }

            times.Add(watch.Elapsed.TotalMilliseconds);
            await Task.Delay(BetweenLooks, TimeProvider.System);
        }

        var rate = await load;
        var draining = Stopwatch.StartNew();
        await CurrentAsync(projection);
        times.Sort();
        return new Lag(times[times.Count / 2], times[times.Count * 99 / 100], rate, draining.Elapsed.TotalMilliseconds);
    }

    /// <summary>Returns when the projection contains every event.</summary>
    public static async Task CurrentAsync(ProjectionHandle projection)
    {
        while ((await projection.StatusAsync()) is { State: not ProjectionState.Current })
        {
            await Task.Delay(BetweenAsking, TimeProvider.System);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _host.StopAsync();
        _host.Dispose();
    }

    private Task<long> AppendAsync(string id, int events) => Service.ExecuteAsync(async context =>
    {
        var meter = await context.LoadAsync<Meter>(id);
        var happened = new IEvent[events];
        for (var i = 0; i < events; i++)
        {
            happened[i] = i == 0 && !meter.Exists ? new MeterInstalled("cellar, left of the door") : new MeterRead(i, "reader 17");
        }

        return context.Append(meter, happened).Version;
    });

    private static async Task<double> IdleAsync(TimeSpan duration)
    {
        await Task.Delay(duration, TimeProvider.System);
        return 0;
    }

    private static async Task<long> VersionAsync(DbConnection connection)
    {
        await using var command = connection.CreateCommand();
        command.CommandText = "SELECT version FROM meters WHERE id = 'looked at'";
        return await command.ExecuteScalarAsync() as long? ?? 0;
    }
}
