using Npgsql;
using Skald.Messaging;
using Skald.PostgreSql;
using Skald.TestServers;
using Xunit;

namespace Skald.Servers.Tests;

public sealed class A_broker_in_PostgreSql_that_something_befalls(PostgreSqlFixture fixture)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    [Fact]
    public async Task Says_what_nobody_foresaw_and_goes_on_when_it_can()
    {
        var server = await fixture.ServerAsync();
        var options = new PostgreSqlOptions();
        await using var broker = new PostgresBroker(new PostgresAddress(await server.NewDatabaseAsync(), options), options);
        await broker.StartAsync(CancellationToken.None);
        broker.BeforeWrite = static () => throw new NotSupportedException("nobody foresaw this");

        var sending = broker.SendAsync([Message], CancellationToken.None);
        await SeesAsync(() => broker.Problem?.Contains("nobody foresaw this", StringComparison.Ordinal) == true);
        Assert.False(sending.IsCompleted);

        broker.BeforeWrite = null;
        await sending.WaitAsync(Patience);
        Assert.Null(broker.Problem);
        var arrived = new TaskCompletionSource<Delivery>(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var consumer = await broker.ConsumeAsync("q", 1, d => arrived.TrySetResult(d), CancellationToken.None);
        Assert.Equal(Message.Envelope, (await arrived.Task.WaitAsync(Patience)).Envelope);
    }

    [Fact]
    public async Task Takes_what_it_took_without_learning_of_it_once_more()
    {
        var server = await fixture.ServerAsync();
        var database = await server.NewDatabaseAsync();
        await using var line = new TcpProxy(server.Port);
        var options = new PostgreSqlOptions();
        await using var broker = new PostgresBroker(new PostgresAddress(new NpgsqlConnectionStringBuilder(database) { Port = line.Port }.ToString(), options), options);
        await broker.StartAsync(CancellationToken.None);
        var arrived = new TaskCompletionSource<Delivery>(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var consumer = await broker.ConsumeAsync("q", 1, d => arrived.TrySetResult(d), CancellationToken.None);
        await using var sender = new PostgresBroker(new PostgresAddress(database, options), options);
        await sender.StartAsync(CancellationToken.None);

        line.LoseAnswer(Message.Body.ToArray());
        await sender.SendAsync([Message], CancellationToken.None);

        Assert.Equal(Message.Envelope, (await arrived.Task.WaitAsync(Patience)).Envelope);
    }

    [Fact]
    public async Task Takes_nothing_under_a_name_that_was_given_up()
    {
        var server = await fixture.ServerAsync();
        var database = await server.NewDatabaseAsync();
        var options = new PostgreSqlOptions { Lease = TimeSpan.FromSeconds(5) };
        await using var broker = new PostgresBroker(new PostgresAddress(database, options), options);
        await broker.StartAsync(CancellationToken.None);
        await broker.SendAsync([Message], CancellationToken.None);

        // As somebody does who has not heard of it for the length of a lease.
        await server.QueryAsync(NameOf(database), "DELETE FROM skald_broker.owners");
        var arrived = new TaskCompletionSource<Delivery>(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var consumer = await broker.ConsumeAsync("q", 1, d => arrived.TrySetResult(d), CancellationToken.None);

        Assert.Equal(Message.Envelope, (await arrived.Task.WaitAsync(Patience)).Envelope);
        Assert.Equal("1", await server.QueryAsync(NameOf(database), "SELECT count(*) FROM skald_broker.messages JOIN skald_broker.owners AS o ON o.id = owner"));
    }

    private static OutgoingMessage Message { get; } = new(
        new Envelope { Id = new Guid(1, 0, 0, new byte[8]), Type = "t", Kind = MessageKind.Command, Source = "s", Destination = "q", Time = DateTimeOffset.UnixEpoch }, "{\"Lost\":1}"u8.ToArray());

    private static string NameOf(string database) => new NpgsqlConnectionStringBuilder(database).Database!;

    private static Task SeesAsync(Func<bool> holds) => SeesAsync(() => Task.FromResult(holds()));

    private static async Task SeesAsync(Func<Task<bool>> holds)
    {
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(5));
        using var patience = new CancellationTokenSource(Patience);
        while (!await holds())
        {
            Assert.True(await timer.WaitForNextTickAsync(patience.Token));
        }
    }
}
