using Skald.Sqlite;
using Skald.Storage;
using Xunit;

namespace Skald.Tests;

public sealed class A_projection : IDisposable
{
    private readonly Ground _ground = new(Backend.Sqlite);
    private readonly TempFolder _folder = new();

    [Fact]
    public async Task Of_another_service_is_refused_in_the_same_file()
    {
        await using var mine = new SqliteProjectionStore("t.bank", "things", _folder.File("shared.db"), new SqliteOptions());
        await mine.StartAsync([], default);
        await using var second = new SqliteProjectionStore("t.bank", "more things", _folder.File("shared.db"), new SqliteOptions());
        await second.StartAsync([], default);
        await using var other = new SqliteProjectionStore("t.shop", "things", _folder.File("shared.db"), new SqliteOptions());
        var refused = await Assert.ThrowsAsync<StoreSetupException>(() => other.StartAsync([], default));
        Assert.Contains("is the projection of t.bank; it cannot be the projection of t.shop as well", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Follows_the_events_into_a_database_of_its_own()
    {
        await using var host = await StartAsync();
        var bank = host["bank"];
        await Accounts.OpenAsync(bank, "a", "ann");
        await Accounts.OpenAsync(bank, "b", "bob");
        await Accounts.PayInAsync(bank, "a", 10);
        await Accounts.CurrentAsync(bank, "balance_list");
        Assert.Equal(["1 a 10 2", "2 b 0 1"], await RowsAsync(bank));
        var status = await bank.Projection("balance_list").StatusAsync();
        Assert.Equal((0, TimeSpan.Zero, null), (status.LagEvents, status.Lag, status.Problem));
    }

    [Fact]
    public async Task Is_brought_up_to_date_by_a_process_that_does_not_serve()
    {
        await using (var host = await StartAsync())
        {
            await Accounts.OpenAsync(host["bank"], "a", "ann");
            await Accounts.CurrentAsync(host["bank"], "balance_list");
        }

        await using var verb = await StartAsync(serve: false);
        var bank = verb["bank"];
        await Accounts.PayInAsync(bank, "a", 5);
        Assert.Equal((ProjectionState.CatchingUp, 1), await StateAsync(bank));
        await bank.Projection("balance_list").CatchUpAsync(TestContext.Current.CancellationToken);
        Assert.Equal(["1 a 5 2"], await RowsAsync(bank));
    }

    [Fact]
    public async Task That_fails_at_an_event_stops_there_visibly_alone_and_goes_on_later()
    {
        BalanceList.Poison = "mallory";
        await using var host = await StartAsync();
        var bank = host["bank"];
        await Task.WhenAll(Accounts.OpenAsync(bank, "a", "ann"), Accounts.OpenAsync(bank, "m", "mallory"), Accounts.OpenAsync(bank, "b", "bob"));
        await Accounts.CurrentAsync(bank, "event_count");
        await Eventually.HoldsAsync("it has stopped", async () => (await bank.Projection("balance_list").StatusAsync()).State == ProjectionState.Stopped);
        Assert.Equal(["1 a 0 1"], await RowsAsync(bank));
        var status = await bank.Projection("balance_list").StatusAsync();
        Assert.Contains("ACCOUNT_OPENED, version 1 of account/m) cannot be projected: no account for mallory", status.Problem, StringComparison.Ordinal);
        Assert.Equal(2, status.LagEvents);
        Assert.NotNull(status.RetryAt);

        // Another process sees why, too.
        await using (var verb = await StartAsync(serve: false))
        {
            Assert.Equal(status.Problem, (await verb["bank"].Projection("balance_list").StatusAsync()).Problem);
        }

        BalanceList.Poison = null;
        await Eventually.HoldsAsync("it goes on", async () => (await RowsAsync(bank)).Count == 3, _ground.Time, TimeSpan.FromSeconds(5));
        await Accounts.CurrentAsync(bank, "balance_list");
        Assert.Null((await bank.Projection("balance_list").StatusAsync()).Problem);
    }

    [Fact]
    public async Task That_stands_still_is_tried_again_at_once_when_a_person_asks()
    {
        BalanceList.Poison = "mallory";
        await using var host = await StartAsync();
        var bank = host["bank"];
        await Accounts.OpenAsync(bank, "m", "mallory");
        await Eventually.HoldsAsync("it has stopped", async () => (await StateAsync(bank)).State == ProjectionState.Stopped);
        BalanceList.Poison = null;
        // The clock stands: nothing but the request makes it go on.
        bank.Projection("balance_list").Retry();
        await Accounts.CurrentAsync(bank, "balance_list");
        Assert.Equal(["1 m 0 1"], await RowsAsync(bank));
    }

    [Fact]
    public async Task Is_led_past_the_event_that_stops_it_and_past_no_other()
    {
        BalanceList.Poison = "mallory";
        await using var host = await StartAsync();
        var bank = host["bank"];
        await Accounts.OpenAsync(bank, "a", "ann");
        var list = bank.Projection("balance_list");
        await Accounts.CurrentAsync(bank, "balance_list");
        var first = (await list.StatusAsync()).Position;
        await Assert.ThrowsAsync<InvalidOperationException>(() => list.SkipAsync(first, "it runs well"));
        await Accounts.OpenAsync(bank, "m", "mallory");
        await Accounts.OpenAsync(bank, "b", "bob");
        await Eventually.HoldsAsync("it has stopped", async () => (await StateAsync(bank)).State == ProjectionState.Stopped);

        var poison = (await list.StatusAsync()).StopsAt!.Value;
        await Assert.ThrowsAsync<ArgumentException>(() => list.SkipAsync(poison, " "));
        var other = await Assert.ThrowsAsync<InvalidOperationException>(() => list.SkipAsync(first, "a slip of the finger"));
        Assert.Contains($"stands still at {poison}", other.Message, StringComparison.Ordinal);
        // As a command-line verb does it, beside the process that projects.
        await using (var verb = await StartAsync(serve: false))
        {
            await verb["bank"].Projection("balance_list").SkipAsync(poison, "mallory never had an account");
        }

        list.Retry();
        await Accounts.CurrentAsync(bank, "balance_list");
        Assert.Equal(["1 a 0 1", "2 b 0 1"], await RowsAsync(bank));
        Assert.Null((await list.StatusAsync()).Problem);
    }

    [Fact]
    public async Task Is_rebuilt_to_the_same_rows_while_it_is_read()
    {
        await using var host = await StartAsync();
        var bank = host["bank"];
        for (var i = 0; i < 20; i++)
        {
            await Accounts.OpenAsync(bank, $"{i}", "ann");
        }

        await Task.WhenAll(Enumerable.Range(0, 400).Select(i => Accounts.PayInAsync(bank, $"{i % 20}", i)));
        await Accounts.CurrentAsync(bank, "balance_list");
        var before = await RowsAsync(bank);
        using var stop = new CancellationTokenSource();
        var begun = new TaskCompletionSource();
        var reading = Task.Run(async () =>
        {
            var reads = 0;
            while (!stop.IsCancellationRequested)
            {
                Assert.Equal(20, (await RowsAsync(bank)).Count);
                reads++;
                begun.TrySetResult();
            }

            return reads;
        });
        await begun.Task;
        var progress = new List<long>();
        var result = await bank.Projection("balance_list").RebuildAsync(new RebuildOptions { PageSize = 50, Progress = new Told(p => progress.Add(p.Done)) }, TestContext.Current.CancellationToken);
        await stop.CancelAsync();
        Assert.True(await reading > 0);
        Assert.Equal((420, true), (result.Events, result.Switched));
        Assert.Equal([new TableDifference("balances", 20, 20, 0, 0)], result.Tables);
        Assert.Equal([50, 100, 150, 200, 250, 300, 350, 400, 420], progress);
        Assert.Equal(before, await RowsAsync(bank));
        await Accounts.PayInAsync(bank, "0", 1);
        await Accounts.CurrentAsync(bank, "balance_list");
        Assert.NotEqual(before, await RowsAsync(bank));
    }

    [Fact]
    public async Task Is_rebuilt_by_one_process_at_a_time()
    {
        string[] schema = ["CREATE TABLE IF NOT EXISTS things (id INTEGER PRIMARY KEY)"];
        await using var one = new SqliteProjectionStore("t.bank", "things", _folder.File("things.db"), new SqliteOptions());
        await using var other = new SqliteProjectionStore("t.bank", "things", _folder.File("things.db"), new SqliteOptions());
        await one.StartAsync(schema, CancellationToken.None);
        await other.StartAsync(schema, CancellationToken.None);
        await one.BeginRebuildAsync(schema, CancellationToken.None);

        // The second would build in the first one's file, and the first would take over what the second has so far.
        var refused = await Assert.ThrowsAsync<InvalidOperationException>(() => other.BeginRebuildAsync(schema, CancellationToken.None));
        await other.AbandonRebuildAsync(CancellationToken.None);

        Assert.Contains("is being rebuilt already", refused.Message, StringComparison.Ordinal);
        Assert.Equal([new TableDifference("things", 0, 0, 0, 0)], await one.EndRebuildAsync(Task.FromResult, _ => true, CancellationToken.None));
        await other.BeginRebuildAsync(schema, CancellationToken.None);
        await other.AbandonRebuildAsync(CancellationToken.None);
    }

    [Fact]
    public async Task That_was_tampered_with_shows_it_when_rebuilt_and_is_only_switched_if_wanted()
    {
        await using var host = await StartAsync();
        var bank = host["bank"];
        await Accounts.OpenAsync(bank, "a", "ann");
        await Accounts.CurrentAsync(bank, "balance_list");
        await using (var connection = await bank.Projection("balance_list").OpenAsync(TestContext.Current.CancellationToken))
        {
            await using var command = connection.CreateCommand();
            command.CommandText = "UPDATE balances SET balance = 1000";
            await command.ExecuteNonQueryAsync(TestContext.Current.CancellationToken);
        }

        var looked = await bank.Projection("balance_list").RebuildAsync(new RebuildOptions { TakeOver = tables => tables.All(t => t.Same) }, TestContext.Current.CancellationToken);
        Assert.Equal([new TableDifference("balances", 1, 1, 1, 1)], looked.Tables);
        Assert.False(looked.Switched);
        Assert.Equal(["1 a 1000 1"], await RowsAsync(bank));
        Assert.True((await bank.Projection("balance_list").RebuildAsync(cancellationToken: TestContext.Current.CancellationToken)).Switched);
        Assert.Equal(["1 a 0 1"], await RowsAsync(bank));
    }

    [Fact]
    public async Task Comes_back_by_itself_when_its_database_is_deleted()
    {
        await using var host = await StartAsync();
        var bank = host["bank"];
        await Accounts.OpenAsync(bank, "a", "ann");
        await Accounts.CurrentAsync(bank, "balance_list");
        DeleteRows();

        await Accounts.OpenAsync(bank, "b", "bob");
        await Eventually.HoldsAsync("it is built again", async () => (await StateAsync(bank)).State == ProjectionState.Current, _ground.Time, TimeSpan.FromSeconds(1));
        Assert.Equal(["1 a 0 1", "2 b 0 1"], await RowsAsync(bank));
    }

    [Fact]
    public async Task Whose_rows_were_restored_from_an_older_copy_takes_in_what_they_lack()
    {
        await using var host = await StartAsync();
        var bank = host["bank"];
        await Accounts.OpenAsync(bank, "a", "ann");
        await Accounts.OpenAsync(bank, "b", "bob");
        await Accounts.CurrentAsync(bank, "balance_list");
        await using (var rows = await bank.Projection("balance_list").OpenAsync())
        await using (var restore = rows.CreateCommand())
        {
            restore.CommandText = "BEGIN; DELETE FROM balances WHERE account = 'b'; UPDATE skald_projections SET number = number - 1 WHERE name = 'balance_list'; COMMIT";
            Assert.NotEqual(0, await restore.ExecuteNonQueryAsync(TestContext.Current.CancellationToken));
        }

        await Accounts.OpenAsync(bank, "c", "cyd");
        await Accounts.CurrentAsync(bank, "balance_list");
        Assert.Equal(["1 a 0 1", "2 b 0 1", "3 c 0 1"], await RowsAsync(bank));
    }

    [Fact]
    public async Task Does_not_apply_again_what_another_process_has_applied_when_one_event_fails()
    {
        await using var host = await StartAsync();
        await using var other = await StartAsync();
        var bank = host["bank"];
        await Accounts.OpenAsync(bank, "a", "ann");
        await other["bank"].Projection("balance_list").CatchUpAsync(TestContext.Current.CancellationToken);

        // The other process is not told: this one projects by itself.
        BalanceList.Poison = "eve";
        await Accounts.PayInAsync(bank, "a", 10);
        await Accounts.PayInAsync(bank, "a", 5);
        await Accounts.OpenAsync(bank, "e", "eve");
        await Eventually.HoldsAsync("it has stopped", async () => (await StateAsync(bank)).State == ProjectionState.Stopped);
        Assert.Equal(["1 a 15 3"], await RowsAsync(bank));
        await Assert.ThrowsAsync<ProjectionStoppedException>(() => other["bank"].Projection("balance_list").CatchUpAsync(TestContext.Current.CancellationToken));
        Assert.Equal(["1 a 15 3"], await RowsAsync(bank));
    }

    [Fact]
    public async Task Applies_only_what_another_process_has_not()
    {
        await using var other = await StartAsync(serve: false);
        var behind = other["bank"].Projection("balance_list");
        await using (var host = await StartAsync())
        {
            await Accounts.OpenAsync(host["bank"], "a", "ann");
            await behind.CatchUpAsync(TestContext.Current.CancellationToken);
            await Accounts.PayInAsync(host["bank"], "a", 10);
            await Accounts.CurrentAsync(host["bank"], "balance_list");
        }

        // It still believes the rows to be where it left them, and reads two events.
        await Accounts.PayInAsync(other["bank"], "a", 5);
        await behind.CatchUpAsync(TestContext.Current.CancellationToken);
        Assert.Equal(["1 a 15 3"], await RowsAsync(other["bank"]));
    }

    [Fact]
    public async Task Has_no_problem_any_more_when_another_process_projects_what_stopped_it()
    {
        BalanceList.Poison = "eve";
        await using (var host = await StartAsync())
        {
            await Accounts.OpenAsync(host["bank"], "e", "eve");
            await Eventually.HoldsAsync("it has stopped", async () => (await StateAsync(host["bank"])).State == ProjectionState.Stopped);
        }

        BalanceList.Poison = null;
        await using (var mended = await StartAsync())
        {
            await Accounts.CurrentAsync(mended["bank"], "balance_list");
            Assert.Null((await mended["bank"].Projection("balance_list").StatusAsync()).Problem);
        }

        await using var verb = await StartAsync(serve: false);
        var list = verb["bank"].Projection("balance_list");
        await Accounts.OpenAsync(verb["bank"], "a", "ann");
        Assert.Null((await list.StatusAsync()).StopsAt);
        var next = (await list.StatusAsync()).Position;
        await Assert.ThrowsAsync<InvalidOperationException>(() => list.SkipAsync(next with { Number = next.Number + 1 }, "a slip of the finger"));
    }

    [Fact]
    public async Task Stands_still_when_its_events_were_restored_to_an_earlier_state_until_it_is_rebuilt()
    {
        await using (var host = await StartAsync())
        {
            foreach (var id in (string[])["a", "b", "c"])
            {
                await Accounts.OpenAsync(host["bank"], id, id);
            }

            await Accounts.CurrentAsync(host["bank"], "balance_list");
        }

        await using (var restore = await StartAsync(serve: false))
        {
            await restore["bank"].ExecuteAsync(async context =>
            {
                await using var command = context.Connection.CreateCommand();
                command.Transaction = context.Transaction;
                command.CommandText = "DELETE FROM skald_events WHERE position > 1";
                return await command.ExecuteNonQueryAsync();
            });
        }

        await using var later = await StartAsync();
        var bank = later["bank"];
        await Accounts.OpenAsync(bank, "d", "dora");
        await Eventually.HoldsAsync("it stands still", async () => (await StateAsync(bank)).State == ProjectionState.Stopped);
        var problem = (await bank.Projection("balance_list").StatusAsync()).Problem;
        Assert.Contains("restored to an earlier state", problem, StringComparison.Ordinal);
        Assert.Equal(3, (await RowsAsync(bank)).Count);

        await bank.Projection("balance_list").RebuildAsync(cancellationToken: TestContext.Current.CancellationToken);
        await Accounts.OpenAsync(bank, "e", "emil");
        await Accounts.CurrentAsync(bank, "balance_list");
        Assert.Equal(["1 a 0 1", "2 d 0 1", "3 e 0 1"], await RowsAsync(bank));
    }

    [Fact]
    public async Task Finds_its_file_again_when_another_was_put_in_its_place()
    {
        await using var host = await StartAsync();
        var bank = host["bank"];
        await Accounts.OpenAsync(bank, "a", "ann");
        await Accounts.CurrentAsync(bank, "balance_list");
        DeleteRows();

        await using (var verb = await StartAsync(serve: false))
        {
            await verb["bank"].Projection("balance_list").CatchUpAsync(TestContext.Current.CancellationToken);
        }

        await Accounts.OpenAsync(bank, "b", "bob");
        await Eventually.HoldsAsync("the row is there", async () => (await RowsAsync(bank)).Count == 2, _ground.Time, TimeSpan.FromSeconds(1));
        Assert.Equal(["1 a 0 1", "2 b 0 1"], await RowsAsync(bank));
    }

    [Fact]
    public async Task Is_rebuilt_although_events_come_to_the_last_and_its_tables_refer_to_each_other()
    {
        string[] schema =
        [
            "CREATE TABLE IF NOT EXISTS parents (id INTEGER PRIMARY KEY)",
            "CREATE TABLE IF NOT EXISTS children (id INTEGER PRIMARY KEY, parent INTEGER NOT NULL REFERENCES parents (id))",
        ];
        await using var store = new SqliteProjectionStore("t.bank", "family", _folder.File("family.db"), new SqliteOptions { BusyTimeout = TimeSpan.FromSeconds(1) });
        await store.StartAsync(schema, CancellationToken.None);
        await WriteAsync(ProjectionTables.Live, 1, new EventPosition(0, 1));
        await store.BeginRebuildAsync(schema, CancellationToken.None);
        var differences = await store.EndRebuildAsync(
            async live =>
            {
                // What the live rows got since the rebuild looked at them.
                await WriteAsync(ProjectionTables.Rebuild, 1, live);
                return live;
            },
            _ => true, CancellationToken.None);
        Assert.Equal([new TableDifference("parents", 1, 1, 0, 0), new TableDifference("children", 1, 1, 0, 0)], differences);
        Assert.Equal(new ProjectionCheckpoint(new EventPosition(0, 1), null), await store.FindAsync(CancellationToken.None));

        async Task WriteAsync(ProjectionTables tables, int id, EventPosition position)
        {
            await using var unit = await store.BeginAsync(tables, CancellationToken.None);
            await using var command = unit.Transaction.Connection!.CreateCommand();
            command.Transaction = unit.Transaction;
            command.CommandText = $"INSERT INTO parents VALUES ({id}); INSERT INTO children VALUES ({id}, {id})";
            await command.ExecuteNonQueryAsync();
            await unit.CommitAsync(position, CancellationToken.None);
        }
    }

    [Fact]
    public async Task Written_inline_is_current_in_the_very_transaction()
    {
        await using var host = await Host.StartAsync(_ground, ("bank", s => s.AddAggregate<AccountAggregate>().AddProjection<InlineBalanceList>(p => p.Inline())));
        var bank = host["bank"];
        await Accounts.OpenAsync(bank, "a", "ann");
        Assert.Equal(["1 a 0 1"], await BalanceList.ReadAsync(await bank.OpenAsync(TestContext.Current.CancellationToken)));
        Assert.Empty(bank.Projections);
    }

    public void Dispose()
    {
        BalanceList.Poison = null;
        _ground.Dispose();
        _folder.Dispose();
    }

    private void DeleteRows()
    {
        foreach (var suffix in new[] { "", "-wal", "-shm" })
        {
            File.Delete(_folder.File("balances.db" + suffix));
        }
    }

    private Task<Host> StartAsync(bool serve = true)
    {
        (string, Action<SkaldBuilder>) bank = ("bank", s => s.AddAggregate<AccountAggregate>()
            .AddProjection<BalanceList>(p => p.UseSqlite(_folder.File("balances.db")))
            .AddProjection<EventCount>(p => p.UseSqlite(_folder.File("counts.db"))));
        return serve ? Host.StartAsync(_ground, bank) : Host.OpenAsync(_ground, bank);
    }

    private static async Task<List<string>> RowsAsync(SkaldService bank) => await BalanceList.ReadAsync(await bank.Projection("balance_list").OpenAsync());

    private static async Task<(ProjectionState State, long Lag)> StateAsync(SkaldService bank)
    {
        var status = await bank.Projection("balance_list").StatusAsync();
        return (status.State, status.LagEvents);
    }

    private sealed class Told(Action<RebuildProgress> told) : IProgress<RebuildProgress>
    {
        public void Report(RebuildProgress value) => told(value);
    }
}
