using Skald.Messaging;
using Xunit;

namespace Skald.Tests;

/// <summary>A saga that people and programs know by a business key.</summary>
public sealed class A_saga_with_a_key
{
    private const string Trips = "t.trips";

    private static TestSaga Keyed(KeyUse use) => new(
        saga =>
        {
            saga.Key(t => t.Id.Length == 0 ? null : t.Id, use);
            saga.WaitFor<TripApproved>("approval").OnEvent((t, e) => t with { Id = "changed", Approver = e.By });
            saga.Step("reserve seat").Send(t => new ReserveSeat(t.Id)).Undo(t => new ReleaseSeat(t.Id));
        },
        "keyed");

    [Theory, EveryBackend]
    public async Task Is_found_told_and_cancelled_by_it(Backend backend)
    {
        using var ground = new Ground(backend);
        await using var host = await Host.StartAsync(ground, (Trips, s => s.AddTestSaga(Keyed(KeyUse.Many))));
        var trips = host[Trips];
        var first = (await trips.StartAsync<TestSaga, Trip>(new Trip("T1"))).Id;
        Assert.Equal(CancelOutcome.TurnsBack, (await trips.CancelAsync<TestSaga>("T1", "ann")).Outcome);
        Assert.Equal((first, SagaStatus.Compensated), await trips.FindSagaAsync<TestSaga>("T1") is { } found ? (found.Id, found.Status) : default);
        var second = (await trips.StartAsync<TestSaga, Trip>(new Trip("T1"))).Id;
        host.Time.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(second, (await trips.FindSagaAsync<TestSaga>("T1"))!.Id);
        Assert.Equal(EventOutcome.Accepted, await trips.RaiseAsync<TestSaga, TripApproved>("T1", new TripApproved("Ann")));
        Assert.Equal(EventOutcome.Unknown, await trips.RaiseAsync<TestSaga, TripApproved>("T2", new TripApproved("Ann")));
        await Assert.ThrowsAsync<KeyNotFoundException>(() => trips.CancelAsync<TestSaga>("T2"));
        Assert.Null(await trips.FindSagaAsync<TestSaga>("T2"));
    }

    [Theory, EveryBackend]
    public async Task Is_found_while_it_is_open_behind_many_that_have_ended(Backend backend)
    {
        using var ground = new Ground(backend);
        await using var host = await Host.StartAsync(ground, (Trips, s => s.AddTestSaga(Keyed(KeyUse.Many))));
        var trips = host[Trips];
        var open = (await trips.StartAsync<TestSaga, Trip>(new Trip("T1"))).Id;
        for (var i = 0; i < 12; i++)
        {
            host.Time.Advance(TimeSpan.FromSeconds(1));
            await trips.CancelAsync((await trips.StartAsync<TestSaga, Trip>(new Trip("T1"))).Id);
        }

        Assert.Equal(open, (await trips.FindSagaAsync<TestSaga>("T1"))!.Id);
    }

    [Theory, EveryBackend]
    public async Task May_be_the_only_one_that_has_not_ended(Backend backend)
    {
        using var ground = new Ground(backend);
        await using var host = await Host.StartAsync(ground, (Trips, s => s.AddTestSaga(Keyed(KeyUse.OneAtATime))));
        await using var seats = await Wire.StartAsync(host[Trips], "t.seats.commands");
        var trips = host[Trips];
        var starts = await Task.WhenAll(Enumerable.Range(0, 20).Select(async _ =>
        {
            try
            {
                return (await trips.StartAsync<TestSaga, Trip>(new Trip("T1"))).Id;
            }
            catch (SagaExistsException exists)
            {
                Assert.Equal("T1", exists.Key);
                return exists.Saga;
            }
        }));
        var saga = Assert.Single(starts.Distinct());
        Assert.Single((await trips.Operations.SagasAsync(new SagaQuery { Definition = "keyed" })).Sagas);
        // A step has changed what the key is made of: it keeps the one it was started under.
        await trips.RaiseAsync(saga, new TripApproved("Ann"));
        await Assert.ThrowsAsync<SagaExistsException>(() => trips.StartAsync<TestSaga, Trip>(new Trip("T1")));
        Assert.Equal(saga, (await trips.FindSagaAsync<TestSaga>("T1"))!.Id);
        await seats.SendAsync(Wire.Answer((await seats.NextAsync()).Envelope!), new SeatReserved("1A"));
        await trips.WaitAsync(saga);
        Assert.NotEqual(saga, (await trips.StartAsync<TestSaga, Trip>(new Trip("T1"))).Id);
        // Those without a key are not counted.
        await trips.StartAsync<TestSaga, Trip>(new Trip(""));
        await trips.StartAsync<TestSaga, Trip>(new Trip(""));
    }

