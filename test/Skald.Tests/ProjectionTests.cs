using Skald.Sqlite;
using Skald.Storage;
using Xunit;

namespace Skald.Tests;

public sealed class A_projection : IDisposable
{
    private readonly Ground _ground = new(Backend.Sqlite);
    private readonly TempFolder _folder = new();

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
        await using var one = new SqliteProjectionStore("things", _folder.File("things.db"), new SqliteOptions());
        await using var other = new SqliteProjectionStore("things", _folder.File("things.db"), new SqliteOptions());
        await one.StartAsync(schema, CancellationToken.None);
        await other.StartAsync(schema, CancellationToken.None);
        await one.BeginRebuildAsync(schema, CancellationToken.None);

        // The second would build in the first one's file, and the first would take over what the second has so far.
        var refused = await Assert.ThrowsAsync<InvalidOperationException>(() => other.BeginRebuildAsync(schema, CancellationToken.None));
        await other.AbandonRebuildAsync(CancellationToken.None);

        Assert.Contains("is being rebuilt already", refused.Message, StringComparison.Ordinal);
        Assert.Equal([new TableDifference("things", 0, 0, 0, 0)], await one.EndRebuildAsync(_ => Task.CompletedTask, _ => true, CancellationToken.None));
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
        foreach (var suffix in new[] { "", "-wal", "-shm" })
        {
            File.Delete(_folder.File("balances.db" + suffix));
        }

        await Accounts.OpenAsync(bank, "b", "bob");
        await Eventually.HoldsAsync("it is built again", async () => (await StateAsync(bank)).State == ProjectionState.Current, _ground.Time, TimeSpan.FromSeconds(1));
        Assert.Equal(["1 a 0 1", "2 b 0 1"], await RowsAsync(bank));
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
