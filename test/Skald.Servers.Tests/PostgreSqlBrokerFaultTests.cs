using Skald.Messaging;
using Skald.PostgreSql;
using Xunit;

namespace Skald.Servers.Tests;

public sealed class A_broker_in_PostgreSql_whose_writing_fails_in_a_way_nobody_foresaw(PostgreSqlFixture fixture)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    [Fact]
    public async Task Says_so_and_goes_on_when_it_can()
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

    private static OutgoingMessage Message { get; } = new(
        new Envelope { Id = new Guid(1, 0, 0, new byte[8]), Type = "t", Kind = MessageKind.Command, Source = "s", Destination = "q", Time = DateTimeOffset.UnixEpoch }, "{}"u8.ToArray());

    private static async Task SeesAsync(Func<bool> holds)
    {
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(5));
        using var patience = new CancellationTokenSource(Patience);
        while (!holds())
        {
            Assert.True(await timer.WaitForNextTickAsync(patience.Token));
        }
    }
}
