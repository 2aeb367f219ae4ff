using Skald.Decisions;
using Skald.Messaging;
using Skald.Storage;
using Skald.Testing;
using Xunit;

namespace Skald.Tests;

/// <summary>A row that this program cannot read is data: it is told to people, and everything else goes on.</summary>
public sealed class A_damaged_row
{
    private const string Trips = "t.trips";

    public static TheoryData<Backend, string, string> Damages
    {
        get
        {
            var data = new TheoryData<Backend, string, string>();
            foreach (var backend in new[] { Backend.Memory, Backend.Sqlite })
            {
                data.Add(backend, "steps", "of its steps cannot be read");
                data.Add(backend, "state", "its state cannot be read as Trip");
                data.Add(backend, "state null", "its state cannot be read as Trip");
                data.Add(backend, "state of another kind", "its state cannot be read as Trip");
                data.Add(backend, "status", "its status is 99");
                if (backend == Backend.Memory)
                {
                    // A store need not write again what never changes.
                    data.Add(backend, "definition", "no process of service 't.trips' knows");
                }

                data.Add(backend, "step that is unknown", "has taken step 'paint'");
            }

            return data;
        }
    }

    [Theory, MemberData(nameof(Damages))]
    public async Task Of_a_saga_is_parked_with_the_reason_and_its_neighbours_go_on(Backend backend, string damage, string reason)
    {
        using var ground = new Ground(backend);
        SagaId saga;
        await using (var before = await Host.StartAsync(ground, (Trips, s => s.AddTestSaga(TripSagas.Linear))))
        {
            saga = (await before[Trips].StartAsync<TestSaga, Trip>(new Trip("T1"))).Id;
        }

        await using (var store = await ground.AnotherStoreAsync(Trips))
        {
            var row = (await store.Operations.FindSagaAsync(saga.Value, default))!;
            await CommitAsync(store, c => c.Sagas.Add(Damaged(row, damage) with { Version = row.Version + 1, WakeAt = 0 }));
        }

        await using var host = await Host.StartAsync(ground, (Trips, s => s.AddTestSaga(TripSagas.Linear)));
        await Eventually.HoldsAsync(
            "it is parked", async () => (await host[Trips].FindSagaAsync(saga))!.Status == SagaStatus.Parked, host.Time, TimeSpan.FromMilliseconds(100));
        var listed = Assert.Single((await host[Trips].Operations.SagasAsync(new SagaQuery { Status = SagaStatus.Parked })).Sagas);
        Assert.Contains(reason, listed.ParkReason, StringComparison.Ordinal);
        // What made it damaged is still there, and said: a status is the one thing that parking mends.
        Assert.Equal(damage != "status", listed.Damage is not null);
        Assert.Contains(await host[Trips].Operations.TimelineAsync(saga), e => e.Kind == JournalKind.Parked);
        Assert.Empty(await host[Trips].Operations.TimersAsync());

        await using var seats = await Wire.StartAsync(host[Trips], "t.seats.commands");
        var other = await host[Trips].StartAsync<TestSaga, Trip>(new Trip("T2"));
        while ((await seats.NextAsync()).Envelope!.Saga != other.Id)
        {
            // The damaged one had asked before.
        }
    }

    [Theory, EveryBackend]
    public async Task Of_a_flow_is_stuck_with_the_reason(Backend backend)
    {
        using var ground = new Ground(backend);
        await using (var store = await ground.AnotherStoreAsync("inn.desk"))
        {
            await CommitAsync(store, c => c.Flows.Add(new FlowRow
            {
                Id = MessageIds.Flow("reservation", "R1"), Definition = "reservation", Flow = "R1", Version = 1, Status = FlowStatus.Running,
                Seen = "[{"u8.ToArray(), WakeAt = 0, StartedAt = 1, UpdatedAt = 1,
            }));
        }

        await using var host = await Host.StartAsync(ground, ("inn.desk", s => s.AddFlow<ReservationFlow>()));
        await Eventually.HoldsAsync(
            "it is stuck", async () => (await host["inn.desk"].FindFlowAsync("R1"))!.Status == FlowStatus.Stuck, host.Time, TimeSpan.FromMilliseconds(100));
        Assert.Contains("cannot be read", (await host["inn.desk"].FindFlowAsync("R1"))!.Reason, StringComparison.Ordinal);
    }

    [Theory, EveryBackend]
    public async Task Of_a_message_becomes_a_dead_letter_wherever_it_waits(Backend backend)
    {
        byte[] garbage = [0, 255, 10];
        using var ground = new Ground(backend);
        await using (var store = await ground.AnotherStoreAsync(Trips))
        {
            await CommitAsync(store, c =>
            {
                c.Delayed.Add(new DelayedRow(new Guid(1, 1, 1, new byte[8]), garbage, "{}"u8.ToArray(), 3, 0, 0, "it failed"));
                c.Outbox.Add(new OutboxRow(new Guid(2, 2, 2, new byte[8]), garbage, "{}"u8.ToArray(), 0));
            });
        }

        await using var host = await Host.StartAsync(ground, (Trips, s => s.AddTestSaga(TripSagas.Linear)));
        await Eventually.HoldsAsync(
            "both are dead letters", async () => (await host[Trips].Operations.DeadLettersAsync()).Count == 2, host.Time, TimeSpan.FromMilliseconds(100));
        Assert.All(await host[Trips].Operations.DeadLettersAsync(), letter =>
        {
            Assert.StartsWith("the envelope cannot be read", letter.Reason, StringComparison.Ordinal);
            Assert.Null(letter.Envelope);
        });
        Assert.Empty(await host[Trips].Operations.DelayedAsync());
        Assert.Equal(0, (await host[Trips].Operations.CountOutboxAsync()).Value);
        // One that cannot be read cannot be replayed either, and says so.
        var number = (await host[Trips].Operations.DeadLettersAsync())[0].Number;
        await Assert.ThrowsAsync<KeyNotFoundException>(() => host[Trips].ReplayAsync(number));
    }

    [Fact]
    public void Of_a_journal_is_shown_as_it_is() =>
        Assert.Equal([new JournalEntry(JournalKind.Unknown, null, "garbage"), new JournalEntry(JournalKind.Unknown, null, "999\tx\ty")], JournalCodec.Decode("garbage\n999\tx\ty\n"));

    private static SagaRow Damaged(SagaRow row, string damage) => damage switch
    {
        "steps" => row with { Steps = "garbage" },
        "state" => row with { State = "{"u8.ToArray() },
        "state null" => row with { State = "null"u8.ToArray() },
        "state of another kind" => row with { State = "[1]"u8.ToArray() },
        "status" => row with { Status = (SagaStatus)99 },
        "definition" => row with { Definition = "gone" },
        _ => row with { Steps = "paint\tD\t1\n" },
    };

    private static async Task CommitAsync(IStore store, Action<Changes> fill)
    {
        await using var unit = await store.BeginAsync(new LoadRequest(), default);
        var changes = new Changes();
        fill(changes);
        await unit.CommitAsync(changes, default);
    }
}
