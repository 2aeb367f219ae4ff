using Skald.Storage;

namespace Skald.Testing;

public static partial class ProjectionStoreContract
{
    private static IEnumerable<ProjectionCase> Rebuilds =>
    [
        Case("a rebuild begins with empty tables before the first event, beside the live ones", BesideTheLive),
        Case("live tables and rebuilt ones are written at the same time", AtTheSameTime),
        Case("a projection is rebuilt by one at a time, and who is refused disturbs nobody", OneRebuild),
        Case("what an abandoned rebuild left is thrown away", Abandoned),
        Case("a rebuild with a wrong statement has not begun", WrongRebuild),
        Case("only who has begun a rebuild can write to its tables or end it", NotBegun),
        Case("rebuilt tables are compared with the live ones, row by row", Compared),
        Case("a row that a table has twice counts twice", Doubles),
        Case("rebuilt tables that are not wanted leave everything as it was", NotWanted),
        Case("rebuilt tables that are wanted become the live ones, with their checkpoint and without a problem", Wanted),
        Case("rebuilt tables keep their indexes and computed columns", Kept),
        Case("a rebuild that fails at its end changes nothing, and makes room for the next", FailedEnd),
        Case("rebuilt tables that are not as far as is said are refused", NotAsFar),
        Case("who waits to write while tables are replaced goes on from the new ones, or is refused", WaitingWriter),
        Case("who reads while tables are replaced sees the old rows or the new ones, never half", ReadingMeanwhile),
        Case("a rebuild does not wait for who reads", ReadingForLong),
    ];

    private static async Task BesideTheLive(IProjectionStore store)
    {
        await WriteAsync(store, At(1), Insert(1));
        await store.BeginRebuildAsync(Schema, default);
        await using (var unit = await store.BeginAsync(ProjectionTables.Rebuild, default))
        {
            Expect.Equal(EventPosition.Start, unit.Position);
            // It would be refused where the live row is.
            await ExecuteAsync(unit, Insert(1, "rebuilt"));
            await unit.CommitAsync(At(7), default);
        }

        await using (var unit = await store.BeginAsync(ProjectionTables.Rebuild, default))
        {
            Expect.Equal(At(7), unit.Position);
        }

        Expect.Equal("1", await RowsAsync(store));
        Expect.Equal(At(1), (await store.FindAsync(default))?.Position);
        await store.AbandonRebuildAsync(default);
        Expect.Equal("1", await RowsAsync(store));
    }

    private static async Task AtTheSameTime(IProjectionStore store)
    {
        await store.BeginRebuildAsync(Schema, default);
        await using (var live = await store.BeginAsync(ProjectionTables.Live, default))
        {
            await ExecuteAsync(live, Insert(1));
            await WriteAsync(store, ProjectionTables.Rebuild, At(1), Insert(1)).WaitAsync(Expect.Patience);
            await live.CommitAsync(At(1), default);
        }

        Expect.Sequence([new TableDifference("things", 1, 1, 0, 0)], await EndAsync(store, At(1)));
    }

    private static async Task OneRebuild(IProjectionStore store, ProjectionGround ground)
    {
        await using var other = await OpenAsync(ground);
        await store.BeginRebuildAsync(Schema, default);
        await WriteAsync(store, ProjectionTables.Rebuild, At(1), Insert(1));
        await Expect.ThrowsAsync<InvalidOperationException>(() => other.BeginRebuildAsync(Schema, default));
        await other.AbandonRebuildAsync(default);
        await Expect.ThrowsAsync<InvalidOperationException>(() => store.BeginRebuildAsync(Schema, default));
        await EndAsync(store, At(1));
        Expect.Equal("1", await RowsAsync(store));
        await other.BeginRebuildAsync(Schema, default);
        await other.AbandonRebuildAsync(default);
    }

