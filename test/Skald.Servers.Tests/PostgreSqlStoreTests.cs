using System.Text;
using Npgsql;
using Skald.Decisions;
using Skald.PostgreSql;
using Skald.Storage;
using Skald.Testing;
using Xunit;

namespace Skald.Servers.Tests;

public sealed class PostgreSql_store(PostgreSqlFixture fixture)
{
    private static readonly DateTimeOffset Year2030 = new(2030, 1, 15, 0, 0, 0, TimeSpan.Zero);

    [Fact]
    public async Task A_unit_of_work_costs_two_round_trips()
    {
        var server = await fixture.ServerAsync();
        await using var proxy = new TurnCounter(server.Port);
        await server.NewDatabaseAsync();
        await using var store = Open(server.ConnectionString(port: proxy.Port));
        await store.StartAsync("food-orders.order", [], CancellationToken.None);
        var turns = new List<int>();
        for (var version = 1; version <= 20; version++)
        {
            var before = proxy.Turns;
            await using (var unit = await BeginAsync(store, Key(1)))
            {
                var changes = new Changes();
                changes.Sagas.Add(Saga(version));
                changes.Ledger.Add(Row(Key(1), attempt: version));
                changes.Journal.Add(new JournalRow(Saga(1).Id, version, Year2030, ""));
                await unit.CommitAsync(changes, CancellationToken.None);
            }

            turns.Add(proxy.Turns - before);
        }

        // The first ones open a connection and have their statements prepared; the one that listens may speak once meanwhile.
        var settled = turns.Skip(4).ToList();
        Assert.True(settled.Count(t => t == 2) >= settled.Count - 1, $"round trips: {string.Join(", ", turns)}");
        Assert.Equal(20, (await store.Operations.FindSagaAsync(Saga(1).Id, CancellationToken.None))?.Version);
    }

    [Fact]
    public async Task A_state_that_has_not_changed_is_not_sent_again()
    {
        var server = await fixture.ServerAsync();
        await using var store = Open(await server.NewDatabaseAsync());
        await store.StartAsync("food-orders.order", [], CancellationToken.None);
        foreach (var row in new[] { Saga(1), Saga(2) with { State = "not looked at"u8.ToArray(), StateIsUnchanged = true } })
        {
            await using var unit = await BeginAsync(store, Key(1));
            var changes = new Changes();
            changes.Sagas.Add(row);
            await unit.CommitAsync(changes, CancellationToken.None);
        }

        var stored = await store.Operations.FindSagaAsync(Saga(1).Id, CancellationToken.None);
        Assert.Equal(2, stored?.Version);
        Assert.Equal(Saga(1).State.ToArray(), stored?.State.ToArray());
    }

    [Fact]
    public async Task Two_processes_that_ask_for_one_tombstone_act_one_after_the_other()
    {
        var server = await fixture.ServerAsync();
        var database = await server.NewDatabaseAsync();
        await using var first = Open(database);
        await using var second = Open(database);
        await first.StartAsync("food-orders.order", [], CancellationToken.None);
        await second.StartAsync("food-orders.order", [], CancellationToken.None);
        await using var other = await BeginAsync(second, Key(2));
        Task<bool> burying;
        await using (var looking = await BeginAsync(first, Key(1)))
        {
            Assert.Null(await looking.Keys!.TombstoneAsync("booking 7"));
            burying = other.Keys!.BuryAsync("booking 7", "nobody paid", Year2030).AsTask();
            await using var source = NpgsqlDataSource.Create(database);
            await using var waiting = source.CreateCommand(
                "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted AND database = (SELECT oid FROM pg_database WHERE datname = current_database())");
            while ((long)(await waiting.ExecuteScalarAsync())! == 0)
            {
                Assert.False(burying.IsCompleted);
            }

            await looking.CommitAsync(new Changes(), CancellationToken.None);
        }

        Assert.True(await burying);
    }

    [Fact]
    public async Task An_action_and_its_undo_never_pass_each_other_in_two_processes()
    {
        var server = await fixture.ServerAsync();
        var database = await server.NewDatabaseAsync();
        await using var first = Open(database);
        await using var second = Open(database);
        await first.StartAsync("food-orders.order", [], CancellationToken.None);
        await second.StartAsync("food-orders.order", [], CancellationToken.None);
        Task<IUnitOfWork> undo;
        await using (var action = await BeginAsync(first, Key(1)))
        {
            undo = Task.Run(() => BeginAsync(second, Key(1)).AsTask());
            await (await BeginAsync(second, Key(2))).DisposeAsync();
            var changes = new Changes();
            changes.Ledger.Add(Row(Key(1), attempt: 1));
            await action.CommitAsync(changes, CancellationToken.None);
        }

        await using var later = await undo;
        Assert.Single(later.Loaded.Ledger);
    }

