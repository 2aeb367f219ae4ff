using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Skald.Storage;
using Xunit;

namespace Skald.Tests;

/// <summary>Code that runs inside a message of its service must not wait for that service: it is told so at once.</summary>
public sealed class Code_that_calls_its_own_service
{
    private const string Trips = "t.trips";

    public static TheoryData<string, string> Calls => new()
    {
        { nameof(SkaldService.StartAsync), "context.Start" },
        { nameof(SkaldService.ExecuteAsync), "context.Send" },
        { nameof(SkaldService.PublishAsync), "context.Publish" },
        { nameof(SkaldService.RaiseAsync), "context.Send" },
        { nameof(SkaldService.ResumeAsync), "from outside" },
        { nameof(SkaldService.ReplayAsync), "from outside" },
        { nameof(SkaldService.WaitAsync), "last step" },
    };

    [Theory, MemberData(nameof(Calls))]
    public async Task Is_told_what_to_call_instead(string call, string instead)
    {
        using var ground = new Ground(Backend.Memory);
        await using var host = await Host.StartAsync(ground, (Trips, s => s.AddTestSaga(TripSagas.Linear)));
        var refused = await Assert.ThrowsAsync<InvalidOperationException>(() => host[Trips].ExecuteAsync<bool>(async _ =>
        {
            await CallAsync(call, host[Trips]);
            return true;
        }));
        Assert.Contains(call, refused.Message, StringComparison.Ordinal);
        Assert.Contains(instead, refused.Message, StringComparison.Ordinal);
        // It goes on as if nothing had been.
        Assert.True(await host[Trips].ExecuteAsync(_ => new ValueTask<bool>(true)));
    }

    [Fact]
    public async Task May_call_another_service_and_may_leave_something_running()
    {
        using var ground = new Ground(Backend.Memory);
        await using var host = await Host.StartAsync(ground, (Trips, s => s.AddTestSaga(TripSagas.Linear)), ("t.other", s => s.AddTestSaga(TripSagas.Linear)));
        var later = new TaskCompletionSource();
        Task<SagaStart<Trip>>? left = null;
        await host[Trips].ExecuteAsync(async _ =>
        {
            await host["t.other"].StartAsync<TestSaga, Trip>(new Trip("T1"));
            left = StartLaterAsync();
            return true;
        });
        later.SetResult();
        Assert.False((await left!).Repeated);

        async Task<SagaStart<Trip>> StartLaterAsync()
        {
            await later.Task;
            return await host[Trips].StartAsync<TestSaga, Trip>(new Trip("T2"));
        }
    }

    private static Task CallAsync(string call, SkaldService service) => call switch
    {
        nameof(SkaldService.StartAsync) => service.StartAsync<TestSaga, Trip>(new Trip("T1")),
        nameof(SkaldService.ExecuteAsync) => service.ExecuteAsync(_ => new ValueTask<bool>(true)),
        nameof(SkaldService.PublishAsync) => service.PublishAsync(new TripApproved("Ann")),
        nameof(SkaldService.RaiseAsync) => service.RaiseAsync(default, new TripApproved("Ann")),
        nameof(SkaldService.ResumeAsync) => service.ResumeAsync(default),
        nameof(SkaldService.ReplayAsync) => service.ReplayAsync(1),
        _ => service.WaitAsync(default),
    };
}

/// <summary>What a batch does is said when it is committed, and once.</summary>
public sealed class A_batch_that_is_rolled_back
{
    [Fact]
    public async Task Says_nothing_until_it_is_committed()
    {
        using var ground = new Ground(Backend.Memory);
        var log = new LogLines();
        var store = new RefusingStore(new InMemoryStore());
        await using var host = await Host.StartAsync(ground, ("t.trips", s =>
        {
            s.Services.AddSingleton<ILoggerFactory>(log);
            s.UseStore(_ => store);
            s.AddTestSaga(TripSagas.Linear);
        }));
        await using var seats = await Wire.StartAsync(host["t.trips"], "t.seats.commands");
        var start = await host["t.trips"].StartAsync<TestSaga, Trip>(new Trip("T1"));
        var command = (await seats.NextAsync()).Envelope!;
        store.Refuses = 3;
        await seats.SendAsync(Wire.Answer(command, Messaging.MessageKind.Refusal), new Refusal("Full", "no seats left"));
        var ended = host["t.trips"].WaitAsync(start.Id);
        await Eventually.HoldsAsync("it has turned back", () => Task.FromResult(ended.IsCompleted), host.Time, TimeSpan.FromMilliseconds(200));
        Assert.Equal(0, store.Refuses);
        Assert.Single(log.Lines, line => line.Contains("turns back", StringComparison.Ordinal));
    }

    private sealed class RefusingStore(InMemoryStore store) : KeptStore(store)
    {
        public int Refuses { get; set; }

        public override async ValueTask<IUnitOfWork> BeginAsync(LoadRequest request, CancellationToken cancellationToken) => new Unit(this, await base.BeginAsync(request, cancellationToken));

        private sealed class Unit(RefusingStore owner, IUnitOfWork inner) : PassingUnit(inner)
        {
            public override ValueTask CommitAsync(Changes changes, CancellationToken cancellationToken)
            {
                if (owner.Refuses > 0)
                {
                    owner.Refuses--;
                    throw owner.Refuses == 0 ? new StoreUnavailableException("no room on the disk") : new SagaConcurrencyException("another was first");
                }

                return base.CommitAsync(changes, cancellationToken);
            }
        }
    }
}

