using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Skald.Decisions;
using Skald.PostgreSql;
using Xunit;

namespace Skald.Servers.Tests;

[Command("lanes.do", To = "desk")]
public sealed record DoJob(int Number) : ICommand<Done>;

public sealed record Job(int Number);

[Event("lanes.paper")]
public sealed record Paper : IEvent;

public sealed class JobSaga : Saga<Job>
{
    protected override void Define(SagaBuilder<Job> saga) =>
        saga.Step("do").Send(job => new DoJob(job.Number)).NothingToUndo("a test").Within(TimeSpan.FromMinutes(5));
}

/// <summary>It waits for its paper, for a while.</summary>
public sealed class PaperSaga : Saga<Job>
{
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(3);

    protected override void Define(SagaBuilder<Job> saga) => saga.WaitFor<Paper>("paper").Within(Patience);
}

/// <summary>Of its jobs, number 0 never ends, and does not listen to its token.</summary>
public sealed class LaneDesk
{
    private int _hanging;

    public int Hanging => _hanging;

    public async ValueTask<Reply<Done>> Handle(DoJob command, MessageContext context)
    {
        if (command.Number == 0)
        {
            Interlocked.Increment(ref _hanging);
            await new TaskCompletionSource().Task;
        }

        return Done.Instance;
    }
}

/// <summary>A service on PostgreSQL runs several transactions at once, and reckons by the server's clock.</summary>
public sealed class A_service_with_several_lanes(PostgreSqlFixture fixture)
{
    private const string Jobs = "lanes.jobs";
    private const string Desk = "lanes.desk";

    [Fact]
    public async Task Goes_on_beside_a_handler_that_hangs_which_is_named_and_given_up()
    {
        var database = await (await fixture.ServerAsync()).NewDatabaseAsync();
        var desk = new LaneDesk();
        using var host = await StartAsync(database, desk);
        var jobs = host.Services.GetRequiredKeyedService<SkaldService>(Jobs);
        var counter = host.Services.GetRequiredKeyedService<SkaldService>(Desk);
        var stuck = await jobs.StartAsync<JobSaga, Job>(new Job(0));
        await Eventually.HoldsAsync(() => Task.FromResult(desk.Hanging == 1), "it hangs");

        // While it hangs: most of what is asked for is done, and timers of the same service fire.
        var asked = await Task.WhenAll(Enumerable.Range(1, 200).Select(n => jobs.StartAsync<JobSaga, Job>(new Job(n))));
        var papers = new List<SagaId>();
        foreach (var n in Enumerable.Range(1, 12))
        {
            papers.AddRange(await StartOnAFreeLaneAsync(counter, n));
        }

        await Eventually.HoldsAsync(async () => await CountAsync(jobs, SagaStatus.Completed) >= 120, "most go on");
        await Eventually.HoldsAsync(async () => await CountAsync(counter, SagaStatus.Compensated) >= 6, "timers fire");
        await Eventually.HoldsAsync(() => Task.FromResult(counter.Problem?.Contains("'lanes.do' has been running", StringComparison.Ordinal) == true), "health names it");
        Assert.Equal(1, desk.Hanging);
        Assert.Empty(await counter.Operations.DeadLettersAsync());

        await Eventually.HoldsAsync(async () => (await counter.Operations.DeadLettersAsync()).Count == 1, "it is given up");
        await Eventually.HoldsAsync(async () => await CountAsync(jobs, SagaStatus.Completed) == asked.Length, "all others are done");
        Assert.Equal(1, desk.Hanging);
        Assert.Equal(SagaStatus.Compensated, (await jobs.WaitAsync(stuck.Id).WaitAsync(Eventually.Patience)).Status);
        Assert.Null(counter.Problem);
        await host.StopAsync();
    }

    [Fact]
    public async Task Ends_no_deadline_early_and_none_late_when_the_clock_of_a_node_is_wrong()
    {
        var database = await (await fixture.ServerAsync()).NewDatabaseAsync();
        using var right = await StartAsync(database, new LaneDesk());
        using var wrong = await StartAsync(database, new LaneDesk(), new ShiftedTime(TimeSpan.FromHours(1)));
        using var slow = await StartAsync(database, new LaneDesk(), new ShiftedTime(TimeSpan.FromHours(-1)));
        foreach (var starter in (IHost[])[right, wrong, slow])
        {
            var service = starter.Services.GetRequiredKeyedService<SkaldService>(Desk);
            var watch = System.Diagnostics.Stopwatch.StartNew();
            var start = await service.StartAsync<PaperSaga, Job>(new Job(1));
            // A look every quarter of a second, on three nodes.
            Assert.Equal(SagaStatus.Compensated, (await service.WaitAsync(start.Id).WaitAsync(Eventually.Patience)).Status);
            Assert.InRange(watch.Elapsed, PaperSaga.Patience - TimeSpan.FromMilliseconds(100), PaperSaga.Patience * 4);
        }
    }

    /// <summary>A start on the lane that hangs would wait for it: it is given up after a moment.</summary>
    private static async Task<IEnumerable<SagaId>> StartOnAFreeLaneAsync(SkaldService service, int number)
    {
        using var moment = new CancellationTokenSource(TimeSpan.FromMilliseconds(500));
        try
        {
            return [(await service.StartAsync<PaperSaga, Job>(new Job(number), cancellationToken: moment.Token)).Id];
        }
        catch (OperationCanceledException)
        {
            return [];
        }
    }

    private static async Task<IHost> StartAsync(string database, LaneDesk desk, TimeProvider? time = null)
    {
        var builder = Host.CreateEmptyApplicationBuilder(null);
        builder.Services.AddSingleton(desk).AddSingleton(time ?? TimeProvider.System);
        Add(Jobs, s => s.AddSaga<JobSaga>());
        Add(Desk, s => s.AddHandlers<LaneDesk>().AddSaga<PaperSaga>());
        var host = builder.Build();
        await host.StartAsync();
        return host;

        void Add(string name, Action<SkaldBuilder> configure) => builder.Services.AddSkald(name, s =>
        {
            s.UsePostgreSql(database).UsePostgreSqlBroker(database).Configure(o => o with { CallDeadline = TimeSpan.FromSeconds(12), MaxAttempts = 1, Lease = TimeSpan.FromSeconds(1), Lanes = 4 });
            configure(s);
        });
    }

    private static async Task<long> CountAsync(SkaldService service, SagaStatus status) =>
        (await service.Operations.CountSagasAsync(new SagaQuery { Status = status }, 1000)).Value;

    /// <summary>The clock of a machine that is wrong by so much; it counts as fast as others.</summary>
    private sealed class ShiftedTime(TimeSpan by) : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => base.GetUtcNow() + by;
    }
}
