using Skald.Messaging;
using Skald.PostgreSql;
using Skald.Storage;
using Skald.Testing;
using Xunit;

namespace Skald.Servers.Tests;

public sealed class Publishing_in_PostgreSql(PostgreSqlFixture fixture)
{
    [Fact]
    public async Task With_a_stores_commit_misses_no_subscription_that_another_process_made()
    {
        var server = await fixture.ServerAsync();
        var database = await server.NewDatabaseAsync();
        await using var broker = Broker(database);
        await using var other = Broker(database);
        await using var store = Store(database);
        await StartAsync(store, broker);
        await other.StartAsync(CancellationToken.None);
        var got = new Arrivals();
        await other.SubscribeAsync("t", "a", CancellationToken.None);
        await CommitAsync(store, Published(1));

        await other.SubscribeAsync("t", "b", CancellationToken.None);
        await Assert.ThrowsAsync<SagaConcurrencyException>(() => CommitAsync(store, Published(2)));
        await CommitAsync(store, Published(2));
        await using var b = await other.ConsumeAsync("b", 10, got.Add, CancellationToken.None);
        var copy = await got.NextAsync();
        Assert.Equal(Published(2).Envelope, copy.Envelope);

        // The commit that was refused has left nothing behind.
        await using var a = await broker.ConsumeAsync("a", 10, got.Add, CancellationToken.None);
        await CommitAsync(store, Published(3));
        Assert.Equal([1, 2, 3, 3], await got.NumbersAsync(4));
    }

    [Fact]
    public async Task Costs_no_round_trip_more_than_sending()
    {
        var server = await fixture.ServerAsync();
        await using var proxy = new TurnCounter(server.Port);
        await server.NewDatabaseAsync();
        var database = server.ConnectionString(port: proxy.Port);
        await using var broker = Broker(database);
        await using var store = Store(database);
        await StartAsync(store, broker);
        await broker.SubscribeAsync("t", "a", CancellationToken.None);
        await broker.SubscribeAsync("t", "b", CancellationToken.None);
        var (carried, alone) = (new List<int>(), new List<int>());
        for (var i = 1; i <= 20; i++)
        {
            var before = proxy.Turns;
            await CommitAsync(store, Published(i));
            carried.Add(proxy.Turns - before);
            before = proxy.Turns;
            await broker.SendAsync([Published(100 + i)], CancellationToken.None);
            alone.Add(proxy.Turns - before);
        }

        // The first ones open connections and have their statements prepared; heartbeats may speak once or twice meanwhile.
        Assert.True(carried.Skip(5).Count(t => t == 1) >= 12, $"with a commit: {string.Join(", ", carried)}");
        Assert.True(alone.Skip(5).Count(t => t == 1) >= 12, $"alone: {string.Join(", ", alone)}");
    }

    private static async Task StartAsync(PostgresStore store, PostgresBroker broker)
    {
        await store.StartAsync("food-orders.order", [], CancellationToken.None);
        await broker.StartAsync(CancellationToken.None);
        Assert.True(store.Carries(broker));
    }

    private static async Task CommitAsync(PostgresStore store, OutgoingMessage message)
    {
        await using var unit = await store.BeginAsync(new LoadRequest(), CancellationToken.None);
        var changes = new Changes();
        changes.Sending.Add(message);
        await unit.CommitAsync(changes, CancellationToken.None);
    }

    private static PostgresBroker Broker(string database) => new(new PostgresAddress(database, new PostgreSqlOptions()), new PostgreSqlOptions());

    private static PostgresStore Store(string database) => new("food-orders.order", database, new PostgreSqlOptions(), TimeProvider.System);

    private static OutgoingMessage Published(int number) => new(
        new Envelope
        {
            Id = new Guid(number, 0, 0, new byte[8]), Type = "t", Kind = MessageKind.Event, Source = "food-orders.order", Destination = "t", Published = true,
            Time = new DateTimeOffset(2030, 1, 1, 0, 0, 0, TimeSpan.Zero),
        },
        "{}"u8.ToArray());

    private sealed class Arrivals
    {
        private readonly System.Threading.Channels.Channel<Delivery> _came = System.Threading.Channels.Channel.CreateUnbounded<Delivery>();

        public void Add(Delivery delivery) => _came.Writer.TryWrite(delivery);

        public Task<Delivery> NextAsync() => _came.Reader.ReadAsync().AsTask().WaitAsync(TimeSpan.FromSeconds(20));

        public async Task<List<int>> NumbersAsync(int count)
        {
            var numbers = new List<int>();
            while (numbers.Count < count)
            {
                numbers.Add(BitConverter.ToInt32((await NextAsync()).Envelope!.Id.ToByteArray()));
            }

            return [.. numbers.Order()];
        }
    }
}
