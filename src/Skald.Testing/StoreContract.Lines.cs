using Skald.Storage;

namespace Skald.Testing;

// Lines: who waits for a lock, and is woken by the commit that frees it.
public static partial class StoreContract
{
    private static readonly DateTimeOffset LongAfter = Now + TimeSpan.FromHours(1);

    private static async Task FreeLockIsPromised(IStore store)
    {
        await CommitAsync(store, c => c.Delayed.AddRange([InLine(1, "slot", 20), InLine(2, "slot", 10), InLine(3, "other", 5)]));
        await WithKeysAsync(store, async keys =>
        {
            Expect.That(!await keys.TryTakeAsync("slot", "newcomer", Now));
            Expect.That(!await keys.TryTakeAsync("slot", "second", Now, place: 20));
            Expect.Equal(null, await keys.OwnerAsync("slot"));
            Expect.That(await keys.TryTakeAsync("slot", "first", Now, place: 10));
            Expect.That(await keys.TryTakeAsync("slot", "first", Now));
            Expect.That(await keys.TryTakeAsync("free", "newcomer", Now));
        });
    }

    private static async Task FirstInLineIsWoken(IStore store)
    {
        await WithKeysAsync(store, async keys =>
        {
            await keys.TryTakeAsync("a", "one", Now);
            await keys.TryTakeAsync("b", "one", Now);
            await keys.TryTakeAsync("c", "two", Now);
        });
        await CommitAsync(store, c => c.Delayed.AddRange([InLine(1, "a", 20), InLine(2, "a", 10), InLine(3, "b", 30), InLine(4, "c", 40), InLine(5, null, 0)]));

        // Freed by a commit: both of its owner's, and not the other's.
        await using (var unit = await BeginAsync(store))
        {
            await unit.CommitAsync(Frees(c => c.ReleasedOwners.UnionWith(["one", "nobody"])), default);
            Expect.That(unit.HasWoken);
        }

        await AreDueAsync(store, 2, 3);

        // Freed by hand; and one that is named, and somebody has, stays as it is.
        await WithKeysAsync(store, async keys => await keys.TryTakeAsync("d", "three", Now));
        await CommitAsync(store, c => c.Delayed.Add(InLine(6, "d", 60)));
        await using (var unit = await BeginAsync(store))
        {
            Expect.That(await unit.Keys!.ReleaseAsync("c", "two"));
            await unit.CommitAsync(Frees(c => c.Lines.UnionWith(["c", "d"])), default);
        }

        await AreDueAsync(store, 4);
    }

    private static async Task NextInLineIsWoken(IStore store)
    {
        await CommitAsync(store, c => c.Delayed.AddRange([InLine(1, "a", 10), InLine(2, "a", 20)]));
        await using (var unit = await BeginAsync(store))
        {
            await unit.CommitAsync(
                Frees(c =>
                {
                    c.Lines.Add("a");
                    c.DeletedDelayed.Add(Id(1));
                }),
                default);
        }

        await AreDueAsync(store, 2);

        // It takes the lock, and leaves the line with that: nobody is to come.
        await CommitAsync(store, c => c.Delayed.Add(InLine(3, "a", 30)));
        await using (var unit = await BeginAsync(store))
        {
            Expect.That(await unit.Keys!.TryTakeAsync("a", "second", Now, place: 20));
            await unit.CommitAsync(
                Frees(c =>
                {
                    c.Lines.Add("a");
                    c.DeletedDelayed.Add(Id(2));
                }),
                default);
        }

        await AreDueAsync(store);
    }

    private static async Task WokenIsLeftAlone(IStore store)
    {
        await CommitAsync(store, c => c.Delayed.Add(InLine(1, "a", 10)));
        await CommitAsync(store, Wake);
        var mine = (await store.TakeDueAsync(Now, Lease, 10, true, default)).Delayed.Single();
        await CommitAsync(store, Wake);
        await using var unit = await BeginAsync(store, r => r.Delayed.Add(Id(1)));
        Expect.Equal(mine.Due, unit.Loaded.Delayed[Id(1)].Due);

        static void Wake(Changes changes) =>
            (changes.WakesAt, changes.AsleepAfter, _) = (Now.ToUnixTimeMilliseconds(), (Now + Lease).ToUnixTimeMilliseconds(), changes.Lines.Add("a"));
    }