    private static async Task Abandoned(IProjectionStore store, ProjectionGround ground)
    {
        await store.BeginRebuildAsync(Schema, default);
        await WriteAsync(store, ProjectionTables.Rebuild, At(1), Insert(1));
        await store.AbandonRebuildAsync(default);
        await using var dies = await OpenAsync(ground);
        await AnewAsync(dies);
        await dies.DisposeAsync();
        await AnewAsync(store);
        Expect.Equal("", await RowsAsync(store));
        // Too late: what is there now is another's.
        await dies.AbandonRebuildAsync(default);
        Expect.Sequence([new TableDifference("things", 0, 1, 0, 1)], await EndAsync(store, At(1)));

        static async Task AnewAsync(IProjectionStore store)
        {
            await store.BeginRebuildAsync(Schema, default);
            await using var unit = await store.BeginAsync(ProjectionTables.Rebuild, default);
            Expect.Equal(EventPosition.Start, unit.Position);
            await ExecuteAsync(unit, Insert(1));
            await unit.CommitAsync(At(1), default);
        }
    }

    private static async Task WrongRebuild(IProjectionStore store, ProjectionGround ground)
    {
        await using var other = await OpenAsync(ground);
        await Expect.ThrowsAsync<StoreSetupException>(() => store.BeginRebuildAsync([.. Schema, "this is not a statement"], default));
        await other.BeginRebuildAsync(Schema, default);
        await other.AbandonRebuildAsync(default);
    }

    private static async Task NotBegun(IProjectionStore store, ProjectionGround ground)
    {
        await using var other = await OpenAsync(ground);
        await WriteAsync(store, At(1), Insert(1));
        await RefusedAsync(other);
        await store.BeginRebuildAsync(Schema, default);
        await RefusedAsync(other);
        await store.AbandonRebuildAsync(default);
        await RefusedAsync(store);
        await store.AbandonRebuildAsync(default);
        Expect.Equal("1", await RowsAsync(store));

        static async Task RefusedAsync(IProjectionStore store)
        {
            await Expect.ThrowsAsync<InvalidOperationException>(async () => await (await store.BeginAsync(ProjectionTables.Rebuild, default)).DisposeAsync());
            await Expect.ThrowsAsync<InvalidOperationException>(() => store.EndRebuildAsync(Task.FromResult, _ => true, default));
        }
    }

    private static async Task Compared(IProjectionStore store)
    {
        await WriteAsync(store, At(3), Insert(1), Insert(2), Insert(3));
        await store.BeginRebuildAsync([.. Schema, "CREATE TABLE IF NOT EXISTS more (id integer)"], default);
        await WriteAsync(store, ProjectionTables.Rebuild, At(2), Insert(1), Insert(2, "other"), "INSERT INTO more VALUES (1)");
        IReadOnlyList<TableDifference> shown = [];
        var live = EventPosition.Start;
        var answered = await store.EndRebuildAsync(
            async position =>
            {
                live = position;
                await WriteAsync(store, ProjectionTables.Rebuild, position, Insert(3), Insert(4));
                return position;
            },
            differences =>
            {
                shown = differences;
                return false;
            },
            default);
        Expect.Equal(At(3), live);
        TableDifference[] expected = [new("more", 0, 1, 0, 1), new("things", 3, 4, 1, 2)];
        Expect.Sequence(expected, shown.OrderBy(d => d.Table, StringComparer.Ordinal));
        Expect.Sequence(expected, answered.OrderBy(d => d.Table, StringComparer.Ordinal));
    }

    private static async Task Doubles(IProjectionStore store)
    {
        string[] marks = ["CREATE TABLE IF NOT EXISTS marks (name text)"];
        await store.StartAsync([.. Schema, .. marks], default);
        await WriteAsync(store, At(1), "INSERT INTO marks VALUES ('a'), ('a'), ('b'), (NULL), (NULL)");
        await store.BeginRebuildAsync(marks, default);
        await WriteAsync(store, ProjectionTables.Rebuild, At(1), "INSERT INTO marks VALUES ('a'), ('b'), ('b'), ('b'), (NULL), (NULL)");
        Expect.Sequence([new TableDifference("marks", 5, 6, 1, 2)], await EndAsync(store, At(1)));
        Expect.Equal("-/2 a/1 b/3", await RowsAsync(store, "SELECT coalesce(name, '-'), count(*) FROM marks GROUP BY name ORDER BY 1"));
    }

