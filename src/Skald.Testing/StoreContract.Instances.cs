using Skald.Storage;

namespace Skald.Testing;

// Instances that come and go, and what becomes of the sagas whose open commands they had.
public static partial class StoreContract
{
    private static IEnumerable<StoreCase> Instances =>
    [
        Case("an instance is nobody before it joins, and has a number of its own then", OwnNumbers),
        Case("sagas of an instance that lives are left to it", LivingInstance),
        Case("sagas of an instance that is gone are found until another has written them", GoneInstance),
        Case("sagas of an instance that has left are nobody's business", LeftInstance),
        Case("sagas of nobody are found, at most so many at once", NobodysSagas),
        Case("before it has joined, an instance finds no orphans", NotJoined),
        Case("a number is never used again, not even of an instance that has left", NumbersAreUsedOnce),
        Case("joining again does nothing", JoinsOnce),
        Case("an instance joins while a unit of work is open", JoinsBesideAUnit),
        Case("an instance gets sagas and messages of the plans it knows, and no others", OwnPlans),
        Case("sagas of a plan that nobody knows who lives are found", PlansOfNobody),
        Case("an idle instance lives, however many come and go", IdleInstance),
    ];

    private static async Task OwnPlans(IStore store, StoreGround ground)
    {
        await store.JoinAsync(["order 1", "other 2"], default);
        var due = Saga(1) with { Definition = "order", PlanVersion = 1, WakeAt = Now.ToUnixTimeMilliseconds() };
        await CommitAsync(store, c =>
        {
            c.Sagas.AddRange([due, due with { Id = Id(2), PlanVersion = 2 }, due with { Id = Id(3), Definition = "other" }, due with { Id = Id(4), Definition = "order 1" }]);
            c.Sagas.AddRange([Orphan(5, "order", 1, 0), Orphan(6, "order", 2, 0), Orphan(7, "order", 1, SagaRow.OfNobodyWhoKnowsIt), Orphan(8, "other", 1, SagaRow.OfNobodyWhoKnowsIt)]);
            c.Delayed.AddRange([Delayed(11, null), Delayed(12, "order 1"), Delayed(13, "order 2"), Delayed(14, "other 2")]);
        });
        var mine = await store.TakeDueAsync(Now, Lease, 20, true, default);
        Expect.Sequence([Id(1)], mine.Sagas);
        Expect.Sequence([Id(11), Id(12), Id(14)], mine.Delayed.Select(d => d.Id).Order());
        Expect.Equal("order 1", mine.Delayed.Single(d => d.Id == Id(12)).Plan);
        Expect.Sequence([Id(5)], mine.Orphans.Select(o => o.Saga));
        Expect.Sequence([Id(7)], (await store.FindStrangersAsync(Now, 10, default)).Returned);
        Expect.Sequence([null, "order 1", "order 2", "other 2"], (await store.Operations.DelayedAsync(null, 10, default)).OrderBy(d => d.Id).Select(d => d.Plan));
        await using (var unit = await BeginAsync(store, r => r.Delayed.Add(Id(13))))
        {
            Expect.Equal("order 2", unit.Loaded.Delayed[Id(13)].Plan);
        }

        await store.DisposeAsync();

        // What it left is still there, as it was, for one that knows it.
        await using var another = await OpenAsync(ground);
        await another.JoinAsync(["order 2", "other 1"], default);
        var rest = await another.TakeDueAsync(Now, Lease, 20, true, default);
        Expect.Sequence([Id(2), Id(3)], rest.Sagas.Order());
        Expect.Sequence([Id(13)], rest.Delayed.Select(d => d.Id));
        Expect.Sequence([Id(6)], rest.Orphans.Select(o => o.Saga));
        Expect.Sequence([Id(8)], (await another.FindStrangersAsync(Now, 10, default)).Returned);
    }

