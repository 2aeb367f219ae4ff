using Skald.Storage;

namespace Skald.Testing;

// In which order, how much at most, and what is never given twice.
public static partial class StoreContract
{
    private static IEnumerable<StoreCase> Bounds =>
    [
        Case("due work of each kind comes longest due first, at most the limit", DueOrder),
        Case("nothing is due a moment before its time", DueNoEarlier),
        Case("what waits is listed in its order, at most the limit", ListsInOrder),
        Case("of sagas that were started at one time the largest id comes first", IdsDescend),
        Case("the number of a dead letter is never given again", NumbersAreNotReused),
        Case("everything can be loaded late, and nothing twice", EverythingLate),
        Case("a position is what was written last, even if it is less", PositionGoesBack),
        Case("locks and tombstones know nothing of each other", DeadKeyLocked),
        Case("a store has both an event log and streams, or neither", EventsWhole),
        Case("data of a newer version is refused, and unchanged", NewerData),
    ];

    private static readonly int[] InNoOrder = [3, 1, 4, 2];

    private static async Task DueOrder(IStore store)
    {
        await CommitAsync(store, c =>
        {
            foreach (var i in InNoOrder)
            {
                // The larger the id, the longer it is due.
                var at = (5 - i) * 10_000;
                c.Sagas.Add(Saga(i) with { WakeAt = at });
                c.Flows.Add(Flow(i) with { WakeAt = at });
                c.Delayed.Add(Delayed(i, UnixTime.To(at)));
                c.Outbox.Add(Outgoing(i, at));
            }
        });
        var due = await store.TakeDueAsync(Now, Lease, 3, true, default);
        Expect.Sequence([Id(4), Id(3), Id(2)], due.Sagas);
        Expect.Sequence([Flow(4).Id, Flow(3).Id, Flow(2).Id], due.Flows);
        Expect.Sequence([Id(4), Id(3), Id(2)], due.Delayed.Select(d => d.Id));
        Expect.Sequence([Id(4), Id(3), Id(2)], due.Outbox.Select(o => o.Id));
        Expect.Equal(3, due.Outbox.Count(o => o.ClaimedUntil == UnixTime.From(Now + Lease)));
    }

    private static async Task DueNoEarlier(IStore store)
    {
        var at = UnixTime.From(Now);
        await CommitAsync(store, c =>
        {
            c.Sagas.Add(Saga(1) with { WakeAt = at });
            c.Flows.Add(Flow(1) with { WakeAt = at });
            c.Delayed.Add(Delayed(1, Now));
            c.Outbox.Add(Outgoing(1, at));
        });
        var early = await store.TakeDueAsync(UnixTime.To(at).AddTicks(-1), Lease, 10, true, default);
        Expect.Equal(0, early.Sagas.Count + early.Flows.Count + early.Delayed.Count + early.Outbox.Count);
        var due = await store.TakeDueAsync(UnixTime.To(at), Lease, 10, true, default);
        Expect.Equal(4, due.Sagas.Count + due.Flows.Count + due.Delayed.Count + due.Outbox.Count);
    }

    private static async Task ListsInOrder(IStore store)
    {
        await CommitAsync(store, c =>
        {
            foreach (var i in InNoOrder)
            {
                c.Delayed.Add(Delayed(i, UnixTime.To((5 - i) * 10_000)));
                c.Outbox.Add(Outgoing(i, (5 - i) * 10_000));
                c.Flows.Add(Flow(i));
            }
        });
        Expect.Sequence([Id(4), Id(3)], (await store.Operations.DelayedAsync(null, 2, default)).Select(d => d.Id));
        Expect.Sequence([Id(4), Id(3)], (await store.Operations.OutboxAsync(null, 2, default)).Select(o => o.Id));
        Expect.Equal(3L, await store.Operations.CountFlowsAsync(new InstanceFilter(), 3, default));
        Expect.Equal(3L, await store.Operations.CountFlowsAsync(new InstanceFilter { Definition = "booking" }, 3, default));
    }

