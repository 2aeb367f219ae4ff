using System.Collections.Concurrent;
using System.Diagnostics;
using Npgsql;
using Skald.Messaging;
using Skald.PostgreSql;
using Skald.Storage;
using Skald.TestServers;
using Xunit;

namespace Skald.Servers.Tests;

/// <summary>What a server costs that does not answer, and what is left of it when it does again.</summary>
public sealed class A_PostgreSQL_that_stands_still
{
    private static readonly PostgreSqlOptions Hasty = new() { ConnectTimeout = TimeSpan.FromSeconds(6), StatementTimeout = TimeSpan.FromSeconds(6), MaxConnections = 100 };
    private const int Window = 10;

    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(40);

    [Fact]
    public async Task Keeps_nobody_for_longer_than_he_waits_and_no_thread_at_all()
    {
        Need.That(PostgresServer.Requirement);
        await using var server = await PostgresServer.StartAsync();
        var database = await server.NewDatabaseAsync();
        await using var store = new PostgresStore("food-orders.order", database, Hasty, TimeProvider.System);
        await store.StartAsync("food-orders.order", [], CancellationToken.None);
        // So many connections are open, and each of those who ask has one.
        await Task.WhenAll(Enumerable.Range(0, 60).Select(_ => UseAsync(store)));
        await server.FreezeAsync();

        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(1));
        var cancelled = Enumerable.Range(0, 20).Select(_ => store.Operations.CountOutboxAsync(1, patience.Token).AsTask()).ToList();
        var asked = Enumerable.Range(0, 40).Select(_ => UseAsync(store)).ToList();
        var longest = TimeSpan.Zero;
        for (var watch = Stopwatch.StartNew(); watch.Elapsed < TimeSpan.FromSeconds(14);)
        {
            var begun = Stopwatch.GetTimestamp();
            await Task.Run(() => { });
            longest = TimeSpan.FromTicks(Math.Max(longest.Ticks, Stopwatch.GetElapsedTime(begun).Ticks));
            await Task.Delay(TimeSpan.FromMilliseconds(10), TimeProvider.System);
        }

        Assert.InRange(longest, TimeSpan.Zero, TimeSpan.FromSeconds(3));
        Assert.All(cancelled, task => Assert.True(task.IsCanceled, $"{task.Status}"));
        foreach (var task in asked)
        {
            Assert.Contains("cannot be reached: it does not answer", (await Assert.ThrowsAsync<StoreUnavailableException>(() => task.WaitAsync(Soon))).Message, StringComparison.Ordinal);
        }