    private static async Task PlansOfNobody(IStore store, Func<Task<IStore>> openAnother)
    {
        await store.JoinAsync(["order 1"], default);
        var due = Saga(1) with { Definition = "order", PlanVersion = 2, WakeAt = Now.ToUnixTimeMilliseconds() };
        await CommitAsync(store, c => c.Sagas.AddRange(
        [
            due, due with { Id = Id(2), PlanVersion = 1 }, due with { Id = Id(3), WakeAt = due.WakeAt + 1 }, Orphan(4, "order", 3, 0),
            Orphan(5, "order", 3, SagaRow.OfNobodyWhoKnowsIt) with { Status = SagaStatus.Parked, ParkReason = "a test" },
        ]));
        Expect.Sequence([new Stranger(Id(1), "order 2"), new Stranger(Id(4), "order 3")], (await store.FindStrangersAsync(Now, 10, default)).Nobodys.OrderBy(s => s.Saga));
        Expect.Equal(1, (await store.FindStrangersAsync(Now, 1, default)).Nobodys.Count);

        // Another that lives knows one of them.
        var another = await openAnother();
        await another.JoinAsync(["order 2"], default);
        Expect.Sequence([new Stranger(Id(4), "order 3")], (await store.FindStrangersAsync(Now, 10, default)).Nobodys);
        await another.LeaveAsync(default);
        await another.DisposeAsync();
        Expect.Equal(2, (await store.FindStrangersAsync(Now, 10, default)).Nobodys.Count);
    }

    private static SagaRow Orphan(int id, string definition, int version, long incarnation) =>
        Saga(id) with { Definition = definition, PlanVersion = version, WakeAt = null, Incarnation = incarnation };

    private static DelayedRow Delayed(int id, string? plan) => new(Id(id), Json("{}"), Json("{}"), 0, 0, Now.ToUnixTimeMilliseconds(), "a test") { Plan = plan };

    private static async Task OwnNumbers(IStore store, StoreGround ground)
    {
        Expect.Equal(0L, store.Incarnation);
        await store.JoinAsync(null, default);
        var first = store.Incarnation;
        Expect.That(first > 0);
        await store.DisposeAsync();
        await using var another = await OpenAsync(ground);
        await another.JoinAsync(null, default);
        Expect.That(another.Incarnation > first);
    }

    private static async Task LivingInstance(IStore store, Func<Task<IStore>> openAnother)
    {
        await store.JoinAsync(null, default);
        await CommitAsync(store, c => c.Sagas.Add(Saga(1) with { Incarnation = store.Incarnation }));
        Expect.Equal(0, (await store.TakeDueAsync(Now, Lease, 10, true, default)).Orphans.Count);
        await using var another = await openAnother();
        await another.JoinAsync(null, default);
        Expect.Equal(0, (await another.TakeDueAsync(Now, Lease, 10, true, default)).Orphans.Count);
        Expect.Equal(0, (await store.TakeDueAsync(Now, Lease, 10, true, default)).Orphans.Count);
        Expect.Equal(store.Incarnation, (await store.Operations.FindSagaAsync(Id(1), default))!.Incarnation);
    }

    private static async Task GoneInstance(IStore store, StoreGround ground)
    {
        await store.JoinAsync(null, default);
        var gone = store.Incarnation;
        var mine = Saga(1) with { Incarnation = gone };
        await CommitAsync(store, c => c.Sagas.AddRange([mine, Saga(2) with { Incarnation = null }]));
        await store.DisposeAsync();
        await using var another = await OpenAsync(ground);
        await another.JoinAsync(null, default);
        var orphan = new Orphan(Id(1), gone);
        for (var look = 1; look <= 2; look++)
        {
            Expect.That((await another.TakeDueAsync(Now, Lease, 10, true, default)).Orphans.SequenceEqual([orphan]));
            Same(mine, await another.Operations.FindSagaAsync(Id(1), default));
        }

        await CommitAsync(another, c => c.Sagas.Add(mine with { Version = 2, Incarnation = another.Incarnation }));
        Expect.Equal(0, (await another.TakeDueAsync(Now, Lease, 10, true, default)).Orphans.Count);
        Same(mine with { Version = 2, Incarnation = another.Incarnation }, await another.Operations.FindSagaAsync(Id(1), default));
        await CommitAsync(another, c => c.Sagas.Add(mine with { Version = 3, Incarnation = null }));
        Expect.Equal(null, (await another.Operations.FindSagaAsync(Id(1), default))!.Incarnation);
    }

