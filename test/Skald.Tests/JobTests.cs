using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Skald.Decisions;
using Skald.Hosting;
using Skald.Runtime;
using Skald.Storage;
using Xunit;

namespace Skald.Tests;

/// <summary>One act on all sagas that match.</summary>
public sealed class A_job
{
    private const string Trips = "t.trips";
    private static readonly TimeSpan Step = TimeSpan.FromMilliseconds(20);

    [Theory, EveryBackend]
    public async Task Acts_once_on_each_saga_that_matched_when_it_began(Backend backend)
    {
        using var ground = new Ground(backend);
        await using var host = await StartAsync(ground);
        var service = host[Trips];
        var sagas = await StartedAsync(host, 12);
        var paused = sagas[5];
        await service.ActAsync(paused, new SagaAct.Pause(), new ActOptions { Actor = "ann" });
        var job = await service.StartJobAsync(Edit("by hand"), new SagaQuery { Status = SagaStatus.Running }, new JobOptions { RatePerSecond = 100, Actor = "bob", Reason = "a typo" });
        Assert.Equal((JobState.Running, 11L, false), (job.State, job.Matched.Value, job.Matched.IsCapped));
        var done = await EndedAsync(host, job.Id);
        Assert.Equal((JobState.Done, 11L, 0L, 0L), (done.State, done.Done, done.Refused, done.Failed));
        Assert.NotNull(done.EndedAt);
        Assert.Equal("edit", done.Act!.Name);
        Assert.Equal([SagaStatus.Running], done.Query.Statuses!);
        var items = await service.JobItemsAsync(job.Id);
        Assert.Equal(Enumerable.Range(1, 11).Select(i => (long)i), items.Select(i => i.Number));
        Assert.Equal(sagas.Except([paused]).OrderBy(s => s.Value), items.Select(i => i.Saga).OrderBy(s => s.Value));
        foreach (var saga in sagas)
        {
            await EditedAsync(host, saga, saga == paused ? 0 : 1);
        }

        Assert.Contains(await service.Operations.TimelineAsync(sagas[0]), e => e is { Kind: JournalKind.Edited, Actor: "bob", Reason: "a typo" });
        // In the audit stand the beginning of the job and each of its acts, with what was before and after.
        var audit = await service.Operations.AuditAsync(new AuditQuery { Actor = "bob" });
        Assert.Equal(12, audit.Count);
        Assert.Equal(("start-job", "job", job.Id.ToString()), (audit[^1].Act, audit[^1].Kind, audit[^1].Target));
        var edit = (await service.Operations.AuditAsync(new AuditQuery { Target = sagas[0].ToString() })).Single();
        Assert.Equal(("edit", "saga", "a typo", "done"), (edit.Act, edit.Kind, edit.Reason, edit.Outcome));
        Assert.Contains("\"note\":null", edit.Before!, StringComparison.Ordinal);
        Assert.Contains("\"note\":\"by hand\"", edit.After!, StringComparison.Ordinal);
        Assert.Equal(job.Id, (await service.JobsAsync()).Jobs.Single().Id);
    }

    [Fact]
    public async Task Says_of_each_saga_why_it_was_not_done()
    {
        using var ground = new Ground(Backend.Sqlite);
        await using var host = await StartAsync(ground);
        await StartedAsync(host, 3);
        var refused = await EndedAsync(host, (await host[Trips].StartJobAsync(new SagaAct.Resume(), new SagaQuery(), new JobOptions { RatePerSecond = 100 })).Id);
        Assert.Equal((JobState.Done, 0L, 3L), (refused.State, refused.Done, refused.Refused));
        Assert.All(await host[Trips].JobItemsAsync(refused.Id, JobItemOutcome.Refused), item => Assert.False(string.IsNullOrEmpty(item.Detail)));
        var unknown = await EndedAsync(host, (await host[Trips].StartJobAsync(new SagaAct.Skip("nobody's step"), new SagaQuery(), new JobOptions { RatePerSecond = 100 })).Id);
        Assert.Equal(3L, unknown.Refused);
        Assert.Contains("nobody's step", (await host[Trips].JobItemsAsync(unknown.Id))[0].Detail!, StringComparison.Ordinal);
        foreach (var rate in (double[])[0, -1, 0.009, 1001, double.NaN, double.PositiveInfinity])
        {
            await Assert.ThrowsAsync<ArgumentException>(() => host[Trips].StartJobAsync(new SagaAct.Retry(), new SagaQuery(), new JobOptions { RatePerSecond = rate }));
        }
    }

