using Skald.Storage;

namespace Skald.Testing;

// Instances that come and go, and what becomes of the sagas whose open commands they had.
public static partial class StoreContract
{
    private static IEnumerable<StoreCase> Instances =>
    [
        Case("an instance is nobody before it joins, and has a number of its own then", OwnNumbers),
        Case("sagas of an instance that lives are left to it", LivingInstance),
        Case("sagas of an instance that is gone are taken over once, and change in nothing else", GoneInstance),
        Case("sagas of an instance that has left are nobody's business", LeftInstance),
        Case("sagas of nobody are taken over, at most so many at once", NobodysSagas),
        Case("before it has joined, an instance takes nothing over", NotJoined),
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
        Expect.Equal(0, (await store.TakeDueAsync(Now, Lease, 10, default)).Orphans.Count);
        await using var another = await openAnother();
        await another.JoinAsync(default);
        Expect.Equal(0, (await another.TakeDueAsync(Now, Lease, 10, default)).Orphans.Count);
        Expect.Equal(0, (await store.TakeDueAsync(Now, Lease, 10, default)).Orphans.Count);
        Expect.Equal(store.Incarnation, (await store.Operations.FindSagaAsync(Id(1), default))!.Incarnation);
    }

    private static async Task GoneInstance(IStore store, StoreGround ground)
    {
        await store.JoinAsync(default);
        var mine = Saga(1) with { Incarnation = store.Incarnation };
        await CommitAsync(store, c => c.Sagas.AddRange([mine, Saga(2) with { Incarnation = null }]));
        await store.DisposeAsync();
        await using var another = await OpenAsync(ground);
        await another.JoinAsync(default);
        Expect.That((await another.TakeDueAsync(Now, Lease, 10, default)).Orphans.SequenceEqual([Id(1)]));
        Expect.Equal(0, (await another.TakeDueAsync(Now, Lease, 10, default)).Orphans.Count);
        Same(mine with { Incarnation = another.Incarnation }, await another.Operations.FindSagaAsync(Id(1), default));
        Same(Saga(2) with { Incarnation = null }, await another.Operations.FindSagaAsync(Id(2), default));
        // It is the other's now, whoever writes it next.
        await CommitAsync(another, c => c.Sagas.Add(mine with { Version = 2, Incarnation = another.Incarnation }));
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
        Expect.Equal(0, (await another.TakeDueAsync(Now, Lease, 10, default)).Orphans.Count);
    }

    private static async Task NobodysSagas(IStore store)
    {
        await CommitAsync(store, c => c.Sagas.AddRange(Enumerable.Range(1, 5).Select(n => Saga(n) with { Incarnation = 0 })));
        await store.JoinAsync(default);
        var found = new List<Guid>();
        foreach (var expected in (int[])[2, 2, 1, 0])
        {
            var orphans = (await store.TakeDueAsync(Now, Lease, 2, default)).Orphans;
            Expect.Equal(expected, orphans.Count);
            found.AddRange(orphans);
        }

        Expect.That(found.Order().SequenceEqual(Enumerable.Range(1, 5).Select(Id).Order()));
    }

    private static async Task NotJoined(IStore store)
    {
        await CommitAsync(store, c => c.Sagas.Add(Saga(1) with { Incarnation = 0 }));
        Expect.Equal(0, (await store.TakeDueAsync(Now, Lease, 10, default)).Orphans.Count);
        Expect.Equal(0L, (await store.Operations.FindSagaAsync(Id(1), default))!.Incarnation);
    }
}