    private static async Task LeftInstance(IStore store, StoreGround ground)
    {
        await store.JoinAsync(null, default);
        await CommitAsync(store, c => c.Sagas.Add(Saga(1) with { Incarnation = store.Incarnation }));
        await store.LeaveAsync(default);
        await store.DisposeAsync();
        await using var another = await OpenAsync(ground);
        await another.JoinAsync(null, default);
        Expect.Equal(0, (await another.TakeDueAsync(Now, Lease, 10, true, default)).Orphans.Count);
    }

    private static async Task NobodysSagas(IStore store)
    {
        await CommitAsync(store, c => c.Sagas.AddRange(Enumerable.Range(1, 5).Select(n => Saga(n) with { Incarnation = 0 })));
        await store.JoinAsync(null, default);
        var found = new List<Orphan>();
        foreach (var expected in (int[])[2, 2, 1, 0])
        {
            var orphans = (await store.TakeDueAsync(Now, Lease, 2, true, default)).Orphans;
            Expect.Equal(expected, orphans.Count);
            found.AddRange(orphans);
            await CommitAsync(store, c => c.Sagas.AddRange(orphans.Select(o => Saga(1) with { Id = o.Saga, Version = 2, Incarnation = store.Incarnation })));
        }

        Expect.That(found.OrderBy(o => o.Saga).SequenceEqual(Enumerable.Range(1, 5).Select(Id).Order().Select(id => new Orphan(id, 0))));
    }

    private static async Task NotJoined(IStore store)
    {
        await CommitAsync(store, c => c.Sagas.Add(Saga(1) with { Incarnation = 0 }));
        Expect.Equal(0, (await store.TakeDueAsync(Now, Lease, 10, true, default)).Orphans.Count);
        Expect.Equal(0L, (await store.Operations.FindSagaAsync(Id(1), default))!.Incarnation);
    }

    private static async Task NumbersAreUsedOnce(IStore store, StoreGround ground)
    {
        await store.JoinAsync(null, default);
        var first = store.Incarnation;
        await store.LeaveAsync(default);
        await store.DisposeAsync();
        await using var another = await OpenAsync(ground);
        await another.JoinAsync(null, default);
        Expect.That(another.Incarnation > first);
    }

    private static async Task JoinsOnce(IStore store)
    {
        await store.JoinAsync(null, default);
        var number = store.Incarnation;
        await store.JoinAsync(null, default);
        Expect.Equal(number, store.Incarnation);
    }

    private static async Task JoinsBesideAUnit(IStore store)
    {
        var joining = Task.CompletedTask;
        await using (var unit = await BeginAsync(store, r => r.Sagas.Add(Id(1))))
        {
            joining = store.JoinAsync(null, default);
            var changes = new Changes();
            changes.Sagas.Add(Saga(1));
            await unit.CommitAsync(changes, default);
        }

        await joining;
        Expect.That(store.Incarnation > 0);
    }

    private static async Task IdleInstance(IStore store, Func<Task<IStore>> openAnother)
    {
        await store.JoinAsync(null, default);
        for (var other = 1; other <= 3; other++)
        {
            await using var passing = await openAnother();
            await passing.JoinAsync(null, default);
            Expect.Equal(0, (await passing.TakeDueAsync(Now, Lease, 10, true, default)).Orphans.Count);
        }

        await CommitAsync(store, c => c.Sagas.Add(Saga(1) with { Incarnation = store.Incarnation }));
        var gone = store.Incarnation;
        await store.DisposeAsync();
        await using var last = await openAnother();
        await last.JoinAsync(null, default);
        Expect.That((await last.TakeDueAsync(Now, Lease, 10, true, default)).Orphans.SequenceEqual([new Orphan(Id(1), gone)]));
    }
}
