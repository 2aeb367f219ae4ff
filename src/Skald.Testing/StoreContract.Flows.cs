using Skald.Storage;

namespace Skald.Testing;

// What flows and participants need besides sagas: late loads, locks and tombstones.
public static partial class StoreContract
{
    private static async Task LateLoad(IStore store)
    {
        await CommitAsync(store, c => c.Sagas.Add(Saga(1)));
        await using (var unit = await BeginAsync(store, _ => { }))
        {
            var more = new LoadRequest();
            more.Sagas.UnionWith([Id(1), Id(2)]);
            await unit.LoadMoreAsync(more, default);
            Same(Saga(1), unit.Loaded.Sagas.GetValueOrDefault(Id(1)));
            Expect.That(!unit.Loaded.Sagas.ContainsKey(Id(2)));
            var changes = new Changes();
            changes.Sagas.Add(Saga(1) with { Version = 2 });
            await unit.CommitAsync(changes, default);
        }

        Expect.Equal(2L, (await store.Operations.FindSagaAsync(Id(1), default))!.Version);
    }

    private static async Task LockHasOneOwner(IStore store)
    {
        await WithKeysAsync(store, async keys =>
        {
            Expect.That(await keys.TryTakeAsync("slot", "one", Now));
            Expect.That(await keys.TryTakeAsync("slot", "one", Now));
            Expect.That(!await keys.TryTakeAsync("slot", "two", Now));
        });
        await WithKeysAsync(store, async keys =>
        {
            Expect.Equal("one", await keys.OwnerAsync("slot"));
            Expect.That(!await keys.TryTakeAsync("slot", "two", Now));
            Expect.That(!await keys.ReleaseAsync("slot", "two"));
            Expect.That(await keys.ReleaseAsync("slot", "one"));
            Expect.That(!await keys.ReleaseAsync("slot", "one"));
            Expect.Equal(null, await keys.OwnerAsync("slot"));
            Expect.That(await keys.TryTakeAsync("slot", "two", Now));
        });
    }

    private static async Task LocksReleased(IStore store)
    {
        await WithKeysAsync(store, async keys =>
        {
            foreach (var (key, owner) in new[] { ("a", "one"), ("b", "one"), ("c", "two"), ("d", "three") })
            {
                await keys.TryTakeAsync(key, owner, Now);
            }

            Expect.That((await keys.ReleaseAllAsync("one")).Order().SequenceEqual(["a", "b"]));
            Expect.Equal(0, (await keys.ReleaseAllAsync("one")).Count);
        });
        await CommitAsync(store, c => c.ReleasedOwners.UnionWith(["two", "nobody"]));
        await WithKeysAsync(store, async keys =>
        {
            Expect.Equal(null, await keys.OwnerAsync("a"));
            Expect.Equal(null, await keys.OwnerAsync("c"));
            Expect.Equal("three", await keys.OwnerAsync("d"));
        });
    }

    private static async Task TombstoneStays(IStore store)
    {
        await WithKeysAsync(store, async keys =>
        {
            Expect.Equal(null, await keys.TombstoneAsync("order 7"));
            Expect.That(await keys.BuryAsync("order 7", "cancelled", Now));
        });
        await WithKeysAsync(store, async keys =>
        {
            Expect.That(!await keys.BuryAsync("order 7", "another reason", Now));
            Expect.Equal("cancelled", await keys.TombstoneAsync("order 7"));
            Expect.Equal(null, await keys.TombstoneAsync("order 8"));
        });
    }

    private static async Task KeysRolledBack(IStore store)
    {
        await using (var unit = await BeginAsync(store, _ => { }))
        {
            await KeysOf(unit).TryTakeAsync("slot", "one", Now);
            await KeysOf(unit).BuryAsync("order 7", "cancelled", Now);
        }

        await WithKeysAsync(store, async keys =>
        {
            Expect.Equal(null, await keys.OwnerAsync("slot"));
            Expect.Equal(null, await keys.TombstoneAsync("order 7"));
        });
    }

    private static IBusinessKeys KeysOf(IUnitOfWork unit) => unit.Keys ?? throw new SkaldAssertionException("The store has no locks and tombstones: IUnitOfWork.Keys is null.");

    private static async Task WithKeysAsync(IStore store, Func<IBusinessKeys, Task> use)
    {
        await using var unit = await BeginAsync(store, _ => { });
        await use(KeysOf(unit));
        await unit.CommitAsync(new Changes(), CancellationToken.None);
    }
}