    private static async Task IdsDescend(IStore store)
    {
        Guid[] ids = [new("00000000-0000-7000-8000-000000000001"), new("00000001-0000-7000-8000-000000000000"), new("ff000000-0000-7000-8000-000000000000"), new("00000000-0100-7000-8000-000000000000")];
        await CommitAsync(store, c => c.Sagas.AddRange(ids.Select(id => Saga(1) with { Id = id })));
        Expect.Sequence(ids.OrderDescending(), (await store.Operations.SagasAsync(new InstanceFilter(), null, 10, default)).Select(s => s.Id));
    }

    private static async Task NumbersAreNotReused(IStore store)
    {
        await CommitAsync(store, c => c.DeadLetters.AddRange([Dead("one"), Dead("two")]));
        var last = (await store.Operations.DeadLettersAsync(0, 10, default))[^1].Number;
        await CommitAsync(store, c => c.DeletedDeadLetters.Add(last));
        await CommitAsync(store, c => c.DeadLetters.Add(Dead("three")));
        Expect.That((await store.Operations.DeadLettersAsync(0, 10, default))[^1].Number > last);
    }

    private static async Task EverythingLate(IStore store)
    {
        await CommitAsync(store, c =>
        {
            c.Sagas.Add(Saga(1));
            c.Flows.Add(Flow(1));
            c.Ledger.Add(Ledger(1, "x"));
            c.Requests.Add(new RequestRow("k", "f", Json("{}"), 1));
            c.Positions.Add(new PositionRow(Position(1), 3));
        });
        var request = new LoadRequest();
        request.Sagas.Add(Id(1));
        request.Flows.Add(Flow(1).Id);
        request.Ledger.Add(new LedgerKey(Id(1), "x"));
        request.Requests.Add("k");
        request.Positions.Add(Position(1));
        await using var unit = await BeginAsync(store, _ => { });
        for (var times = 1; times <= 2; times++)
        {
            await unit.LoadMoreAsync(request, default);
            Expect.Equal(
                "1 saga, 1 flow, 1 of the ledger, 1 request, 1 position",
                $"{unit.Loaded.Sagas.Count} saga, {unit.Loaded.Flows.Count} flow, {unit.Loaded.Ledger.Count} of the ledger, {unit.Loaded.Requests.Count} request, {unit.Loaded.Positions.Count} position");
        }
    }

    private static async Task PositionGoesBack(IStore store)
    {
        await CommitAsync(store, c => c.Positions.Add(new PositionRow(Position(1), 9)));
        await CommitAsync(store, c => c.Positions.Add(new PositionRow(Position(1), 4)));
        await using var unit = await BeginAsync(store, r => r.Positions.Add(Position(1)));
        Expect.Equal(4L, unit.Loaded.Positions[Position(1)]);
    }

    private static Task DeadKeyLocked(IStore store) => WithKeysAsync(store, async keys =>
    {
        await keys.BuryAsync("order 7", "cancelled", Now);
        Expect.That(await keys.TryTakeAsync("order 7", "one", Now));
        Expect.That(await keys.BuryAsync("order 8", "cancelled", Now) && await keys.OwnerAsync("order 8") is null);
    });

    private static async Task EventsWhole(IStore store)
    {
        await using var unit = await BeginAsync(store, _ => { });
        Expect.Equal(store.EventLog is null, unit.Streams is null);
    }

    private static async Task NewerData(IStore store, StoreGround ground)
    {
        await CommitAsync(store, c => c.Sagas.Add(Saga(1)));
        if (ground.IsInProcess)
        {
            return;
        }

        await Hook(ground.MakeNewer)();
        var older = await ground.Open();
        try
        {
            await Expect.ThrowsAsync<StoreSetupException>(() => older.StartAsync(Owner, [], default), "a start on newer data");
        }
        finally
        {
            await older.DisposeAsync();
        }

        Same(Saga(1), await store.Operations.FindSagaAsync(Id(1), default));
    }
}