    [Fact]
    public async Task A_handlers_swallowed_error_does_not_lose_the_commit_silently()
    {
        var server = await fixture.ServerAsync();
        await using var store = Open(await server.NewDatabaseAsync());
        await store.StartAsync("food-orders.order", [], CancellationToken.None);
        await using var unit = await BeginAsync(store);
        // A database's unit of work has a transaction with a connection.
        await using var command = unit.Transaction!.Connection!.CreateCommand();
        command.CommandText = "SELECT nonsense";
        await Assert.ThrowsAsync<Npgsql.PostgresException>(() => command.ExecuteNonQueryAsync());
        await Assert.ThrowsAnyAsync<Exception>(() => unit.CommitAsync(new Changes(), CancellationToken.None).AsTask());
    }

    [Fact]
    public async Task Many_processes_may_set_up_one_database_at_once()
    {
        var server = await fixture.ServerAsync();
        var database = await server.NewDatabaseAsync("s3cret");
        var stores = Enumerable.Range(0, 8).Select(_ => Open(database)).ToList();
        await Task.WhenAll(stores.Select(s => Task.Run(() => s.StartAsync("food-orders.order", ["CREATE TABLE IF NOT EXISTS own (n int)"], CancellationToken.None))));
        foreach (var store in stores)
        {
            await store.DisposeAsync();
        }
    }

    [Fact]
    public async Task Rows_of_a_month_without_a_partition_move_when_it_is_made_and_stay_for_good()
    {
        var server = await fixture.ServerAsync();
        var database = await server.NewDatabaseAsync();
        var time = new FakeTime(Year2030);
        var late = new LedgerKey(Guid.CreateVersion7(Year2030.AddMonths(8)), "pay");
        var random = new LedgerKey(new Guid(1, 2, 0x8003, 0x88, 1, 2, 3, 4, 5, 6, 7), "");
        await WriteAsync(database, time, late, random);
        time.Advance(TimeSpan.FromDays(250));
        Assert.Equal(2, await CountAsync(database, time, late, random));
        time.Advance(TimeSpan.FromDays(2000));
        Assert.Equal(2, await CountAsync(database, time, late, random));
    }

    [Fact]
    public async Task Partitions_of_past_months_are_dropped_when_they_are_empty()
    {
        var server = await fixture.ServerAsync();
        var database = await server.NewDatabaseAsync();
        var name = new NpgsqlConnectionStringBuilder(database).Database!;
        var time = new FakeTime(Year2030);
        var kept = new LedgerKey(Guid.CreateVersion7(Year2030.AddMonths(1)), "pay");
        await WriteAsync(database, time, kept);
        time.Advance(TimeSpan.FromDays(120));
        Assert.Equal(1, await CountAsync(database, time, kept));
        const string partitions = "SELECT string_agg(relname, ' ' ORDER BY relname) FROM pg_class WHERE relname ~ '^skald_(journal|ledger)_2030' AND relkind = 'r'";
        Assert.Equal(
            "skald_journal_203005 skald_journal_203006 skald_journal_203007 skald_ledger_203002 skald_ledger_203005 skald_ledger_203006 skald_ledger_203007",
            await server.QueryAsync(name, partitions));

        // What comes for a month that is gone is kept all the same.
        var late = new LedgerKey(Guid.CreateVersion7(Year2030.AddMonths(2)), "pay");
        await WriteAsync(database, time, late);
        Assert.Equal(2, await CountAsync(database, time, kept, late));
    }

    [Fact]
    public async Task Another_process_is_woken_and_the_own_is_not()
    {
        var server = await fixture.ServerAsync();
        var database = await server.NewDatabaseAsync();
        await using var first = Open(database);
        await using var second = Open(database);
        var (firstWoken, woken) = (0, new SemaphoreSlim(0));
        await first.StartAsync("food-orders.order", [], CancellationToken.None);
        await first.JoinAsync(null, CancellationToken.None);
        second.Woken = () => woken.Release();
        await second.StartAsync("food-orders.order", [], CancellationToken.None);
        await second.JoinAsync(null, CancellationToken.None);
        Assert.True(await woken.WaitAsync(TimeSpan.FromSeconds(10)), "it looks once when it has begun to listen");
        first.Woken = () => firstWoken++;
        first.WakeOthers();
        Assert.True(await woken.WaitAsync(TimeSpan.FromSeconds(10)));
        Assert.InRange(firstWoken, 0, 1);
    }

