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
    public async Task Ends_a_publish_that_is_cancelled_although_nobody_reads_from_its_connection_and_keeps_count()
    {
        var server = await rabbit.ServerAsync();
        using var proxy = new DeafProxy(server.Port);
        var connection = await new ConnectionFactory { Uri = new Uri(server.Uri(new Uri(server.NewUri()).AbsolutePath[1..], proxy.Port)), AutomaticRecoveryEnabled = false }.CreateConnectionAsync();
        var channel = await connection.CreateChannelAsync(Confirms);
        proxy.GoDeaf();
        using var cancel = new CancellationTokenSource();
        var (publishing, published) = (Task.CompletedTask, 0UL);
        while (publishing.IsCompletedSuccessfully && published < 1000)
        {
            published++;
            publishing = PublishAsync(channel, 1024 * 1024, cancel.Token);
            await Task.WhenAny(publishing, Task.Delay(TimeSpan.FromMilliseconds(500), TimeProvider.System));
        }

        Assert.False(publishing.IsCompleted);
        output.WriteLine($"stuck at number {published}");

        // One that is cancelled while it waits for its turn must not open the door that the stuck one holds.
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => PublishAsync(channel, 1, new CancellationToken(canceled: true)));
        using var patience = new CancellationTokenSource(TimeSpan.FromMilliseconds(300));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await channel.GetNextPublishSequenceNumberAsync(patience.Token));

        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => publishing.WaitAsync(TimeSpan.FromSeconds(5)));
        Assert.Equal(published, await channel.GetNextPublishSequenceNumberAsync());
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