        await server.ThawAsync();
        await Task.WhenAll(Enumerable.Range(0, 60).Select(_ => UseAsync(store))).WaitAsync(Soon);
    }

    [Fact]
    public async Task Is_noticed_however_often_somebody_begins()
    {
        Need.That(PostgresServer.Requirement);
        await using var server = await PostgresServer.StartAsync();
        await using var store = new PostgresStore("food-orders.order", await server.NewDatabaseAsync(), Hasty with { StatementTimeout = TimeSpan.FromSeconds(30) }, TimeProvider.System);
        await store.StartAsync("food-orders.order", [], CancellationToken.None);
        await Task.WhenAll(Enumerable.Range(0, 45).Select(_ => UseAsync(store)));
        await server.FreezeAsync();
        var asked = new List<Task> { UseAsync(store) };
        // A session that is open is had for nothing, which tells nothing of the server.
        for (var watch = Stopwatch.StartNew(); watch.Elapsed < TimeSpan.FromSeconds(8);)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(100), TimeProvider.System);
            asked.Add(UseAsync(store));
        }

        Assert.True(asked[0].IsFaulted, $"{asked[0].Status}");
        await server.ThawAsync();
        foreach (var task in asked)
        {
            Assert.True(await Record.ExceptionAsync(() => task.WaitAsync(Soon)) is null or StoreUnavailableException);
        }

        await UseAsync(store).WaitAsync(Soon);
    }

    [Fact]
    public async Task Has_done_at_most_once_what_nobody_waits_for_any_more()
    {
        Need.That(PostgresServer.Requirement);
        await using var server = await PostgresServer.StartAsync();
        var database = await server.NewDatabaseAsync();
        await using var store = new PostgresStore("food-orders.order", database, Hasty, TimeProvider.System);
        await store.StartAsync("food-orders.order", [], CancellationToken.None);
        var units = new List<IUnitOfWork>();
        for (var i = 0; i < 20; i++)
        {
            units.Add(await store.BeginAsync(new LoadRequest(), CancellationToken.None));
        }

        await server.FreezeAsync();
        var committing = units.Select((unit, number) => unit.CommitAsync(Letter(number), CancellationToken.None).AsTask()).ToList();
        foreach (var task in committing)
        {
            await Assert.ThrowsAsync<StoreUnavailableException>(() => task.WaitAsync(Soon));
        }

        foreach (var unit in units)
        {
            await unit.DisposeAsync().AsTask().WaitAsync(TimeSpan.FromSeconds(1));
        }

        await server.ThawAsync();
        // Nobody's transaction is left open, and no session of theirs is given to anybody else.
        await Task.WhenAll(Enumerable.Range(0, 60).Select(_ => UseAsync(store))).WaitAsync(Soon);
        await UntilAsync(async () => await server.QueryAsync(new NpgsqlConnectionStringBuilder(database).Database!, "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND xact_start IS NOT NULL AND pid <> pg_backend_pid()") == "0");
        var letters = await store.Operations.DeadLettersAsync(0, 100, CancellationToken.None);
        Assert.Equal(letters.Count, letters.Select(l => l.Reason).Distinct().Count());
    }

    [Fact]
    public async Task Keeps_no_message_that_it_gave_when_nobody_waited_for_it_any_more()
    {
        Need.That(PostgresServer.Requirement);
        await using var server = await PostgresServer.StartAsync();
        await using var broker = new PostgresBroker(new PostgresAddress(await server.NewDatabaseAsync(), Hasty), Hasty);
        await broker.StartAsync(CancellationToken.None);
        await broker.SendAsync([.. Enumerable.Range(0, 50).Select(Message)], CancellationToken.None);
        var arrived = new ConcurrentDictionary<Guid, Delivery>();
        await using var consumer = await broker.ConsumeAsync("q", Window, Arrives, CancellationToken.None);
        await UntilAsync(() => Task.FromResult(arrived.Count == Window));

        await server.FreezeAsync();
        // It has room for more, and asks for them.
        Delivery.AcknowledgeAll([.. arrived.Values]);
        await UntilAsync(() => Task.FromResult(broker.Problem is not null));
        await server.ThawAsync();
        await UntilAsync(() => Task.FromResult(arrived.Count == 50));

        void Arrives(Delivery delivery)
        {
            if (!arrived.TryAdd(delivery.Envelope!.Id, delivery) || arrived.Count > Window)
            {
                delivery.Acknowledge();
            }
        }
    }

    private static OutgoingMessage Message(int number) => new(
        new Envelope { Id = new Guid(number, 0, 0, new byte[8]), Type = "t", Kind = MessageKind.Command, Source = "s", Destination = "q", Time = DateTimeOffset.UnixEpoch }, "{}"u8.ToArray());

    private static Changes Letter(int number)
    {
        var changes = new Changes();
        changes.DeadLetters.Add(new DeadLetterRow(0, default, default, $"{number}", 1, 0));
        return changes;
    }

    private static async Task UseAsync(PostgresStore store)
    {
        await using var unit = await store.BeginAsync(new LoadRequest(), CancellationToken.None);
        await unit.CommitAsync(new Changes(), CancellationToken.None);
    }

    private static async Task UntilAsync(Func<Task<bool>> holds)
    {
        for (var watch = Stopwatch.StartNew(); !await holds();)
        {
            Assert.True(watch.Elapsed < Soon);
            await Task.Delay(TimeSpan.FromMilliseconds(50), TimeProvider.System);
        }
    }
}