    private static async Task NotWanted(IProjectionStore store, ProjectionGround ground)
    {
        await WriteAsync(store, At(2), Insert(1), Insert(2));
        await store.ReportAsync("stopped", default);
        await store.BeginRebuildAsync(Schema, default);
        await WriteAsync(store, ProjectionTables.Rebuild, At(1), Insert(9));
        await EndAsync(store, At(1), wanted: false);
        Expect.Equal("1 2", await RowsAsync(store));
        Expect.Equal(new ProjectionCheckpoint(At(2), "stopped"), await store.FindAsync(default));
        await using var other = await OpenAsync(ground);
        await other.BeginRebuildAsync(Schema, default);
        await using var unit = await other.BeginAsync(ProjectionTables.Rebuild, default);
        Expect.Equal(EventPosition.Start, unit.Position);
    }

    private static async Task Wanted(IProjectionStore store, ProjectionGround ground)
    {
        await using var other = await OpenAsync(ground);
        await WriteAsync(store, At(2), Insert(1), Insert(2));
        for (var round = 3; round <= 4; round++)
        {
            // Its events may have been restored to an earlier state: it ends where they end.
            await store.ReportAsync("stopped", default);
            await store.BeginRebuildAsync(Schema, default);
            await WriteAsync(store, ProjectionTables.Rebuild, At(1), Insert(1, $"round{round}"));
            await EndAsync(store, At(1));
            Expect.Equal($"round{round}", await RowsAsync(other));
            Expect.Equal(new ProjectionCheckpoint(At(1), null), await other.FindAsync(default));
            await WriteAsync(other, At(round), Insert(round));
            Expect.Equal($"round{round} {round}", await RowsAsync(store));
        }
    }

    private static async Task Kept(IProjectionStore store)
    {
        string[] schema =
        [
            "CREATE TABLE IF NOT EXISTS things (id integer NOT NULL, name text NOT NULL)",
            "CREATE UNIQUE INDEX IF NOT EXISTS things_id ON things (id)",
            "CREATE TABLE IF NOT EXISTS sums (a integer NOT NULL, b integer GENERATED ALWAYS AS (a * 2) STORED, c integer NOT NULL)",
        ];
        for (var round = 1; round <= 2; round++)
        {
            await store.BeginRebuildAsync(schema, default);
            await WriteAsync(store, ProjectionTables.Rebuild, At(round), Insert(1), "INSERT INTO sums (a, c) VALUES (3, 4)");
            await EndAsync(store, At(round));
            Expect.Equal("3/6/4", await RowsAsync(store, "SELECT a, b, c FROM sums"));
            await using var unit = await store.BeginAsync(ProjectionTables.Live, default);
            Expect.That(await FailureAsync(unit, Insert(1)) is not null);
        }
    }

    private static async Task FailedEnd(IProjectionStore store, ProjectionGround ground)
    {
        await using var other = await OpenAsync(ground);
        await WriteAsync(store, At(1), Insert(1));
        (Func<EventPosition, Task<EventPosition>> CatchUp, Func<IReadOnlyList<TableDifference>, bool> TakeOver)[] ends =
        [
            (_ => throw new NotSupportedException("an event cannot be projected"), _ => true),
            (Task.FromResult, _ => throw new NotSupportedException("nobody can decide")),
        ];
        foreach (var (catchUp, takeOver) in ends)
        {
            await store.BeginRebuildAsync(Schema, default);
            await WriteAsync(store, ProjectionTables.Rebuild, At(1), Insert(9));
            await Expect.ThrowsAsync<NotSupportedException>(() => store.EndRebuildAsync(catchUp, takeOver, default));
            Expect.Equal("1", await RowsAsync(store));
            Expect.Equal(At(1), (await store.FindAsync(default))?.Position);
            await other.BeginRebuildAsync(Schema, default);
            await other.AbandonRebuildAsync(default);
        }
    }

    private static async Task NotAsFar(IProjectionStore store)
    {
        await WriteAsync(store, At(2), Insert(1), Insert(2));
        await store.BeginRebuildAsync(Schema, default);
        await WriteAsync(store, ProjectionTables.Rebuild, At(1), Insert(1));
        await Expect.ThrowsAsync<SagaConcurrencyException>(() => store.EndRebuildAsync(Task.FromResult, _ => true, default));
        Expect.Equal("1 2", await RowsAsync(store));
        Expect.Equal(At(2), (await store.FindAsync(default))?.Position);
        await store.BeginRebuildAsync(Schema, default);
    }

