using Skald.Decisions;
using Skald.Messaging;
using Skald.Storage;
using Xunit;

namespace Skald.Tests;

/// <summary>Two processes of a service with different versions of a definition, on one store.</summary>
public sealed class A_saga_of_another_version
{
    private const string Trips = "t.trips";

    private static TestSaga Old => new(
        saga =>
        {
            saga.WaitFor<TripApproved>("approval").OnEvent((t, e) => t with { Approver = e.By }).Within(TimeSpan.FromDays(1));
            saga.Step("book").Do((t, _) => t with { Note = t.Note + " book" }).Undo((t, _) => t with { Note = t.Note + " unbook" });
            saga.Step("pay").Send(t => new ChargeCard(t.Id)).Undo(t => new RefundCard(t.Id)).Within(TimeSpan.FromHours(1));
        },
        "changed");

    private static TestSaga New => new(
        saga =>
        {
            saga.Step("check").Do((t, _) => t with { Note = t.Note + " check" }).NothingToUndo("a test").Since(2);
            saga.WaitFor<TripApproved>("consent").OnEvent((t, e) => t with { Approver = e.By }).Within(TimeSpan.FromDays(1)).Formerly("approval", before: 2);
            saga.Step("book").Do((t, _) => t with { Note = t.Note + " book" }).Undo((t, _) => t with { Note = t.Note + " unbook" }).Until(2);
            saga.Step("pay").Send(t => new ChargeCard(t.Id)).Undo(t => new RefundCard(t.Id)).Within(TimeSpan.FromHours(1));
            saga.Step("insure").Do((t, _) => t with { Note = t.Note + " insure" }).NothingToUndo("a test").Since(2);
        },
        "changed",
        version: 2);

    [Theory, EveryBackend]
    public async Task Runs_its_own_plan_whichever_process_has_it(Backend backend)
    {
        using var ground = new Ground(backend);
        await using var old = await Host.StartAsync(ground, (Trips, s => s.AddTestSaga(Old)));
        await using var now = await Host.StartAsync(ground, (Trips, s => s.AddTestSaga(New)));
        await using var cards = await Wire.StartAsync(old[Trips], "t.cards.commands");
        var older = (await old[Trips].StartAsync<TestSaga, Trip>(new Trip("T1"))).Id;
        var newer = (await now[Trips].StartAsync<TestSaga, Trip>(new Trip("T2"))).Id;
        // Each event reaches the process that did not start the saga.
        await now[Trips].RaiseAsync(older, new TripApproved("Ann"));
        await old[Trips].RaiseAsync(newer, new TripApproved("Bob"));
        var asked = new[] { cards.NextAsync(), cards.NextAsync() };
        await Eventually.HoldsAsync("both ask for money", () => Task.FromResult(asked.All(a => a.IsCompleted)), old.Time, TimeSpan.FromMilliseconds(100));
        foreach (var command in asked)
        {
            await cards.SendAsync(Wire.Answer((await command).Envelope!), new CardCharged("R1"));
        }

        await EndsAsync(old, now, older, SagaStatus.Completed, " book", "Ann");
        await EndsAsync(now, old, newer, SagaStatus.Completed, " check insure", "Bob");
        Assert.Equal(0, await DeadLettersAsync(old) + await DeadLettersAsync(now));
    }

    [Theory, EveryBackend]
    public async Task Is_undone_by_its_own_plan_whichever_process_has_it(Backend backend)
    {
        using var ground = new Ground(backend);
        await using var old = await Host.StartAsync(ground, (Trips, s => s.AddTestSaga(Old)));
        await using var now = await Host.StartAsync(ground, (Trips, s => s.AddTestSaga(New)));
        await using var cards = await Wire.StartAsync(old[Trips], "t.cards.commands");
        var older = (await old[Trips].StartAsync<TestSaga, Trip>(new Trip("T1"))).Id;
        await now[Trips].RaiseAsync(older, new TripApproved("Ann"));
        await cards.SendAsync(Wire.Answer((await cards.NextAsync()).Envelope!, MessageKind.Refusal), new Refusal("Declined", "no"));
        await EndsAsync(old, now, older, SagaStatus.Compensated, " book unbook", "Ann");
    }

