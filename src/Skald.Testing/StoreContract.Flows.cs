using Skald.Storage;

namespace Skald.Testing;

// What flows and participants need besides sagas: lists, late loads, locks and tombstones.
public static partial class StoreContract
{
    private static async Task ListedByDefinition(IStore store)
    {
        await CommitAsync(store, c => c.Sagas.AddRange(
        [
            Saga(1) with { UpdatedAt = 10 },
            Saga(2) with { UpdatedAt = 30, Status = SagaStatus.Parked },
            Saga(3) with { UpdatedAt = 20 },
            Saga(4) with { Definition = "other" },
        ]));
        Expect.Equal("2 3 1", Numbers(await store.SagasAsync("order", null, 10, default)));
        Expect.Equal("2 3", Numbers(await store.SagasAsync("order", null, 2, default)));
        Expect.Equal("3 1", Numbers(await store.SagasAsync("order", SagaStatus.Running, 10, default)));
        Expect.Equal("", Numbers(await store.SagasAsync("order", SagaStatus.Completed, 10, default)));
        Same(Saga(4) with { Definition = "other" }, (await store.SagasAsync("other", null, 10, default)).Single());

        static string Numbers(IReadOnlyList<SagaRow> rows) => string.Join(' ', rows.Select(r => Enumerable.Range(1, 4).First(n => Id(n) == r.Id)));
    }

    private static async Task FlowsNotCounted(IStore store)
    {
        await CommitAsync(store, c => c.Sagas.AddRange([Saga(1), Saga(2) with { Definition = FlowCodec.Definition("booking") }]));
        Expect.Equal(1L, (await store.CountSagasAsync(default)).Values.Sum());
        Expect.Equal(1, (await store.SagasAsync(FlowCodec.Definition("booking"), null, 10, default)).Count);
    }

    private static async Task LateLoad(IStore store)
    {
        await CommitAsync(store, c => c.Sagas.Add(Saga(1)));
        await using (var unit = await BeginAsync(store, _ => { }))
        {
            Same(Saga(1), await unit.LoadSagaAsync(Id(1), default));
            Expect.That(await unit.LoadSagaAsync(Id(2), default) is null);
            var changes = new Changes();
            changes.Sagas.Add(Saga(1) with { Version = 2 });
            await unit.CommitAsync(changes, default);
        }

        Expect.Equal(2L, (await store.FindSagaAsync(Id(1), default))!.Version);
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

            Expect.Equal(2, await keys.ReleaseAllAsync("one"));
            Expect.Equal(0, await keys.ReleaseAllAsync("one"));
        });
        await CommitAsync(store, c => c.Released.UnionWith(["two", "nobody"]));
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
            await unit.Keys.TryTakeAsync("slot", "one", Now);
            await unit.Keys.BuryAsync("order 7", "cancelled", Now);
        }

        await WithKeysAsync(store, async keys =>
        {
            Expect.Equal(null, await keys.OwnerAsync("slot"));
            Expect.Equal(null, await keys.TombstoneAsync("order 7"));
        });
    }

    private static async Task WithKeysAsync(IStore store, Func<IBusinessKeys, Task> use)
    {
        await using var unit = await BeginAsync(store, _ => { });
        await use(unit.Keys);
        await unit.CommitAsync(new Changes(), CancellationToken.None);
    }
}
