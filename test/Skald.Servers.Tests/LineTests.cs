using System.Collections.Concurrent;
using System.Diagnostics;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Skald.Decisions;
using Skald.PostgreSql;
using Xunit;

namespace Skald.Servers.Tests;

[Command("lines.take", To = "lines.desk")]
public sealed record TakeKey(int Number) : ICommand<Done>;

[Command("lines.free", To = "lines.desk")]
public sealed record FreeKey(int Number) : ICommand<Done>;

/// <summary>Takes the one key there is, and frees it again.</summary>
public sealed class KeySaga : Saga<Job>
{
    protected override void Define(SagaBuilder<Job> saga)
    {
        saga.Step("take").Send(job => new TakeKey(job.Number)).NothingToUndo("it is freed").Within(TimeSpan.FromMinutes(5));
        saga.Step("free").Send(job => new FreeKey(job.Number)).NothingToUndo("it is the last").Within(TimeSpan.FromMinutes(5));
    }
}

public sealed class KeyDesk
{
    private int _tries;

    public ConcurrentDictionary<int, bool> Freed { get; } = new();

    public int Tries => _tries;

    public async Task<Reply<Done>> Handle(TakeKey command, MessageContext context)
    {
        Interlocked.Increment(ref _tries);
        await context.Locks.TakeAsync("the key");
        return Done.Instance;
    }

    public async Task<Reply<Done>> Handle(FreeKey command, MessageContext context)
    {
        Freed[command.Number] = await context.Locks.ReleaseAsync("the key");
        return Done.Instance;
    }
}

/// <summary>Those who want one key on PostgreSQL, of two processes' worth of services.</summary>
public sealed class A_line_for_a_lock_on_PostgreSQL(PostgreSqlFixture fixture, ITestOutputHelper output)
{
    private const int Many = 200;

    [Theory]
    [InlineData(1)]
    [InlineData(4)]
    public async Task Lets_each_of_two_instances_sagas_have_it_and_wakes_nobody_in_vain(int lanes)
    {
        var database = await (await fixture.ServerAsync()).NewDatabaseAsync();
        var desk = new KeyDesk();
        using var one = await StartAsync(database, desk, lanes);
        using var two = await StartAsync(database, desk, lanes);
        var services = new[] { one, two }.Select(host => host.Services.GetRequiredKeyedService<SkaldService>("lines.jobs")).ToArray();
        var watch = Stopwatch.StartNew();

        await Task.WhenAll(Enumerable.Range(0, Many).Select(n => services[n % 2].StartAsync<KeySaga, Job>(new Job(n))));
        await Eventually.HoldsAsync(
            async () => (await services[0].Operations.CountSagasAsync(new SagaQuery { Status = SagaStatus.Completed }, Many)).Value == Many, "all have had their turn");

        output.WriteLine($"{Many} in {watch.Elapsed.TotalSeconds:0.0} s with {lanes} lanes, {desk.Tries} tries");
        Assert.Equal(Many, desk.Freed.Count(freed => freed.Value));
        Assert.InRange(desk.Tries, Many, 6 * Many);
    }

    private static async Task<IHost> StartAsync(string database, KeyDesk desk, int lanes)
    {
        var builder = Host.CreateEmptyApplicationBuilder(null);
        builder.Services.AddSingleton(desk);
        Add("lines.jobs", s => s.AddSaga<KeySaga>());
        Add("lines.desk", s => s.AddHandlers<KeyDesk>());
        var host = builder.Build();
        await host.StartAsync();
        return host;

        void Add(string name, Action<SkaldBuilder> configure) => builder.Services.AddSkald(name, s =>
        {
            s.UsePostgreSql(database).UsePostgreSqlBroker(database).Configure(o => o with { Lanes = lanes });
            configure(s);
        });
    }
}