    [Theory, EveryBackend]
    public async Task Does_nothing_more_once_it_is_suspended_and_goes_on_where_it_was(Backend backend)
    {
        using var ground = new Ground(backend);
        await using var host = await StartAsync(ground);
        var service = host[Trips];
        var sagas = await StartedAsync(host, 30);
        var job = await service.StartJobAsync(Edit("once"), new SagaQuery(), new JobOptions { RatePerSecond = 50 });
        await Eventually.HoldsAsync("some are done", async () => (await service.FindJobAsync(job.Id))!.Done >= 5, host.Time, Step);
        var suspended = await service.SuspendJobAsync(job.Id, "ann", "lunch");
        Assert.Equal(JobState.Suspended, suspended.State);
        host.Time.Advance(TimeSpan.FromSeconds(5));
        await host.RequestsHaveTheirTurnAsync(Trips);
        Assert.Equal(suspended.Done, (await service.FindJobAsync(job.Id))!.Done);
        Assert.Equal(suspended.Done, (await service.JobItemsAsync(job.Id)).Count);
        Assert.Equal(JobState.Running, (await service.ResumeJobAsync(job.Id, "ann")).State);
        await Eventually.HoldsAsync("more are done", async () => (await service.FindJobAsync(job.Id))!.Done > suspended.Done + 3, host.Time, Step);
        var stopped = await service.StopJobAsync(job.Id, "ann");
        Assert.Equal(JobState.Stopped, stopped.State);
        Assert.NotNull(stopped.EndedAt);
        Assert.InRange(stopped.Done, suspended.Done + 4, 29);
        // What has ended stays so.
        Assert.True(Same(stopped, await service.ResumeJobAsync(job.Id, "ann")));
        await Assert.ThrowsAsync<KeyNotFoundException>(() => service.StopJobAsync(Guid.AllBitsSet));
        Assert.Equal(["stop-job", "resume-job", "suspend-job"], (await service.Operations.AuditAsync(new AuditQuery { Kind = "job", Actor = "ann" })).Select(a => a.Act));
        var items = await service.JobItemsAsync(job.Id);
        Assert.Equal(stopped.Done, items.Select(i => i.Saga).Distinct().Count());
        foreach (var saga in sagas)
        {
            await EditedAsync(host, saga, items.Count(i => i.Saga == saga));
        }
    }

    [Theory, EveryBackend]
    public async Task Is_taken_up_by_another_process_when_the_one_that_had_it_is_gone(Backend backend)
    {
        using var ground = new Ground(backend) { HostsDie = true };
        List<SagaId> sagas;
        Guid job;
        await using (var first = await StartAsync(ground))
        {
            sagas = await StartedAsync(first, 25);
            job = (await first[Trips].StartJobAsync(Edit("once"), new SagaQuery(), new JobOptions { RatePerSecond = 50 })).Id;
            await Eventually.HoldsAsync("some are done", async () => (await first[Trips].FindJobAsync(job))!.Done >= 7, first.Time, Step);
        }

        await using var second = await StartAsync(ground);
        var before = await second[Trips].FindJobAsync(job);
        Assert.Equal(JobState.Running, before!.State);
        Assert.InRange(before.Done, 7, 24);
        var done = await EndedAsync(second, job);
        Assert.Equal((JobState.Done, 25L), (done.State, done.Done));
        foreach (var saga in sagas)
        {
            await EditedAsync(second, saga, 1);
        }
    }

    [Theory, EveryBackend]
    public async Task Is_carried_on_by_a_process_that_serves_whoever_began_it(Backend backend)
    {
        using var ground = new Ground(backend);
        await using var host = await StartAsync(ground);
        await StartedAsync(host, 3);
        await using var verb = await Host.OpenAsync(ground, (Trips, s => s.AddTestSaga(TripSagas.Linear)));
        var job = await verb[Trips].StartJobAsync(Edit("once"), new SagaQuery(), new JobOptions { RatePerSecond = 100 });
        Assert.Equal(3L, (await EndedAsync(host, job.Id)).Done);
    }

