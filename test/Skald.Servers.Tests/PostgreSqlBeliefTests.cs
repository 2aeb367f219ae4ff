using System.Text;
using Skald.Decisions;
using Skald.PostgreSql;
using Skald.Storage;
using Skald.Testing;
using Xunit;

namespace Skald.Servers.Tests;

/// <summary>What is believed instead of looked up costs no round trip, and is never believed wrongly.</summary>
public sealed class PostgreSql_store_believes(PostgreSqlFixture fixture)
{
    private static readonly LedgerKey Key = new(new Guid(1, 7, 7, 0x88, 1, 2, 3, 4, 5, 6, 8), "pay");

    [Fact]
    public async Task What_it_wrote_last_and_what_looks_new_in_one_round_trip()
    {
        var server = await fixture.ServerAsync();
        await using var proxy = new TurnCounter(server.Port);
        var database = new Npgsql.NpgsqlConnectionStringBuilder(await server.NewDatabaseAsync()).Database ?? "";
        await using var store = await OpenAsync(server.ConnectionString(database, port: proxy.Port));
        var turns = new List<int>();
        for (var version = 1; version <= 20; version++)
        {
            var before = proxy.Turns;
            await using (var unit = await BeginAsync(store, isNew: true, Key with { Step = $"{version}" }))
            {
                Assert.Equal(version - 1, unit.Loaded.Sagas.GetValueOrDefault(Saga(1).Id)?.Version ?? 0);
                await CommitAsync(unit, Saga(version), Row($"{version}"));
            }

            turns.Add(proxy.Turns - before);
        }

        // Five more while the first connections open, one of which only listens and may do so a little later.
        Assert.True(turns.Sum() <= turns.Count + 5, $"round trips: {string.Join(", ", turns)}");
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Nothing_any_more_once_another_process_has_written_the_saga(bool writes)
    {
        var database = await (await fixture.ServerAsync()).NewDatabaseAsync();
        await using var first = await OpenAsync(database);
        await using var second = await OpenAsync(database);
        await CommitAsync(await BeginAsync(first), Saga(1));
        await CommitAsync(await BeginAsync(second), Saga(2));

        await using (var outdated = await BeginAsync(first))
        {
            Assert.Equal(1, outdated.Loaded.Sagas[Saga(1).Id].Version);
            // What was decided from it may be to do nothing at all: a message must not be lost by that.
            await Assert.ThrowsAsync<SagaConcurrencyException>(() => CommitAsync(outdated, writes ? Saga(2) : null));
        }

        await using var again = await BeginAsync(first);
        Assert.Equal(2, again.Loaded.Sagas[Saga(1).Id].Version);
        await CommitAsync(again, Saga(3));
    }

    [Fact]
    public async Task Not_for_long_that_a_command_is_new_which_was_handled_before()
    {
        var database = await (await fixture.ServerAsync()).NewDatabaseAsync();
        await using var store = await OpenAsync(database);
        await CommitAsync(await BeginAsync(store, isNew: true, Key), null, Row(Key.Step));

        await using (var copy = await BeginAsync(store, isNew: true, Key))
        {
            Assert.Empty(copy.Loaded.Ledger);
            await Assert.ThrowsAsync<SagaConcurrencyException>(() => CommitAsync(copy, null, Row(Key.Step)));
        }

        await using var again = await BeginAsync(store, isNew: true, Key);
        Assert.Single(again.Loaded.Ledger);
    }

    /// <summary>The undo came first and is not committed yet: the action has to wait for it, and sees it then.</summary>
    [Fact]
    public async Task Not_that_an_action_is_new_whose_undo_another_process_is_just_recording()
    {
        var database = await (await fixture.ServerAsync()).NewDatabaseAsync();
        await using var first = await OpenAsync(database);
        await using var second = await OpenAsync(database);
        await using var action = await BeginAsync(first, isNew: true, Key);
        await using var undo = await BeginAsync(second, isNew: false, Key);
        var recording = Task.Run(() => CommitAsync(action, null, Row(Key.Step)));
        await using var other = await BeginAsync(second, isNew: false, Key with { Step = "other" });
        Assert.False(recording.IsCompleted);
        await CommitAsync(undo, null, Row(Key.Step) with { Undo = true, Outcome = LedgerOutcome.Empty });
        await Assert.ThrowsAsync<SagaConcurrencyException>(() => recording);
    }

    [Fact]
    public void Again_after_a_while()
    {
        var time = new FakeTime(new DateTimeOffset(2030, 1, 15, 0, 0, 0, TimeSpan.Zero));
        var confidence = new Confidence(time);
        Assert.True(confidence.IsGiven);
        foreach (var seconds in (int[])[10, 20, 40])
        {
            confidence.Lose();
            time.Advance(TimeSpan.FromSeconds(seconds - 1));
            Assert.False(confidence.IsGiven);
            time.Advance(TimeSpan.FromSeconds(1));
            Assert.True(confidence.IsGiven);
        }
    }

    [Fact]
    public void At_most_so_many_sagas_the_latest_ones()
    {
        var recent = new RecentRows<SagaRow>(r => r.Id, r => r.Version, r => r.Status.IsFinal(), r => r.State.Length);
        List<SagaRow> rows = [.. Enumerable.Range(0, 30_000).Select(i => Saga(1) with { Id = new Guid(i, 7, 7, 0x88, 1, 2, 3, 4, 5, 6, 7) })];
        rows.ForEach(row => recent.Keep([row]));
        Assert.NotNull(recent.Find(rows[^1].Id));
        Assert.NotNull(recent.Find(rows[^9_000].Id));
        Assert.Null(recent.Find(rows[0].Id));
        recent.Keep([rows[^1] with { Status = SagaStatus.Completed }]);
        Assert.Null(recent.Find(rows[^1].Id));
    }

    [Fact]
    public void In_the_latest_version_whichever_lane_tells_first()
    {
        var recent = new RecentRows<SagaRow>(r => r.Id, r => r.Version, r => r.Status.IsFinal(), r => r.State.Length);
        recent.Keep([Saga(6)]);
        recent.Keep([Saga(5)]);
        Assert.Equal(6, recent.Find(Saga(1).Id)?.Version);
        recent.Keep([Saga(5) with { Status = SagaStatus.Completed }]);
        Assert.Equal(6, recent.Find(Saga(1).Id)?.Version);
    }

    private static async Task<PostgresStore> OpenAsync(string database)
    {
        var store = new PostgresStore("food-orders.order", database, new PostgreSqlOptions(), TimeProvider.System);
        await store.StartAsync("food-orders.order", [], CancellationToken.None);
        return store;
    }

    private static async Task<IUnitOfWork> BeginAsync(PostgresStore store, bool isNew = false, params LedgerKey[] keys)
    {
        var request = new LoadRequest();
        request.Sagas.UnionWith(keys.Length == 0 || isNew ? [Saga(1).Id] : []);
        request.Ledger.UnionWith(keys);
        request.ProbablyNew.UnionWith(isNew ? keys : []);
        return await store.BeginAsync(request, CancellationToken.None);
    }

    private static async Task CommitAsync(IUnitOfWork unit, SagaRow? saga, params LedgerRow[] rows)
    {
        await using (unit)
        {
            var changes = new Changes();
            changes.Sagas.AddRange(saga is null ? [] : [saga]);
            changes.Ledger.AddRange(rows);
            await unit.CommitAsync(changes, CancellationToken.None);
        }
    }

    private static SagaRow Saga(long version) => new()
    {
        Id = new Guid(1, 7, 7, 0x88, 1, 2, 3, 4, 5, 6, 7), Definition = "order", Version = version, Status = SagaStatus.Running,
        State = Encoding.UTF8.GetBytes("{}"), Steps = "", WakeAt = version, StartedAt = 1, UpdatedAt = 2,
    };

    private static LedgerRow Row(string step) =>
        new(Key.Scope, step, default, false, 1, "pay", LedgerOutcome.Done, "paid", Encoding.UTF8.GetBytes("{}"), 1);
}