    [Fact]
    public async Task An_instance_that_only_waits_lives_on_and_finds_what_nobody_has()
    {
        var server = await fixture.ServerAsync();
        var database = await server.NewDatabaseAsync();
        await using var store = Open(database);
        await store.StartAsync("food-orders.order", [], CancellationToken.None);
        await store.JoinAsync(null, CancellationToken.None);
        const string session = "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND (query LIKE 'SELECT 1' OR query LIKE 'INSERT INTO%skald_processes%')";
        var name = new NpgsqlConnectionStringBuilder(database).Database!;
        var before = await server.QueryAsync(name, session);
        Assert.NotEqual("", before);
        // Longer than the server lets a session be silent.
        await Task.Delay(PostgresAddress.LongestSilence + TimeSpan.FromSeconds(3), TimeProvider.System);
        Assert.Equal(before, await server.QueryAsync(name, session));
        await using (var unit = await store.BeginAsync(new LoadRequest(), CancellationToken.None))
        {
            var changes = new Changes();
            changes.Sagas.Add(Saga(1) with { Incarnation = 0 });
            await unit.CommitAsync(changes, CancellationToken.None);
        }

        Assert.Single((await store.TakeDueAsync(Year2030, TimeSpan.FromSeconds(10), 10, true, CancellationToken.None)).Orphans);
    }

    [Fact]
    public async Task A_transaction_whose_process_stands_still_is_ended_by_the_server()
    {
        var database = await (await fixture.ServerAsync()).NewDatabaseAsync();
        var options = new PostgreSqlOptions { Lease = TimeSpan.FromSeconds(1) };
        await using var frozen = new PostgresStore("food-orders.order", database, options, TimeProvider.System);
        await using var survivor = new PostgresStore("food-orders.order", database, options, TimeProvider.System);
        await frozen.StartAsync("food-orders.order", [], CancellationToken.None);
        await survivor.StartAsync("food-orders.order", [], CancellationToken.None);
        var key = new LedgerKey(Guid.CreateVersion7(), "step");
        await using var held = await BeginAsync(frozen, [key]);
        await using (var next = await BeginAsync(survivor, [key]).AsTask().WaitAsync(TimeSpan.FromSeconds(10)))
        {
            await next.CommitAsync(new Changes(), CancellationToken.None);
        }

        await Assert.ThrowsAnyAsync<Exception>(() => held.CommitAsync(new Changes(), CancellationToken.None).AsTask());
        // The same instance works again.
        await using var again = await BeginAsync(frozen, [key]);
        await again.CommitAsync(new Changes(), CancellationToken.None);
    }

    private static PostgresStore Open(string database, TimeProvider? time = null) =>
        new("food-orders.order", database, new PostgreSqlOptions(), time ?? TimeProvider.System);

    private static async Task WriteAsync(string database, FakeTime time, params LedgerKey[] keys)
    {
        await using var store = Open(database, time);
        await store.StartAsync("food-orders.order", [], CancellationToken.None);
        await using var unit = await BeginAsync(store, keys);
        var changes = new Changes();
        changes.Ledger.AddRange(keys.Select(k => Row(k, 1)));
        await unit.CommitAsync(changes, CancellationToken.None);
    }

    private static async Task<int> CountAsync(string database, FakeTime time, params LedgerKey[] keys)
    {
        await using var store = Open(database, time);
        await store.StartAsync("food-orders.order", [], CancellationToken.None);
        await using var unit = await BeginAsync(store, keys);
        return unit.Loaded.Ledger.Count;
    }

    private static ValueTask<IUnitOfWork> BeginAsync(PostgresStore store, params LedgerKey[] keys)
    {
        var request = new LoadRequest();
        request.Ledger.UnionWith(keys);
        return store.BeginAsync(request, CancellationToken.None);
    }

    [Fact]
    public async Task Half_a_character_in_a_text_is_stored_as_one_that_stands_for_it()
    {
        var server = await fixture.ServerAsync();
        await using var store = Open(await server.NewDatabaseAsync());
        await store.StartAsync("food-orders.order", [], CancellationToken.None);
        await using (var unit = await BeginAsync(store))
        {
            var changes = new Changes();
            changes.Delayed.Add(new DelayedRow(Saga(1).Id, "{}"u8.ToArray(), "{}"u8.ToArray(), 1, 0, 0, "bad \uD83D and \0 end"));
            changes.DeadLetters.Add(new DeadLetterRow(0, default, default, "\uDC00", 1, 0));
            changes.Journal.Add(new JournalRow(Saga(1).Id, 1, Year2030, "\uD83D\uDC1F is a fish\n", "An\uD83D", null));
            await unit.CommitAsync(changes, CancellationToken.None);
        }

        Assert.Equal("bad \uFFFD and \uFFFD end", (await store.Operations.DelayedAsync(null, 10, CancellationToken.None)).Single().Reason);
        Assert.Equal("\uFFFD", (await store.Operations.DeadLettersAsync(0, 10, CancellationToken.None)).Single().Reason);
        Assert.Equal("An\uFFFD", (await store.Operations.JournalAsync(Saga(1).Id, 0, 10, CancellationToken.None)).Single().Actor);
    }

