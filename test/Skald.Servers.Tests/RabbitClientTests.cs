using System.Net;
using System.Net.Sockets;
using RabbitMQ.Client;
using Xunit;

namespace Skald.Servers.Tests;

/// <summary>What the transport leans on, tried on the client itself: run them first when its version changes.</summary>
public sealed class The_client_for_RabbitMq(RabbitFixture rabbit, ITestOutputHelper output)
{
    private static readonly CreateChannelOptions Confirms = new(publisherConfirmationsEnabled: true, publisherConfirmationTrackingEnabled: false, outstandingPublisherConfirmationsRateLimiter: null);

    [Fact]
    public async Task Keeps_count_of_what_it_publishes_when_publishes_are_cancelled()
    {
        await using var connection = await new ConnectionFactory { Uri = new Uri((await rabbit.ServerAsync()).NewUri()) }.CreateConnectionAsync();
        await using var channel = await connection.CreateChannelAsync(Confirms);
        var confirmed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        channel.BasicAcksAsync += (_, ack) =>
        {
            if (ack.DeliveryTag == 400)
            {
                confirmed.TrySetResult();
            }

            return Task.CompletedTask;
        };

        for (var i = 0; i < 400; i++)
        {
            using var cancelled = new CancellationTokenSource();
            await cancelled.CancelAsync();
            await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await PublishAsync(channel, 1, cancelled.Token));
            await PublishAsync(channel, 1, CancellationToken.None);
        }

        await confirmed.Task.WaitAsync(TimeSpan.FromSeconds(20));
        Assert.Equal(401UL, await channel.GetNextPublishSequenceNumberAsync());
    }

    [Fact]
    public async Task Ends_a_publish_that_is_cancelled_although_nobody_reads_from_its_connection()
    {
        var server = await rabbit.ServerAsync();
        using var proxy = new DeafProxy(server.Port);
        var connection = await new ConnectionFactory { Uri = new Uri(server.Uri(new Uri(server.NewUri()).AbsolutePath[1..], proxy.Port)), AutomaticRecoveryEnabled = false }.CreateConnectionAsync();
        var channel = await connection.CreateChannelAsync(Confirms);
        await PublishAsync(channel, 1, CancellationToken.None);
        proxy.GoDeaf();

        using var cancel = new CancellationTokenSource();
        Task publishing;
        var published = 0;
        do
        {
            published++;
            publishing = PublishAsync(channel, 1024 * 1024, cancel.Token);
        }
        while (published < 1000 && await Task.WhenAny(publishing, Task.Delay(TimeSpan.FromMilliseconds(500), TimeProvider.System)) == publishing);

        Assert.False(publishing.IsCompleted);
        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => publishing.WaitAsync(TimeSpan.FromSeconds(5)));
        output.WriteLine($"stuck at number {published}");
        await Task.WhenAny(connection.AbortAsync(TimeSpan.FromMilliseconds(250)), Task.Delay(TimeSpan.FromSeconds(5), TimeProvider.System));
    }

    private static Task PublishAsync(IChannel channel, int bytes, CancellationToken cancellationToken) =>
        channel.BasicPublishAsync("", "nobody", mandatory: false, new BasicProperties(), new byte[bytes], cancellationToken).AsTask();

    /// <summary>Stands between a client and a RabbitMQ, and stops to read what the client says.</summary>
    private sealed class DeafProxy : IDisposable
    {
        private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
        private readonly CancellationTokenSource _stopping = new();
        private readonly CancellationTokenSource _deaf = new();

        public DeafProxy(int server)
        {
            _listener.Start();
            _ = RelayAsync(server);
        }

        public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

        public void GoDeaf() => _deaf.Cancel();

        public void Dispose()
        {
            _stopping.Cancel();
            _listener.Dispose();
        }

        private async Task RelayAsync(int port)
        {
            using var client = await _listener.AcceptTcpClientAsync(_stopping.Token);
            using var server = new TcpClient();
            await server.ConnectAsync(IPAddress.Loopback, port, _stopping.Token);
            var down = server.GetStream().CopyToAsync(client.GetStream(), _stopping.Token);
            await client.GetStream().CopyToAsync(server.GetStream(), _deaf.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            await down.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }
}