    /// <summary>Two processes may take a job for theirs for a while.</summary>
    [Theory, EveryBackend]
    public async Task Acts_once_for_two_that_carry_it_on_at_the_same_time(Backend backend)
    {
        using var ground = new Ground(backend);
        await using var host = await StartAsync(ground);
        var engine = host[Trips].Engine;
        var saga = (await StartedAsync(host, 1))[0];
        var job = await host[Trips].StartJobAsync(Edit("once"), new SagaQuery { Definition = "nobody's" });
        await EndedAsync(host, job.Id);
        var row = new JobRow { Id = Guid.AllBitsSet, Version = 1, Act = "{}", Query = "{}", Rate = 1, CreatedAt = 1 };
        var begun = new JobChangeWork(row.Id, _ => row, null, null, null);
        await engine.Lanes.AskAsync(begun, begun.Done, default);
        List<JobItemWork> works = [.. Enumerable.Range(0, 4).Select(_ => new JobItemWork(row, Edit("once"), new InstanceFilter(), new PagePosition(1, saga.Value)))];
        works.ForEach(engine.Lanes.Add);
        var steps = await Task.WhenAll(works.Select(w => w.Done));
        Assert.Equal(1, steps.Count(s => s.Step == JobStep.Taken));
        await EditedAsync(host, saga, 1);
        Assert.Equal(1L, (await host[Trips].FindJobAsync(row.Id))!.Done);
    }

    [Theory, EveryBackend]
    public async Task Is_begun_once_under_one_id_and_leaves_those_alone_that_are_started_later(Backend backend)
    {
        using var ground = new Ground(backend);
        await using var verb = await Host.OpenAsync(ground, (Trips, s => s.AddTestSaga(TripSagas.Linear)));
        var before = (await StartedAsync(verb, 3)).ToHashSet();
        var options = new JobOptions { Id = new Guid(7, 7, 7, new byte[8]), RatePerSecond = 100 };
        var job = await verb[Trips].StartJobAsync(Edit("once"), new SagaQuery(), options);
        verb.Time.Advance(TimeSpan.FromSeconds(1));
        await StartedAsync(verb, 2);
        Assert.Equal((job.Id, job.CreatedAt), (await verb[Trips].StartJobAsync(Edit("once"), new SagaQuery(), options) is var again ? (again.Id, again.CreatedAt) : default));
        await using var host = await StartAsync(ground);
        Assert.Equal(3L, (await EndedAsync(host, job.Id)).Done);
        Assert.Equal(before, (await host[Trips].JobItemsAsync(job.Id)).Select(i => i.Saga).ToHashSet());
        Assert.Single((await host[Trips].JobsAsync()).Jobs);
    }

    /// <summary>Its turn may come long after it was found.</summary>
    [Fact]
    public async Task Leaves_one_alone_that_does_not_match_any_more()
    {
        using var ground = new Ground(Backend.Sqlite);
        await using var host = await StartAsync(ground);
        var saga = (await StartedAsync(host, 1))[0];
        foreach (var filter in (InstanceFilter[])[new() { FailedStep = "book room" }, new() { FailureType = "CardDeclined" }, new() { Key = "another" }, new() { UpdatedBefore = 1 }])
        {
            var row = new JobRow { Id = Guid.CreateVersion7(), Version = 1, Act = "{}", Query = "{}", Rate = 1, CreatedAt = 1, State = JobState.Running };
            var begun = new JobChangeWork(row.Id, _ => row, null, null, null);
            await host[Trips].Engine.Lanes.AskAsync(begun, begun.Done, default);
            var work = new JobItemWork(row, Edit("once"), filter, new PagePosition(1, saga.Value));
            host[Trips].Engine.Lanes.Add(work);
            await work.Done;
            Assert.Equal(JobItemOutcome.Refused, (await host[Trips].JobItemsAsync(row.Id)).Single().Outcome);
        }

        await EditedAsync(host, saga, 0);
    }