/// <summary>Whoever waits for a saga's end is told by who carries it, without a question to the database.</summary>
public sealed class A_caller_that_waits
{
    private const string Trips = "t.trips";

    [Fact]
    public async Task Asks_the_database_nothing_when_this_process_carries_the_saga()
    {
        using var ground = new Ground(Backend.Memory);
        var store = new CountingStore(new InMemoryStore());
        await using var host = await Host.StartAsync(ground, (Trips, s => s.AddTestSaga(TripSagas.Linear).UseStore(_ => store)));
        // Whoever begins to serve looks once for jobs that nobody carries on, and not again before some time has passed.
        await Eventually.HoldsAsync("it has looked for jobs", () => Task.FromResult(store.Questions == 1));
        await using var seats = await Wire.StartAsync(host[Trips], "t.seats.commands");
        var start = await host[Trips].StartAsync<TestSaga, Trip>(new Trip("T1"));
        var (first, second) = (host[Trips].WaitAsync(start.Id), host[Trips].WaitAsync(start.Id));
        await seats.SendAsync(Wire.Answer((await seats.NextAsync()).Envelope!, Messaging.MessageKind.Refusal), new Refusal("Full", "no seats left"));
        Assert.Equal((SagaStatus.Compensated, SagaStatus.Compensated), ((await first).Status, (await second).Status));
        Assert.Equal(1, store.Questions);
        // It has ended before: that only the database knows.
        Assert.Equal(SagaStatus.Compensated, (await host[Trips].WaitAsync(start.Id)).Status);
        Assert.Equal(2, store.Questions);
    }

    [Fact]
    public async Task Reads_no_state_before_there_is_an_end_to_tell()
    {
        using var ground = new Ground(Backend.Memory);
        var (store, read) = (new CountingStore(new InMemoryStore()), 0);
        await using var host = await Host.StartAsync(ground, (Trips, s => s.UseStore(_ => store).AddTestSaga(new TestSaga(saga =>
        {
            saga.Summary(_ => $"read {Interlocked.Increment(ref read)} times");
            saga.Step("reserve").Send(t => new ReserveSeat(t.Id)).NothingToUndo("it only asks");
        }))));
        await using var seats = await Wire.StartAsync(host[Trips], "t.seats.commands");
        var start = await host[Trips].StartAsync<TestSaga, Trip>(new Trip("T1"));
        var waiting = host[Trips].WaitAsync(start.Id);
        await Eventually.HoldsAsync("it has looked", () => Task.FromResult(store.Questions > 2), ground.Time, TimeSpan.FromMilliseconds(250));
        Assert.Equal(0, read);
        await seats.SendAsync(Wire.Answer((await seats.NextAsync()).Envelope!, Messaging.MessageKind.Refusal), new Refusal("Full", "no seats left"));
        Assert.Equal(SagaStatus.Compensated, (await waiting).Status);
    }

    [Fact]
    public async Task May_give_up_while_another_goes_on_waiting()
    {
        using var ground = new Ground(Backend.Memory);
        await using var host = await Host.StartAsync(ground, (Trips, s => s.AddTestSaga(TripSagas.Linear)));
        await using var seats = await Wire.StartAsync(host[Trips], "t.seats.commands");
        var start = await host[Trips].StartAsync<TestSaga, Trip>(new Trip("T1"));
        using var impatient = new CancellationTokenSource();
        var (first, second) = (host[Trips].WaitAsync(start.Id, impatient.Token), host[Trips].WaitAsync(start.Id));
        await impatient.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => first);
        await seats.SendAsync(Wire.Answer((await seats.NextAsync()).Envelope!, Messaging.MessageKind.Refusal), new Refusal("Full", "no seats left"));
        Assert.Equal(SagaStatus.Compensated, (await second.WaitAsync(Eventually.Patience)).Status);
    }

    private sealed class CountingStore(InMemoryStore store) : KeptStore(store)
    {
        private int _questions;

        public int Questions => _questions;

        public override IOperations Operations
        {
            get
            {
                Interlocked.Increment(ref _questions);
                return base.Operations;
            }
        }
    }
}

/// <summary>Stopping waits for what was begun, and no longer than the host does.</summary>
public sealed class A_process_that_stops
{
    [Fact]
    public async Task Does_not_wait_longer_than_the_host_for_code_that_does_not_return()
    {
        using var ground = new Ground(Backend.Memory);
        var hangs = new TaskCompletionSource<bool>();
        var provider = new ServiceCollection().AddSingleton<TimeProvider>(ground.Time).AddSkald("t.trips", s =>
        {
            ground.Configure(s);
            s.AddTestSaga(TripSagas.Linear);
        }).BuildServiceProvider();
        var services = provider.GetRequiredService<SkaldServices>();
        await services.ServeAsync(CancellationToken.None);
        var hanging = services["t.trips"].ExecuteAsync(async _ => await hangs.Task);
        using var host = new CancellationTokenSource(TimeSpan.FromMilliseconds(100));
        await services.StopAsync(host.Token).WaitAsync(Eventually.Patience);
        Assert.False(hanging.IsCompleted);
        hangs.SetResult(true);
        // The container may be disposed of without waiting, too.
        provider.Dispose();
        Assert.True(await hanging.WaitAsync(Eventually.Patience));
    }
}
