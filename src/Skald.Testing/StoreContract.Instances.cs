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
        Case("an idle instance lives, however many come and go", IdleInstance),
    ];

    private static async Task OwnNumbers(IStore store, StoreGround ground)
    {
        Expect.Equal(0L, store.Incarnation);
        await store.JoinAsync(default);
        var first = store.Incarnation;
        Expect.That(first > 0);
        await store.DisposeAsync();
        await using var another = await OpenAsync(ground);
        await another.JoinAsync(default);
        Expect.That(another.Incarnation > first);
    }

    private static async Task LivingInstance(IStore store, Func<Task<IStore>> openAnother)
    {
        await store.JoinAsync(default);
        await CommitAsync(store, c => c.Sagas.Add(Saga(1) with { Incarnation = store.Incarnation }));
        Expect.Equal(0, (await store.TakeDueAsync(Now, Lease, 10, true, default)).Orphans.Count);
        await using var another = await openAnother();
        await another.JoinAsync(default);
        Expect.Equal(0, (await another.TakeDueAsync(Now, Lease, 10, true, default)).Orphans.Count);
        Expect.Equal(0, (await store.TakeDueAsync(Now, Lease, 10, true, default)).Orphans.Count);
        Expect.Equal(store.Incarnation, (await store.Operations.FindSagaAsync(Id(1), default))!.Incarnation);
    }

    private static async Task GoneInstance(IStore store, StoreGround ground)
    {
        await store.JoinAsync(default);
        var gone = store.Incarnation;
        var mine = Saga(1) with { Incarnation = gone };
        await CommitAsync(store, c => c.Sagas.AddRange([mine, Saga(2) with { Incarnation = null }]));
        await store.DisposeAsync();
        await using var another = await OpenAsync(ground);
        await another.JoinAsync(default);
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
        await store.JoinAsync(default);
        await CommitAsync(store, c => c.Sagas.Add(Saga(1) with { Incarnation = store.Incarnation }));
        await store.LeaveAsync(default);
        await store.DisposeAsync();
        await using var another = await OpenAsync(ground);
        await another.JoinAsync(default);
        Expect.Equal(0, (await another.TakeDueAsync(Now, Lease, 10, true, default)).Orphans.Count);
    }

    private static async Task NobodysSagas(IStore store)
    {
        await CommitAsync(store, c => c.Sagas.AddRange(Enumerable.Range(1, 5).Select(n => Saga(n) with { Incarnation = 0 })));
        await store.JoinAsync(default);
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
        await store.JoinAsync(default);
        var first = store.Incarnation;
        await store.LeaveAsync(default);
        await store.DisposeAsync();
        await using var another = await OpenAsync(ground);
        await another.JoinAsync(default);
        Expect.That(another.Incarnation > first);
    }

    private static async Task JoinsOnce(IStore store)
    {
        await store.JoinAsync(default);
        var number = store.Incarnation;
        await store.JoinAsync(default);
        Expect.Equal(number, store.Incarnation);
    }

    private static async Task JoinsBesideAUnit(IStore store)
    {
        var joining = Task.CompletedTask;
        await using (var unit = await BeginAsync(store, r => r.Sagas.Add(Id(1))))
        {
            joining = store.JoinAsync(default);
            var changes = new Changes();
            changes.Sagas.Add(Saga(1));
            await unit.CommitAsync(changes, default);
        }

        await joining;
        Expect.That(store.Incarnation > 0);
    }

    private static async Task IdleInstance(IStore store, Func<Task<IStore>> openAnother)
    {
        await store.JoinAsync(default);
        for (var other = 1; other <= 3; other++)
        {
            await using var passing = await openAnother();
            await passing.JoinAsync(default);
            Expect.Equal(0, (await passing.TakeDueAsync(Now, Lease, 10, true, default)).Orphans.Count);
        }

        await CommitAsync(store, c => c.Sagas.Add(Saga(1) with { Incarnation = store.Incarnation }));
        var gone = store.Incarnation;
        await store.DisposeAsync();
        await using var last = await openAnother();
        await last.JoinAsync(default);
        Expect.That((await last.TakeDueAsync(Now, Lease, 10, true, default)).Orphans.SequenceEqual([new Orphan(Id(1), gone)]));
    }
}