    /// <summary>A commit that happened, and whose answer was lost: nobody knows whether it was done.</summary>
    [Fact]
    public async Task Acts_on_none_twice_when_answers_of_the_database_are_lost()
    {
        using var ground = new Ground(Backend.Memory);
        await using var host = await Host.StartAsync(ground, (Trips, s => s.AddTestSaga(TripSagas.Linear).UseStore(_ => new ForgetfulStore(new InMemoryStore()))));
        var sagas = await StartedAsync(host, 20);
        var job = await host[Trips].StartJobAsync(Edit("once"), new SagaQuery(), new JobOptions { RatePerSecond = 100 });
        var done = await EndedAsync(host, job.Id);
        Assert.Equal((JobState.Done, 20L), (done.State, done.Done));
        foreach (var saga in sagas)
        {
            await EditedAsync(host, saga, 1);
        }
    }

    [Fact]
    public async Task Keeps_to_its_rate_by_the_clock_on_the_wall()
    {
        using var folder = new TempFolder();
        await using var provider = new ServiceCollection().AddSkald(Trips, s => s.UseSqlite(folder.File("store.db")).UseTransport(_ => new Messaging.InMemoryTransport()).AddTestSaga(TripSagas.Linear)).BuildServiceProvider();
        var services = provider.GetRequiredService<SkaldServices>();
        await services.ServeAsync(default);
        var service = services[Trips];
        for (var i = 0; i < 31; i++)
        {
            await service.StartAsync<TestSaga, Trip>(new Trip("T1"));
        }

        var job = await service.StartJobAsync(Edit("once"), new SagaQuery(), new JobOptions { RatePerSecond = 10 });
        await Eventually.HoldsAsync("it is through", async () => (await service.FindJobAsync(job.Id))!.State == JobState.Done);
        var items = await service.JobItemsAsync(job.Id);
        Assert.Equal(31, items.Count);
        var rate = (items.Count - 1) / (items[^1].At - items[0].At).TotalSeconds;
        TestContext.Current.TestOutputHelper?.WriteLine($"{rate:0.00} a second");
        Assert.InRange(rate, 9, 11);
        await services.StopAsync();
    }

    private static bool Same(SagaJob? one, SagaJob? other) => (one?.Id, one?.State, one?.Done, one?.EndedAt) == (other?.Id, other?.State, other?.Done, other?.EndedAt);

    private static Task<Host> StartAsync(Ground ground) => Host.StartAsync(ground, (Trips, s => s.AddTestSaga(TripSagas.Linear)));

    private static async Task<List<SagaId>> StartedAsync(Host host, int count)
    {
        var sagas = new List<SagaId>();
        for (var i = 0; i < count; i++)
        {
            sagas.Add((await host[Trips].StartAsync<TestSaga, Trip>(new Trip("T1"))).Id);
        }

        return sagas;
    }

    private static async Task<SagaJob> EndedAsync(Host host, Guid job)
    {
        await Eventually.HoldsAsync("it is through", async () => (await host[Trips].FindJobAsync(job))!.State == JobState.Done, host.Time, Step);
        return (await host[Trips].FindJobAsync(job))!;
    }

    private static async Task EditedAsync(Host host, SagaId saga, int times) =>
        Assert.Equal(times, (await host[Trips].Operations.TimelineAsync(saga)).Count(e => e.Kind == JournalKind.Edited));

    private static SagaAct.EditState Edit(string note) => new(JsonDocument.Parse($$"""{"note":"{{note}}"}""").RootElement);

    /// <summary>Of commits with a job's item, every third is done and said to have failed, and every fourth fails.</summary>
    private sealed class ForgetfulStore(InMemoryStore store) : KeptStore(store)
    {
        private int _commits;

        public override async ValueTask<IUnitOfWork> BeginAsync(LoadRequest request, CancellationToken cancellationToken) => new Unit(this, await base.BeginAsync(request, cancellationToken));

        private sealed class Unit(ForgetfulStore owner, IUnitOfWork inner) : PassingUnit(inner)
        {
            public override async ValueTask CommitAsync(Changes changes, CancellationToken cancellationToken)
            {
                var number = changes.JobItems.Count > 0 ? ++owner._commits : 1;
                if (number % 4 == 0)
                {
                    throw new StoreUnavailableException("away");
                }

                await base.CommitAsync(changes, cancellationToken);
                if (number % 3 == 0)
                {
                    throw new StoreUnavailableException("its answer was lost");
                }
            }
        }
    }
}
