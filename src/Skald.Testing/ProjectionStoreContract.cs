using System.Data.Common;
using System.Globalization;
using Skald.Storage;

namespace Skald.Testing;

/// <summary>What every <see cref="IProjectionStore"/> promises, as named cases. An adapter's tests run them all against fresh data.</summary>
public static partial class ProjectionStoreContract
{
    // Words that every SQL knows; an adapter whose database lacks IF NOT EXISTS has to translate it.
    private static readonly string[] Schema =
    [
        "CREATE TABLE IF NOT EXISTS things (id integer NOT NULL, name text NOT NULL)",
        "CREATE UNIQUE INDEX IF NOT EXISTS things_id ON things (id)",
    ];

    // How long one waits for a second to get in beside it. Where they are serialised it never does.
    private static readonly TimeSpan Meeting = TimeSpan.FromMilliseconds(50);

    /// <summary>The cases.</summary>
    public static IReadOnlyList<ProjectionCase> Cases { get; } = [.. Basics, .. Rebuilds, .. Outages];

    private static IEnumerable<ProjectionCase> Basics =>
    [
        Case("where there are no tables there is no checkpoint", NoTables),
        Case("starting again changes nothing, here and in another process", StartingAgain),
        Case("a table that the statements have gained is made at the next start", GainedTable),
        Case("several that start at once all get through", StartingAtOnce),
        Case("data of another service is refused", AnotherService),
        Case("data of a newer version is refused", NewerVersion),
        Case("statements that cannot be run are refused, and none of them stays", WrongStatement),
        Case("rows and checkpoint are committed together, for every process to see", CommittedTogether),
        Case("what is not committed leaves neither rows nor checkpoint", RolledBack),
        Case("a position comes back with both its numbers", BothNumbers),
        Case("a problem is seen by every process, and moves nothing", ProblemIsSeen),
        Case("a problem may hold any text", AnyText),
        Case("with the next commit it stands still no more, even if an event was left out", LeftOut),
        Case("of two that take one projection at once, the second begins where the first has ended", TwoAtOnce),
        Case("a wait for the transaction can be abandoned, and leaves nothing behind", AbandonedWait),
        Case("who reads, or asks how far it is, does not wait for an open unit and sees nothing of it", ReadingBeside),
        Case("a statement that fails is no outage, and the next unit begins as if it had not been", FailedStatement),
    ];

    /// <summary>Runs one case by its name.</summary>
    /// <param name="name">The case's name.</param>
    /// <param name="ground">Where it is tried.</param>
    public static Task RunAsync(string name, ProjectionGround ground) => Expect.NamedAsync(name, () => Cases.Single(c => c.Name == name).Run(ground));

    private static ProjectionCase Case(string name, Func<IProjectionStore, Task> run) => Case(name, (store, _) => run(store));

    private static ProjectionCase Case(string name, Func<IProjectionStore, ProjectionGround, Task> run) => new(name, async ground =>
    {
        await using var store = await OpenAsync(ground);
        await run(store, ground);
    });

    private static async Task<IProjectionStore> OpenAsync(ProjectionGround ground)
    {
        var store = await ground.Open(StoreContract.Owner);
        await store.StartAsync(Schema, default);
        return store;
    }

    private static async Task NoTables(IProjectionStore store, ProjectionGround ground)
    {
        Expect.Equal(new ProjectionCheckpoint(EventPosition.Start, null), await store.FindAsync(default));
        await ground.Remove();
        await using var other = await ground.Open(StoreContract.Owner);
        Expect.Equal(null, await other.FindAsync(default));
    }

    private static async Task StartingAgain(IProjectionStore store, ProjectionGround ground)
    {
        await WriteAsync(store, At(1), Insert(1));
        await store.ReportAsync("stopped", default);
        await store.StartAsync(Schema, default);
        await using var other = await OpenAsync(ground);
        foreach (var each in (IProjectionStore[])[store, other])
        {
            Expect.Equal("1", await RowsAsync(each));
            Expect.Equal(new ProjectionCheckpoint(At(1), "stopped"), await each.FindAsync(default));
        }
    }

    private static async Task GainedTable(IProjectionStore store)
    {
        await WriteAsync(store, At(1), Insert(1));
        await store.StartAsync([.. Schema, "CREATE TABLE IF NOT EXISTS more (id integer)"], default);
        await WriteAsync(store, At(2), "INSERT INTO more VALUES (2)");
        Expect.Equal("1", await RowsAsync(store));
    }