    [Theory, EveryBackend]
    public async Task Keeps_the_one_that_it_has_taken_whatever_its_first_steps_make_of_it(Backend backend)
    {
        using var ground = new Ground(backend);
        var saga = new TestSaga(
            s =>
            {
                s.Key(t => t.Id.Length == 0 ? null : t.Id, KeyUse.OneAtATime);
                s.Step("number").Do((t, _) => t with { Id = t.Id.Length == 0 ? "T9" : "" }).NothingToUndo("a test");
                s.WaitFor<TripApproved>("approval");
            },
            "keyed");
        await using var host = await Host.StartAsync(ground, (Trips, s => s.AddTestSaga(saga)));
        var first = (await host[Trips].StartAsync<TestSaga, Trip>(new Trip("T1"))).Id;
        Assert.Equal(first, (await Assert.ThrowsAsync<SagaExistsException>(() => host[Trips].StartAsync<TestSaga, Trip>(new Trip("T1")))).Saga);
        Assert.Equal(first, (await host[Trips].FindSagaAsync<TestSaga>("T1"))!.Id);
        await host[Trips].RaiseAsync(first, new TripApproved("Ann"));
        // It is free again.
        await host[Trips].StartAsync<TestSaga, Trip>(new Trip("T1"));
        await host[Trips].StartAsync<TestSaga, Trip>(new Trip(""));
        Assert.Null(await host[Trips].FindSagaAsync<TestSaga>("T9"));
    }

    [Fact]
    public async Task Is_not_taken_for_another_whose_name_and_key_read_the_same()
    {
        using var ground = new Ground(Backend.Memory);
        await using var host = await Host.StartAsync(ground, (Trips, s => s.AddTestSaga(Keyed(KeyUse.OneAtATime)).AddSaga<KeyedByPlace>()));
        await host[Trips].StartAsync<TestSaga, Trip>(new Trip("by place T1"));
        await host[Trips].StartAsync<KeyedByPlace, Trip>(new Trip("T1"));
    }

    private sealed class KeyedByPlace : Saga<Trip>
    {
        public override string Name => "keyed by place";

        protected override void Define(SagaBuilder<Trip> saga)
        {
            saga.Key(t => t.Id, KeyUse.OneAtATime);
            saga.Step("reserve seat").Send(t => new ReserveSeat(t.Id)).Undo(t => new ReleaseSeat(t.Id));
        }
    }

    [Theory, EveryBackend]
    public async Task May_be_the_only_one_ever(Backend backend)
    {
        using var ground = new Ground(backend);
        await using var host = await Host.StartAsync(ground, (Trips, s => s.AddTestSaga(Keyed(KeyUse.Once))));
        var saga = (await host[Trips].StartAsync<TestSaga, Trip>(new Trip("T1"))).Id;
        await host[Trips].CancelAsync(saga);
        Assert.Equal(saga, (await Assert.ThrowsAsync<SagaExistsException>(() => host[Trips].StartAsync<TestSaga, Trip>(new Trip("T1")))).Saga);
        // From within, one too many starts nothing.
        await host[Trips].ExecuteAsync(context =>
        {
            context.Start<TestSaga, Trip>(new Trip("T1"));
            context.Start<TestSaga, Trip>(new Trip("T2"));
            context.Start<TestSaga, Trip>(new Trip("T2"));
            return new ValueTask<bool>(true);
        });
        Assert.Equal(2, (await host[Trips].Operations.SagasAsync(new SagaQuery { Definition = "keyed" })).Sagas.Count);
    }
}
