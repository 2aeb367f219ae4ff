using System.Diagnostics;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Skald;
using Skald.Bench;

var sagas = args.Length > 0 ? int.Parse(args[0]) : 20000;
var folder = Directory.CreateTempSubdirectory("skald-bench-").FullName;
var builder = Host.CreateEmptyApplicationBuilder(null);
void Add(string name, Action<SkaldBuilder> configure) => builder.Services.AddSkald("bench." + name, s =>
{
    s.UseSqlite(Path.Combine(folder, name + ".db")).UseSqliteBroker(Path.Combine(folder, "broker.db")).UseJson(BenchJson.Default);
    configure(s);
});
Add("order", s => s.AddSaga<CreateOrderSaga>());
Add("consumer", s => s.AddHandlers<ConsumerHandlers>());
Add("restaurant", s => s.AddHandlers<RestaurantHandlers>());
Add("accounting", s => s.AddHandlers<AccountingHandlers>());
builder.Logging.AddSimpleConsole().SetMinimumLevel(LogLevel.Warning);
using var host = builder.Build();
await host.StartAsync();
var order = host.Services.GetRequiredKeyedService<SkaldService>("bench.order");

async Task WaitDone(long total)
{
    using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(5));
    while (await timer.WaitForNextTickAsync())
    {
        var c = await order.Store.CountSagasAsync(default);
        if (c.GetValueOrDefault(SagaStatus.Completed) + c.GetValueOrDefault(SagaStatus.Compensated) >= total) return;
    }
}

long done = 0;
async Task Run(int count, int starters)
{
    var left = count;
    await Task.WhenAll(Enumerable.Range(0, starters).Select(async _ =>
    {
        while (Interlocked.Decrement(ref left) >= 0)
            await order.StartAsync<CreateOrderSaga, CreateOrderState>(new CreateOrderState(70, 1, 20, "2 x Dish 1, 1 x Dish 2"));
    }));
    done += count;
    await WaitDone(done);
}

await Run(2000, 128);
for (var i = 0; i < 3; i++)
{
    var cpu = Process.GetCurrentProcess().TotalProcessorTime;
    var alloc = GC.GetTotalAllocatedBytes();
    var sw = Stopwatch.StartNew();
    await Run(sagas, 512);
    var s = sw.Elapsed.TotalSeconds;
    Console.WriteLine($"{sagas / s:0} sagas/s, {(Process.GetCurrentProcess().TotalProcessorTime - cpu).TotalMilliseconds / sagas:0.000} CPU-ms, {(GC.GetTotalAllocatedBytes() - alloc) / 1024.0 / sagas:0.0} KB/saga");
}
var lat = new List<double>();
for (var i = 0; i < 500; i++)
{
    var sw = Stopwatch.StartNew();
    var st = await order.StartAsync<CreateOrderSaga, CreateOrderState>(new CreateOrderState(70, 1, 20, "x"));
    await order.WaitAsync(st.Id);
    lat.Add(sw.Elapsed.TotalMilliseconds);
}
lat.Sort();
Console.WriteLine($"one at a time p50 {lat[250]:0.00} p99 {lat[495]:0.00} ms");
await host.StopAsync();
Directory.Delete(folder, true);