    private static async Task StartingAtOnce(IProjectionStore store, ProjectionGround ground)
    {
        await ground.Remove();
        var stores = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => ground.Open(StoreContract.Owner)));
        await Task.WhenAll(stores.Select(s => Task.Run(() => s.StartAsync(Schema, default))));
        foreach (var each in stores)
        {
            Expect.Equal(EventPosition.Start, (await each.FindAsync(default))?.Position);
            await each.DisposeAsync();
        }
    }

    private static async Task AnotherService(IProjectionStore store, ProjectionGround ground)
    {
        await WriteAsync(store, At(1), Insert(1));
        await using var other = await ground.Open("contract.another");
        await Expect.ThrowsAsync<StoreSetupException>(() => other.StartAsync([.. Schema, "DELETE FROM things"], default));
        Expect.Equal("1", await RowsAsync(store));
    }

    private static async Task NewerVersion(IProjectionStore store, ProjectionGround ground)
    {
        await WriteAsync(store, At(1), Insert(1));
        await ground.MakeNewer();
        await using var other = await ground.Open(StoreContract.Owner);
        await Expect.ThrowsAsync<StoreSetupException>(() => other.StartAsync([.. Schema, "DELETE FROM things"], default));
        Expect.Equal("1", await RowsAsync(store));
    }

    private static async Task WrongStatement(IProjectionStore store, ProjectionGround ground)
    {
        await WriteAsync(store, At(1), Insert(1));
        await using var other = await ground.Open(StoreContract.Owner);
        await Expect.ThrowsAsync<StoreSetupException>(() => other.StartAsync([.. Schema, "DELETE FROM things", "this is not a statement"], default));
        Expect.Equal("1", await RowsAsync(store));
        Expect.Equal(At(1), (await store.FindAsync(default))?.Position);
    }

    private static async Task CommittedTogether(IProjectionStore store, ProjectionGround ground)
    {
        await using var other = await OpenAsync(ground);
        await WriteAsync(store, At(1), Insert(1));
        await WriteAsync(other, At(2), Insert(2));
        await using (var unit = await store.BeginAsync(ProjectionTables.Live, default))
        {
            Expect.Equal(At(2), unit.Position);
        }

        Expect.Equal("1 2", await RowsAsync(store));
        Expect.Equal(new ProjectionCheckpoint(At(2), null), await other.FindAsync(default));
    }

    private static async Task RolledBack(IProjectionStore store)
    {
        await WriteAsync(store, At(1), Insert(1));
        await using (var unit = await store.BeginAsync(ProjectionTables.Live, default))
        {
            await ExecuteAsync(unit, Insert(2));
        }

        Expect.Equal("1", await RowsAsync(store));
        await WriteAsync(store, At(2), Insert(2));
        Expect.Equal("1 2", await RowsAsync(store));
    }

    private static async Task BothNumbers(IProjectionStore store)
    {
        foreach (var position in (EventPosition[])[new(0, 1), new(7, 3), new(7, long.MaxValue), new(long.MaxValue, 0)])
        {
            await WriteAsync(store, position);
            Expect.Equal(position, (await store.FindAsync(default))?.Position);
            await using var unit = await store.BeginAsync(ProjectionTables.Live, default);
            Expect.Equal(position, unit.Position);
        }
    }

    private static async Task ProblemIsSeen(IProjectionStore store, ProjectionGround ground)
    {
        await WriteAsync(store, At(1), Insert(1));
        await store.ReportAsync("first", default);
        await store.ReportAsync("second", default);
        await using var other = await OpenAsync(ground);
        Expect.Equal(new ProjectionCheckpoint(At(1), "second"), await other.FindAsync(default));
        Expect.Equal("1", await RowsAsync(other));
    }

    private static async Task AnyText(IProjectionStore store)
    {
        const string text = "naïve — 日本語 🐟 'quoted' \"double\" %_ \\ {0} $1 @p\r\n\t;--";
        await store.ReportAsync(text, default);
        Expect.Equal(text, (await store.FindAsync(default))?.Problem);
        await store.ReportAsync("a\0b\ud800c", default);
        var problem = (await store.FindAsync(default))?.Problem;
        Expect.That(problem is "a\0b\uFFFDc" or "a\uFFFDb\uFFFDc" or "a\0b\ud800c");
    }

    private static async Task LeftOut(IProjectionStore store)
    {
        await WriteAsync(store, At(1), Insert(1));
        await store.ReportAsync("event 2 cannot be projected", default);
        await WriteAsync(store, At(2));
        Expect.Equal(new ProjectionCheckpoint(At(2), null), await store.FindAsync(default));
        Expect.Equal("1", await RowsAsync(store));
    }

    private static async Task TwoAtOnce(IProjectionStore store, ProjectionGround ground)
    {
        await using var other = await OpenAsync(ground);
        await WriteAsync(store, At(1), Insert(1));
        Task<EventPosition> second;
        await using (var unit = await store.BeginAsync(ProjectionTables.Live, default))
        {
            second = Task.Run(() => WaitAndWriteAsync(other, At(3), Insert(3)));
            await Task.WhenAny(second, Task.Delay(Meeting, TimeProvider.System));
            Expect.That(!second.IsCompleted);
            await ExecuteAsync(unit, Insert(2));
            await unit.CommitAsync(At(2), default);
        }

        Expect.Equal(At(2), await second.WaitAsync(Expect.Patience));
        Expect.Equal("1 2 3", await RowsAsync(store));
        Expect.Equal(At(3), (await store.FindAsync(default))?.Position);
    }

    private static async Task AbandonedWait(IProjectionStore store, ProjectionGround ground)
    {
        await using var other = await OpenAsync(ground);
        using var cancellation = new CancellationTokenSource();
        Task waiting;
        await using (await store.BeginAsync(ProjectionTables.Live, default))
        {
            waiting = Task.Run(BeginOrNotAsync);
            await cancellation.CancelAsync();
        }

        // It may have begun or given up; either way nothing stays behind.
        await waiting.WaitAsync(Expect.Patience);
        await WriteAsync(store, At(1), Insert(1)).WaitAsync(Expect.Patience);

        async Task BeginOrNotAsync()
        {
            try
            {
                await using var unit = await other.BeginAsync(ProjectionTables.Live, cancellation.Token);
            }
            catch (Exception exception) when (exception is OperationCanceledException or StoreUnavailableException)
            {
                // Given up, or it took longer than one waits.
            }
        }
    }

    private static async Task ReadingBeside(IProjectionStore store, ProjectionGround ground)
    {
        await using var other = await OpenAsync(ground);
        await WriteAsync(store, At(1), Insert(1));
        await using (var unit = await store.BeginAsync(ProjectionTables.Live, default))
        {
            await ExecuteAsync(unit, Insert(2));
            foreach (var each in (IProjectionStore[])[store, other])
            {
                Expect.Equal("1", await RowsAsync(each).WaitAsync(Expect.Patience));
                Expect.Equal(At(1), (await each.FindAsync(default).AsTask().WaitAsync(Expect.Patience))?.Position);
            }

            await unit.CommitAsync(At(2), default);
        }

        Expect.Equal("1 2", await RowsAsync(other));
    }

    private static async Task FailedStatement(IProjectionStore store)
    {
        await WriteAsync(store, At(1), Insert(1));
        foreach (var wrong in (string[])[Insert(1), "INSERT INTO nowhere VALUES (1)", "this is not a statement"])
        {
            await using var unit = await store.BeginAsync(ProjectionTables.Live, default);
            await ExecuteAsync(unit, Insert(2));
            var failure = await FailureAsync(unit, wrong);
            Expect.That(failure is not null && !store.IsOutage(failure));
        }

        await WriteAsync(store, At(2), Insert(2));
        Expect.Equal("1 2", await RowsAsync(store));
    }

    private static EventPosition At(int number) => new(number, number * 10);

    private static string Insert(int id, string name = "") => $"INSERT INTO things (id, name) VALUES ({id}, '{(name.Length > 0 ? name : id)}')";

    private static Task WriteAsync(IProjectionStore store, EventPosition position, params string[] statements) => WriteAsync(store, ProjectionTables.Live, position, statements);

    private static async Task WriteAsync(IProjectionStore store, ProjectionTables tables, EventPosition position, params string[] statements)
    {
        await using var unit = await store.BeginAsync(tables, default);
        foreach (var statement in statements)
        {
            await ExecuteAsync(unit, statement);
        }

        await unit.CommitAsync(position, default);
    }

    /// <summary>Writes when it is its turn, and answers where it began.</summary>
    private static async Task<EventPosition> WaitAndWriteAsync(IProjectionStore store, EventPosition position, string statement)
    {
        while (true)
        {
            try
            {
                await using var unit = await store.BeginAsync(ProjectionTables.Live, default);
                await ExecuteAsync(unit, statement);
                await unit.CommitAsync(position, default);
                return unit.Position;
            }
            catch (StoreUnavailableException)
            {
                // The other has kept it for longer than one waits: again.
            }
        }
    }

    private static async Task ExecuteAsync(IProjectionUnit unit, string statement)
    {
        // An open transaction has a connection.
        await using var command = unit.Transaction.Connection!.CreateCommand();
        command.Transaction = unit.Transaction;
        command.CommandText = statement;
        await command.ExecuteNonQueryAsync();
    }

    private static async Task<DbException?> FailureAsync(IProjectionUnit unit, string statement)
    {
        try
        {
            await ExecuteAsync(unit, statement);
            return null;
        }
        catch (DbException exception)
        {
            return exception;
        }
    }

    /// <summary>What readers see of a table, in order.</summary>
    private static async Task<string> RowsAsync(IProjectionStore store, string sql = "SELECT name FROM things ORDER BY id")
    {
        await using var connection = await store.OpenAsync(default);
        return await RowsAsync(connection, sql);
    }

    private static async Task<string> RowsAsync(DbConnection connection, string sql)
    {
        await using var command = connection.CreateCommand();
        command.CommandText = sql;
        await using var row = await command.ExecuteReaderAsync();
        var rows = new List<string>();
        while (await row.ReadAsync())
        {
            rows.Add(string.Join('/', Enumerable.Range(0, row.FieldCount).Select(i => Convert.ToString(row.GetValue(i), CultureInfo.InvariantCulture))));
        }

        return string.Join(' ', rows);
    }
}
