using System.Data.Common;
using Npgsql;
using Skald.PostgreSql;
using Skald.Storage;
using Skald.Testing;
using Skald.TestServers;
using Xunit;

namespace Skald.Servers.Tests;

public sealed class PostgreSql_events(PostgreSqlFixture fixture)
{
    [Fact]
    public async Task Are_all_read_in_order_however_long_their_transactions_take()
    {
        var database = await (await fixture.ServerAsync()).NewDatabaseAsync();
        await using var source = NpgsqlDataSource.Create(database);
        await SlowDownCommitsAsync(database, source);
        await EventOrderCheck.RunAsync(() => OpenAsync(database), null, commitsPerWriter: 80, begun: TakeNumberAndWaitAsync);
    }

    [Fact]
    public async Task Would_be_missed_by_a_reader_that_skips_what_is_not_there_yet()
    {
        var database = await (await fixture.ServerAsync()).NewDatabaseAsync();
        await using var source = NpgsqlDataSource.Create(database);
        await SlowDownCommitsAsync(database, source);
        await Assert.ThrowsAsync<SkaldAssertionException>(() =>
            EventOrderCheck.RunAsync(() => OpenAsync(database), (_, after, limit) => ReadSkippingGapsAsync(source, after, limit), commitsPerWriter: 80, begun: TakeNumberAndWaitAsync));
    }

    [Fact]
    public async Task Behind_an_open_transaction_wait_for_it_and_say_so()
    {
        var database = await (await fixture.ServerAsync()).NewDatabaseAsync();
        await using var store = await OpenAsync(database);
        await using var source = NpgsqlDataSource.Create(database + ";Application Name=forgotten");
        await using var connection = await source.OpenConnectionAsync();
        await using (var open = await connection.BeginTransactionAsync())
        {
            await TakeNumberAsync(open);
            await AppendAsync(store, "a/1", 1);
            var page = await store.EventLog!.ReadAsync(EventPosition.Start, 10, CancellationToken.None);
            Assert.Empty(page.Events);
            Assert.True(page.HeldBack);
            // Other tests have open transactions on this server, too; they end.
            while (await store.EventLog!.WhyHeldBackAsync(CancellationToken.None) is not { } why || !why.Contains("(forgotten, idle in transaction) in database", StringComparison.Ordinal))
            {
                await Task.Yield();
            }
        }

        Assert.Single(await AllAsync(store));
    }

    [Fact]
    public async Task Of_a_stream_are_never_written_by_a_transaction_older_than_that_of_the_event_before()
    {
        var database = await (await fixture.ServerAsync()).NewDatabaseAsync();
        await using var store = await OpenAsync(database);
        await using var other = await OpenAsync(database);
        await using (var unit = await store.BeginAsync(new LoadRequest(), CancellationToken.None))
        {
            await TakeNumberAsync(unit.Transaction!);
            await AppendAsync(other, "a/1", 1);
            Assert.Single((await unit.Streams!.ReadStreamAsync("a/1", null, CancellationToken.None)).Events);
            var changes = new Changes();
            changes.Events.Add(Event("a/1", 2));
            await Assert.ThrowsAsync<SagaConcurrencyException>(async () => await unit.CommitAsync(changes, CancellationToken.None));
        }

        await AppendAsync(store, "a/1", 2);
        Assert.Equal([1L, 2L], (await AllAsync(store)).Select(e => e.Event.Version));
    }

    [Fact]
    public async Task Restored_to_a_server_with_lower_transaction_numbers_are_followed_by_new_ones()
    {
        var database = await (await fixture.ServerAsync()).NewDatabaseAsync();
        await using (var first = await OpenAsync(database))
        {
            await AppendAsync(first, "a/1", 1);
        }

        await using var source = NpgsqlDataSource.Create(database);
        await using (var command = source.CreateCommand("UPDATE parking_booking.skald_events SET tx = tx + 1000000"))
        {
            await command.ExecuteNonQueryAsync();
        }

        await using var store = await OpenAsync(database);
        await AppendAsync(store, "a/1", 2);
        await AppendAsync(store, "b/1", 1);
        Assert.Equal(["a/1:1", "a/1:2", "b/1:1"], (await AllAsync(store)).Select(e => $"{e.Event.Stream}:{e.Event.Version}"));
    }

    private static EventRow Event(string stream, long version) => new(stream, version, "HAPPENED", "{}"u8.ToArray(), 0, null, null, null);

    private static async Task<IStore> OpenAsync(string database)
    {
        var store = new PostgresStore("parking.booking", database, new PostgreSqlOptions(), TimeProvider.System);
        await store.StartAsync("parking.booking", [], CancellationToken.None);
        return store;
    }

    private static async Task<IReadOnlyList<StoredEvent>> AllAsync(IStore store)
    {
        while (true)
        {
            var page = await store.EventLog!.ReadAsync(EventPosition.Start, 1000, CancellationToken.None);
            if (!page.HeldBack)
            {
                return page.Events;
            }
        }
    }

    /// <summary>Puts time between an event's number and its commit.</summary>
    private static async Task SlowDownCommitsAsync(string database, NpgsqlDataSource source)
    {
        await (await OpenAsync(database)).DisposeAsync();
        await using var command = source.CreateCommand(
            "CREATE FUNCTION linger() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN PERFORM pg_sleep(random() * 0.004); RETURN NULL; END';" +
            "CREATE CONSTRAINT TRIGGER linger AFTER INSERT ON parking_booking.skald_events DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION linger()");
        await command.ExecuteNonQueryAsync();
    }

    private static async Task AppendAsync(IStore store, string stream, long version)
    {
        await using var unit = await store.BeginAsync(new LoadRequest(), CancellationToken.None);
        var changes = new Changes();
        changes.Events.Add(Event(stream, version));
        await unit.CommitAsync(changes, CancellationToken.None);
    }

    private static async Task TakeNumberAsync(DbTransaction transaction)
    {
        await using var command = transaction.Connection!.CreateCommand();
        command.Transaction = transaction;
        command.CommandText = "SELECT pg_current_xact_id()";
        await command.ExecuteScalarAsync();
    }

    /// <summary>Half of the transactions get their number early; most of these take a while then.</summary>
    private static async Task TakeNumberAndWaitAsync(DbTransaction transaction, Random random)
    {
        if (random.Next(2) == 0)
        {
            return;
        }

        await TakeNumberAsync(transaction);
        await using var command = transaction.Connection!.CreateCommand();
        command.Transaction = transaction;
        command.CommandText = $"SELECT pg_sleep({random.Next(20) / 1000.0:0.000})";
        await command.ExecuteNonQueryAsync();
    }

    /// <summary>What must not be done: whatever is visible is read, by its number, and what is missing below it is taken for rolled back.</summary>
    private static async Task<EventPage> ReadSkippingGapsAsync(NpgsqlDataSource source, EventPosition after, int limit)
    {
        await using var command = source.CreateCommand("SELECT position, stream, version FROM parking_booking.skald_events WHERE position > $1 ORDER BY position LIMIT $2");
        command.Parameters.Add(new NpgsqlParameter<long> { TypedValue = after.Number });
        command.Parameters.Add(new NpgsqlParameter<long> { TypedValue = limit });
        await using var row = await command.ExecuteReaderAsync();
        var events = new List<StoredEvent>();
        while (await row.ReadAsync())
        {
            events.Add(new StoredEvent(new EventPosition(0, row.GetInt64(0)), Event(row.GetString(1), row.GetInt64(2))));
        }

        return new EventPage(events, HeldBack: false);
    }
}