    private static async Task LineKept(IStore store)
    {
        var row = InLine(1, "slot", 1L << 60);
        await CommitAsync(store, c => c.Delayed.Add(row with { Line = "another", Place = 7 }));
        await CommitAsync(store, c => c.Delayed.Add(row));
        await using (var unit = await BeginAsync(store, r => r.Delayed.Add(Id(1))))
        {
            Expect.Equal((row.Line, row.Place), (unit.Loaded.Delayed[Id(1)].Line, unit.Loaded.Delayed[Id(1)].Place));
        }

        var due = (await store.TakeDueAsync(LongAfter, Lease, 10, true, default)).Delayed.Single();
        Expect.Equal((row.Line, row.Place), (due.Line, due.Place));
        var listed = (await store.Operations.DelayedAsync(null, 10, default)).Single();
        Expect.Equal((row.Line, row.Place), (listed.Line, listed.Place));
    }

    /// <summary>The lock is freed by hand, with its owner, or was free all the time and its line is left.</summary>
    private static async Task JoinedMeanwhile(IStore store, Func<Task<IStore>> openAnother)
    {
        await using var second = await openAnother();
        await JoinsWhileAsync(1, "a", isHeld: true, async (unit, changes) => _ = await unit.Keys!.ReleaseAsync("a", "one") && changes.Lines.Add("a"));
        await JoinsWhileAsync(2, "b", isHeld: true, (_, changes) => Task.FromResult(changes.ReleasedOwners.Add("one")));
        await JoinsWhileAsync(3, "c", isHeld: false, (_, changes) => Task.FromResult(changes.Lines.Add("c")));

        async Task JoinsWhileAsync(int id, string key, bool isHeld, Func<IUnitOfWork, Changes, Task> free)
        {
            if (isHeld)
            {
                await WithKeysAsync(store, async keys => await keys.TryTakeAsync(key, "one", Now));
            }

            Task frees;
            await using (var joins = await BeginAsync(store))
            {
                Expect.Equal(isHeld ? "one" : null, await joins.Keys!.OwnerAsync(key, keeps: true));
                frees = Task.Run(() => FreeAsync(second, free));
                // That it waits is what is wanted: nothing else would tell.
                await Task.WhenAny(frees, Task.Delay(Meeting, TimeProvider.System));
                await joins.CommitAsync(With(c => c.Delayed.Add(InLine(id, key, 10))), default);
            }

            await frees.WaitAsync(Expect.Patience);
            await AreDueAsync(store, id);
        }
    }

    private static async Task FreeAsync(IStore store, Func<IUnitOfWork, Changes, Task> free)
    {
        while (true)
        {
            try
            {
                await using var unit = await BeginAsync(store);
                var changes = Frees(_ => { });
                await free(unit, changes);
                await unit.CommitAsync(changes, default);
                return;
            }
            catch (Exception exception) when (exception is SagaConcurrencyException or StoreUnavailableException)
            {
                // The other has kept it for longer than one waits.
            }
        }
    }

    private static ValueTask<IUnitOfWork> BeginAsync(IStore store) => BeginAsync(store, _ => { });

    private static async Task AreDueAsync(IStore store, params int[] ids)
    {
        var due = (await store.TakeDueAsync(Now, LongAfter - Now, 10, true, default)).Delayed;
        Expect.That(due.Select(row => row.Id).Order().SequenceEqual(ids.Select(Id).Order()));
    }

    private static Changes Frees(Action<Changes> fill) => With(c =>
    {
        (c.WakesAt, c.AsleepAfter) = (Now.ToUnixTimeMilliseconds(), (Now + Lease).ToUnixTimeMilliseconds());
        fill(c);
    });

    private static Changes With(Action<Changes> fill)
    {
        var changes = new Changes();
        fill(changes);
        return changes;
    }

    private static DelayedRow InLine(int id, string? line, long place) => Delayed(id, LongAfter) with { Line = line, Place = place };
}
