using System.Data.Common;
using Skald.Storage;

namespace Skald.Testing;

public static partial class ProjectionStoreContract
{
    private static IEnumerable<ProjectionCase> Outages =>
    [
        Case("tables that were removed are an outage, until the store is started again", Removed),
        Case("every member says that the database is away, and works again when it is back", CutOff),
        Case("a connection that is cut is an outage that passes, whatever it was used for", ConnectionCut),
        Case("a full disk is an outage that passes", FullDisk),
    ];

    private static async Task Removed(IProjectionStore store, ProjectionGround ground)
    {
        await WriteAsync(store, At(1), Insert(1));
        await ground.Remove();
        Expect.Equal(null, await store.FindAsync(default));
        await Expect.ThrowsAsync<StoreUnavailableException>(() => WriteAsync(store, At(2), Insert(2)));
        await Expect.ThrowsAsync<StoreUnavailableException>(() => store.ReportAsync("stopped", default).AsTask());
        await store.StartAsync(Schema, default);
        Expect.Equal(new ProjectionCheckpoint(EventPosition.Start, null), await store.FindAsync(default));
        await WriteAsync(store, At(1), Insert(1));
        Expect.Equal("1", await RowsAsync(store));
    }

    private static async Task CutOff(IProjectionStore store, ProjectionGround ground)
    {
        await WriteAsync(store, At(1), Insert(1));
        await using (await ground.CutOff())
        {
            foreach (var (name, use) in Members(store))
            {
                await Expect.ThrowsAsync<StoreUnavailableException>(use, name);
            }
        }

        await BackAsync(store);
        foreach (var (_, use) in Members(store))
        {
            await use();
        }

        Expect.Equal("1", await RowsAsync(store));
    }

    private static async Task ConnectionCut(IProjectionStore store, ProjectionGround ground)
    {
        await WriteAsync(store, At(1), Insert(1));
        if (ground.CutConnections is not { } cut)
        {
            return;
        }

        foreach (var (_, use) in Members(store))
        {
            await cut();
            await Outage.OnceMoreAsync(use);
        }

        var unit = await store.BeginAsync(ProjectionTables.Live, default);
        await cut();
        await Outage.OrNothingAsync(async () =>
        {
            await ToldAsync(store, () => ExecuteAsync(unit, Insert(2)));
            await unit.CommitAsync(At(2), default);
        });
        await unit.DisposeAsync();
        await BackAsync(store);
        Expect.Equal((await store.FindAsync(default))!.Position == At(2) ? "1 2" : "1", await RowsAsync(store));

        await store.BeginRebuildAsync(Schema, default);
        await cut();
        await Outage.OrNothingAsync(() => EndAsync(store, EventPosition.Start, wanted: false));
        await BackAsync(store);
        await Outage.OnceMoreAsync(() => RebuildAsync(store));
    }

    private static async Task FullDisk(IProjectionStore store, ProjectionGround ground)
    {
        await WriteAsync(store, At(1), Insert(1));
        var fill = ground.FillDisk ?? throw new SkaldAssertionException("The ground does not say how to fill its disk.");
        for (var round = 0; round < 3; round++)
        {
            await using (await fill())
            {
                await Expect.ThrowsAsync<StoreUnavailableException>(() => ToldAsync(store, () => FillAsync(store)));
            }

            await BackAsync(store);
            Expect.Equal("1", await RowsAsync(store));
            Expect.Equal(At(1), (await store.FindAsync(default))?.Position);
        }

        await WriteAsync(store, At(2), Insert(2));
    }

    /// <summary>More than there is room for, in one unit: nothing of it stays.</summary>
    private static Task FillAsync(IProjectionStore store)
    {
        var text = new string('x', 900_000);
        return WriteAsync(store, At(2), [.. Enumerable.Range(100, 60).Select(i => Insert(i, text))]);
    }

    private static IEnumerable<(string Name, Func<Task> Use)> Members(IProjectionStore store)
    {
        yield return ("a unit", async () =>
        {
            await using var unit = await store.BeginAsync(ProjectionTables.Live, default);
            await unit.CommitAsync(unit.Position, default);
        });
        yield return ("FindAsync", async () =>
        {
            // A file that is gone takes its tables with it.
            _ = await store.FindAsync(default) ?? throw new StoreUnavailableException("gone");
        });
        yield return ("ReportAsync", () => store.ReportAsync("stopped", default).AsTask());
        yield return ("a look at the rows", () => ToldAsync(store, () => RowsAsync(store)));
        yield return ("a rebuild", () => RebuildAsync(store));
    }

    private static async Task RebuildAsync(IProjectionStore store)
    {
        await store.BeginRebuildAsync(Schema, default);
        await EndAsync(store, EventPosition.Start, wanted: false);
    }

    /// <summary>As the runner hears what the projection's own statements throw.</summary>
    private static async Task ToldAsync(IProjectionStore store, Func<Task> use)
    {
        try
        {
            await use();
        }
        catch (DbException exception) when (store.IsOutage(exception))
        {
            throw new StoreUnavailableException(exception.Message, exception);
        }
    }

    private static Task BackAsync(IProjectionStore store) => Outage.EndsAsync(async () =>
    {
        foreach (var (_, use) in Members(store))
        {
            await use();
        }
    });
}