    private static async Task WaitingWriter(IProjectionStore store, ProjectionGround ground)
    {
        await using var other = await OpenAsync(ground);
        await WriteAsync(store, At(3), Insert(1), Insert(2), Insert(3));
        await store.BeginRebuildAsync(Schema, default);
        await WriteAsync(store, ProjectionTables.Rebuild, At(2), Insert(1), Insert(2));
        Task<EventPosition>? writing = null;
        await store.EndRebuildAsync(
            async _ =>
            {
                writing = Task.Run(() => WaitAndWriteAsync(other, At(4), Insert(4)));
                await Task.WhenAny(writing, Task.Delay(Meeting, TimeProvider.System));
                Expect.That(!writing.IsCompleted);
                return At(2);
            },
            _ => true, default);
        try
        {
            // Set by the callback, which was called.
            Expect.Equal(At(2), await writing!.WaitAsync(Expect.Patience));
            Expect.Equal("1 2 4", await RowsAsync(store));
        }
        catch (SagaConcurrencyException)
        {
            Expect.Equal("1 2", await RowsAsync(store));
            Expect.Equal(At(2), (await store.FindAsync(default))?.Position);
        }
    }

    private static async Task ReadingMeanwhile(IProjectionStore store, ProjectionGround ground)
    {
        const string all = "SELECT count(*), min(name), max(name) FROM things";
        const int rows = 200;
        await using var other = await OpenAsync(ground);
        await WriteAsync(store, At(1), Rows("round0"));
        using var stop = new CancellationTokenSource();
        var begun = new TaskCompletionSource();
        var reading = Task.Run(async () =>
        {
            try
            {
                while (!stop.IsCancellationRequested)
                {
                    var seen = (await RowsAsync(other, all)).Split('/');
                    Expect.That(seen[0] == $"{rows}" && seen[1] == seen[2]);
                    begun.TrySetResult();
                }
            }
            finally
            {
                begun.TrySetResult();
            }
        });
        await begun.Task.WaitAsync(Expect.Patience);
        for (var round = 1; round <= 5; round++)
        {
            await store.BeginRebuildAsync(Schema, default);
            await WriteAsync(store, ProjectionTables.Rebuild, At(1), Rows($"round{round}"));
            await store.EndRebuildAsync(
                async live =>
                {
                    Expect.Equal($"{rows}/round{round - 1}/round{round - 1}", await RowsAsync(other, all));
                    return live;
                },
                _ => true, default);
            Expect.Equal($"{rows}/round{round}/round{round}", await RowsAsync(other, all));
        }

        await stop.CancelAsync();
        await reading.WaitAsync(Expect.Patience);

        static string[] Rows(string name) => [.. Enumerable.Range(1, rows).Select(i => Insert(i, name))];
    }

    private static async Task ReadingForLong(IProjectionStore store)
    {
        await WriteAsync(store, At(1), Insert(1, "old"));
        await using var reader = await store.OpenAsync(default);
        await using (var begin = reader.CreateCommand())
        {
            begin.CommandText = "BEGIN TRANSACTION";
            await begin.ExecuteNonQueryAsync();
        }

        Expect.Equal("old", await RowsAsync(reader, "SELECT name FROM things"));
        await store.BeginRebuildAsync(Schema, default);
        await WriteAsync(store, ProjectionTables.Rebuild, At(1), Insert(1, "new"));
        await EndAsync(store, At(1)).WaitAsync(Expect.Patience);
        Expect.Equal("new", await RowsAsync(store));
        Expect.That(await RowsAsync(reader, "SELECT name FROM things") is "old" or "new");
    }

    private static Task<IReadOnlyList<TableDifference>> EndAsync(IProjectionStore store, EventPosition reached, bool wanted = true) =>
        store.EndRebuildAsync(_ => Task.FromResult(reached), _ => wanted, default);
}