    [Theory, EveryBackend]
    public async Task Is_parked_when_nobody_is_left_who_knows_it_and_goes_on_when_one_comes(Backend backend)
    {
        using var ground = new Ground(backend);
        await using var old = await Host.StartAsync(ground, (Trips, s => s.AddTestSaga(Old)));
        await using var cards = await Wire.StartAsync(old[Trips], "t.cards.commands");
        SagaId paying, waiting;
        await using (var now = await Host.StartAsync(ground, (Trips, s => s.AddTestSaga(New))))
        {
            paying = (await now[Trips].StartAsync<TestSaga, Trip>(new Trip("T1"))).Id;
            waiting = (await now[Trips].StartAsync<TestSaga, Trip>(new Trip("T2"))).Id;
            await now[Trips].RaiseAsync(paying, new TripApproved("Ann"));
        }

        // An answer, and an event, come when only the old version is there.
        await cards.SendAsync(Wire.Answer((await cards.NextAsync()).Envelope!), new CardCharged("R1"));
        await old[Trips].RaiseAsync(waiting, new TripApproved("Bob"));
        foreach (var saga in new[] { paying, waiting })
        {
            await Eventually.HoldsAsync("it is parked", async () => (await old[Trips].FindSagaAsync(saga))!.Status == SagaStatus.Parked, old.Time, TimeSpan.FromMilliseconds(200));
            Assert.Equal(
                "it runs version 2 of 'changed', which no process of service 't.trips' knows that is running; it goes on when one is started that does",
                (await old[Trips].FindSagaAsync(saga))!.ParkReason);
        }

        await Assert.ThrowsAsync<SagaVersionUnknownException>(() => old[Trips].ResumeAsync(paying));
        await using var back = await Host.StartAsync(ground, (Trips, s => s.AddTestSaga(New)));
        await using var rest = await Answering.StartAsync(back, cards);
        await EndsAsync(back, old, paying, SagaStatus.Completed, " check insure", "Ann");
        await EndsAsync(back, old, waiting, SagaStatus.Completed, " check insure", "Bob");
        Assert.Contains(await back[Trips].Operations.TimelineAsync(waiting), e => e.Kind == JournalKind.Resumed && e.Reason == "a process that knows version 2 is here");
        Assert.Equal(0, await DeadLettersAsync(old) + await DeadLettersAsync(back));
    }

    [Theory, EveryBackend]
    public async Task Is_not_parked_while_its_process_is_started_again(Backend backend)
    {
        using var ground = new Ground(backend);
        await using var old = await Host.StartAsync(ground, (Trips, s => s.AddTestSaga(Old)));
        var saga = await LeftBehindAsync(ground, old);
        old.Time.Advance(TimeSpan.FromSeconds(5));
        await old.RequestsHaveTheirTurnAsync(Trips);
        await using var back = await Host.StartAsync(ground, (Trips, s => s.AddTestSaga(New)));
        await using var cards = await Wire.StartAsync(back[Trips], "t.cards.commands");
        await using var rest = await Answering.StartAsync(back, cards);
        await EndsAsync(back, old, saga, SagaStatus.Completed, " check insure", "Ann");
        Assert.DoesNotContain(await back[Trips].Operations.TimelineAsync(saga), e => e.Kind == JournalKind.Parked);
    }

    [Theory, EveryBackend]
    public async Task Is_parked_with_the_reason_when_who_knows_it_cannot_read_it(Backend backend)
    {
        using var ground = new Ground(backend);
        await using var old = await Host.StartAsync(ground, (Trips, s => s.AddTestSaga(Old)));
        var saga = await LeftBehindAsync(ground, old);
        await Eventually.HoldsAsync("it is parked", async () => (await old[Trips].FindSagaAsync(saga))!.Status == SagaStatus.Parked, old.Time, TimeSpan.FromMilliseconds(200));
        var other = new TestSaga(s => s.Step("something else").Send(t => new ChargeCard(t.Id)).NothingToUndo("a test"), "changed", version: 2);
        await using var back = await Host.StartAsync(ground, (Trips, s => s.AddTestSaga(other)));
        await Eventually.HoldsAsync("it says why", async () => (await old[Trips].FindSagaAsync(saga))!.ParkReason!.Contains("does not have", StringComparison.Ordinal), old.Time, TimeSpan.FromMilliseconds(200));
    }

    [Fact]
    public async Task Gets_an_event_that_was_passed_on_although_taking_it_in_fails_first()
    {
        using var ground = new Ground(Backend.Memory);
        var store = new InMemoryStore();
        await using var old = await Host.StartAsync(ground, (Trips, s => s.AddTestSaga(Old).UseStore(_ => new KeptStore(store))));
        await using var now = await Host.StartAsync(ground, (Trips, s => s.AddTestSaga(New).UseStore(_ => new FailingStore(store))));
        await using var cards = await Wire.StartAsync(now[Trips], "t.cards.commands");
        await using var rest = await Answering.StartAsync(now, cards);
        var saga = (await now[Trips].StartAsync<TestSaga, Trip>(new Trip("T1"))).Id;
        Assert.Equal(EventOutcome.PassedOn, await old[Trips].RaiseAsync(saga, new TripApproved("Ann")));
        await EndsAsync(now, now, saga, SagaStatus.Completed, " check insure", "Ann");
    }

