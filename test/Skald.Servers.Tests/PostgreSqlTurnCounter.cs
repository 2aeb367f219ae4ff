using System.Net;
using System.Net.Sockets;

namespace Skald.Servers.Tests;

/// <summary>
/// Stands between client and server and counts round trips, which is how often the client speaks after the server has spoken,
/// and the transactions that the server reports as committed.
/// </summary>
internal sealed class TurnCounter : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly int _serverPort;
    private readonly Task _running;
    private int _turns;
    private int _commits;

    public TurnCounter(int serverPort)
    {
        _serverPort = serverPort;
        _listener.Start();
        _running = AcceptAsync();
    }

    public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    public int Turns => Volatile.Read(ref _turns);

    public int Commits => Volatile.Read(ref _commits);

    public async ValueTask DisposeAsync()
    {
        _listener.Dispose();
        await _running.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    private async Task AcceptAsync()
    {
        while (true)
        {
            var client = await _listener.AcceptTcpClientAsync();
            var server = new TcpClient { NoDelay = true };
            await server.ConnectAsync(IPAddress.Loopback, _serverPort);
            client.NoDelay = true;
            _ = RelayAsync(client, server);
        }
    }

    private async Task RelayAsync(TcpClient client, TcpClient server)
    {
        var clientSpokeLast = 0;
        using (client)
        using (server)
        {
            await Task.WhenAny(
                CopyAsync(client, server, _ => Interlocked.Add(ref _turns, Interlocked.Exchange(ref clientSpokeLast, 1) == 0 ? 1 : 0)),
                CopyAsync(server, client, said =>
                {
                    Interlocked.Exchange(ref clientSpokeLast, 0);
                    Interlocked.Add(ref _commits, said.Span.Count("COMMIT\0"u8));
                }));
        }
    }

    private static async Task CopyAsync(TcpClient from, TcpClient to, Action<ReadOnlyMemory<byte>> spoken)
    {
        var buffer = new byte[65536];
        while (await from.GetStream().ReadAsync(buffer) is > 0 and var count)
        {
            spoken(buffer.AsMemory(0, count));
            await to.GetStream().WriteAsync(buffer.AsMemory(0, count));
        }
    }
}