    [Fact]
    public async Task A_table_of_many_dead_rows_is_cleared_at_once_and_not_when_the_server_looks()
    {
        var database = await (await fixture.ServerAsync()).NewDatabaseAsync();
        await using var store = Open(database);
        await store.StartAsync("food-orders.order", [], CancellationToken.None);
        await using (var connection = new NpgsqlConnection(database + ";Pooling=false"))
        {
            await connection.OpenAsync();
            foreach (var sql in (string[])
                [
                    "SET search_path = food_orders_order",
                    "ALTER TABLE skald_dead_letters SET (autovacuum_enabled = false)",
                    "INSERT INTO skald_dead_letters (envelope, body, reason, attempts, at) SELECT '', '', '', 1, i FROM generate_series(1, 25000) AS i",
                    "DELETE FROM skald_dead_letters",
                ])
            {
                await using var command = new NpgsqlCommand(sql, connection);
                await command.ExecuteNonQueryAsync();
            }
        }

        // The server counts what a session has done when the session ends.
        await Eventually.HoldsAsync(async () => await DeadAsync(database) >= 20_000, "the server has counted them");
        Assert.False(await store.Retention.ShrinkAsync(CancellationToken.None));
        await Eventually.HoldsAsync(async () => await DeadAsync(database) == 0, "they are cleared");
    }

    private static async Task<long> DeadAsync(string database)
    {
        await using var connection = new NpgsqlConnection(database + ";Pooling=false");
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand("SELECT n_dead_tup FROM pg_stat_user_tables WHERE relname = 'skald_dead_letters'", connection);
        return (long)(await command.ExecuteScalarAsync())!;
    }

    private static LedgerKey Key(int number) => new(Saga(number).Id, $"step {number}");

    private static SagaRow Saga(long version) => new()
    {
        Id = new Guid(1, 7, 7, 0x88, 1, 2, 3, 4, 5, 6, 7), Definition = "order", Version = version, Status = SagaStatus.Running,
        State = Encoding.UTF8.GetBytes("{}"), Steps = "", WakeAt = version, StartedAt = 1, UpdatedAt = 2,
    };

    private static LedgerRow Row(LedgerKey key, int attempt) =>
        new(key.Scope, key.Step, key.Secret, false, attempt, "pay", LedgerOutcome.Done, "paid", Encoding.UTF8.GetBytes("{}"), Year2030.ToUnixTimeMilliseconds());
}

public sealed class PostgreSql_says_what_is_wrong(PostgreSqlFixture fixture)
{
    [Theory]
    [InlineData("wrong password", "does not accept the password")]
    [InlineData("wrong user", "does not accept the password")]
    [InlineData("no such database", "There is no database 'nowhere'")]
    [InlineData("no server", "No PostgreSQL answers at 127.0.0.1:1")]
    [InlineData("no right", "may not set up the tables")]
    [InlineData("nonsense", "cannot be read")]
    [InlineData("uri", "does not accept the password")]
    public async Task In_one_line_that_names_the_fix_and_never_the_password(string what, string expected)
    {
        var server = await fixture.ServerAsync();
        var text = what switch
        {
            "wrong password" => server.ConnectionString(password: "wr0ng"),
            "wrong user" => server.ConnectionString(password: "wr0ng", user: "skald"),
            "no such database" => server.ConnectionString("nowhere", "s3cret"),
            "no server" => server.ConnectionString(password: "s3cret", port: 1),
            "no right" => server.ConnectionString("postgres", "s3cret"),
            "uri" => $"postgres://skald:wr0ng@127.0.0.1:{server.Port}/postgres?sslmode=disable",
            _ => "Host=127.0.0.1;Pasword=wr0ng;",
        };
        var exception = await Assert.ThrowsAsync<StoreSetupException>(async () =>
        {
            await using var store = new PostgresStore("shop.order", text, new PostgreSqlOptions(), TimeProvider.System);
            await store.StartAsync("food-orders.order", [], CancellationToken.None);
        });
        Assert.Contains(expected, exception.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', exception.Message);
        Assert.DoesNotContain("wr0ng", exception.ToString(), StringComparison.Ordinal);
        Assert.DoesNotContain("s3cret", exception.ToString(), StringComparison.Ordinal);
    }
}