    [Theory, EveryBackend]
    public async Task Answers_a_repeated_start_whichever_version_was_there_first(Backend backend)
    {
        using var ground = new Ground(backend);
        var options = new StartOptions { IdempotencyKey = "k1" };
        SagaStart<Trip> first;
        await using (var now = await Host.StartAsync(ground, (Trips, s => s.AddTestSaga(New))))
        {
            first = await now[Trips].StartAsync<TestSaga, Trip>(new Trip("T1"), options);
            Assert.Equal(" check", first.State.Note);
        }

        await using var old = await Host.StartAsync(ground, (Trips, s => s.AddTestSaga(Old)));
        var again = await old[Trips].StartAsync<TestSaga, Trip>(new Trip("T1"), options);
        Assert.Equal((first.Id, true), (again.Id, again.Repeated));
        await using var back = await Host.StartAsync(ground, (Trips, s => s.AddTestSaga(New)));
        Assert.Equal((first.Id, " check"), await back[Trips].StartAsync<TestSaga, Trip>(new Trip("T1"), options) is var third ? (third.Id, third.State.Note) : default);
    }

    [Theory, EveryBackend]
    public async Task Is_resumed_where_it_was_when_its_process_was_killed(Backend backend)
    {
        using var ground = new Ground(backend) { HostsDie = true };
        await using var old = await Host.StartAsync(ground, (Trips, s => s.AddTestSaga(Old)));
        var saga = await LeftBehindAsync(ground, old);
        await Eventually.HoldsAsync("it is parked", async () => (await old[Trips].FindSagaAsync(saga))!.Status == SagaStatus.Parked, old.Time, TimeSpan.FromMilliseconds(200));
        await using var back = await Host.StartAsync(ground, (Trips, s => s.AddTestSaga(New)));
        await using var cards = await Wire.StartAsync(back[Trips], "t.cards.commands");
        await using var rest = await Answering.StartAsync(back, cards);
        await EndsAsync(back, old, saga, SagaStatus.Completed, " check insure", "Ann");
    }

    /// <summary>A saga of the new version, whose process has gone, and which has got its event from the old one.</summary>
    private static async Task<SagaId> LeftBehindAsync(Ground ground, Host old)
    {
        SagaId saga;
        await using (var now = await Host.StartAsync(ground, (Trips, s => s.AddTestSaga(New))))
        {
            saga = (await now[Trips].StartAsync<TestSaga, Trip>(new Trip("T1"))).Id;
        }

        Assert.Equal(EventOutcome.PassedOn, await old[Trips].RaiseAsync(saga, new TripApproved("Ann")));
        return saga;
    }

    private static async Task EndsAsync(Host one, Host other, SagaId saga, SagaStatus status, string note, string approver)
    {
        await Eventually.HoldsAsync("it ends", async () => (await one[Trips].FindSagaAsync(saga))!.Status == status, one.Time, TimeSpan.FromMilliseconds(100));
        var state = (await other[Trips].FindSagaAsync(saga))!.State;
        Assert.Equal((note, approver), (state.GetProperty("note").GetString(), state.GetProperty("approver").GetString()));
    }

    private static async Task<int> DeadLettersAsync(Host host) => (await host[Trips].Operations.DeadLettersAsync()).Count;

    /// <summary>Cannot write what a delayed message leads to, three times.</summary>
    private sealed class FailingStore(InMemoryStore store) : KeptStore(store)
    {
        private int _left = 3;

        public override async ValueTask<IUnitOfWork> BeginAsync(LoadRequest request, CancellationToken cancellationToken) => new Unit(this, await base.BeginAsync(request, cancellationToken));

        private sealed class Unit(FailingStore owner, IUnitOfWork inner) : PassingUnit(inner)
        {
            public override ValueTask CommitAsync(Changes changes, CancellationToken cancellationToken) =>
                changes is { DeletedDelayed.Count: > 0, Delayed.Count: 0 } && owner._left-- > 0 ? throw new TimeoutException("a statement took too long") : base.CommitAsync(changes, cancellationToken);
        }
    }

    /// <summary>Whoever answers all that is asked for money from now on.</summary>
    private sealed class Answering(CancellationTokenSource stop, Task running) : IAsyncDisposable
    {
        public static Task<Answering> StartAsync(Host host, Wire cards)
        {
            var stop = new CancellationTokenSource();
            return Task.FromResult(new Answering(stop, RunAsync(cards, stop.Token)));
        }

        private static async Task RunAsync(Wire cards, CancellationToken stop)
        {
            while (!stop.IsCancellationRequested)
            {
                var next = cards.NextAsync();
                await Task.WhenAny(next, Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, stop));
                if (next.IsCompletedSuccessfully)
                {
                    await cards.SendAsync(Wire.Answer((await next).Envelope!), new CardCharged("R1"));
                }
            }
        }

        public async ValueTask DisposeAsync()
        {
            await stop.CancelAsync();
            await running;
            stop.Dispose();
        }
    }
}
