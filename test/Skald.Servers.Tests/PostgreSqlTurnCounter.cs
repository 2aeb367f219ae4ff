using System.Net;
using System.Net.Sockets;

namespace Skald.Servers.Tests;

/// <summary>Stands between client and server and counts round trips: how often the client speaks after the server has spoken.</summary>
internal sealed class TurnCounter : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly int _serverPort;
    private readonly Task _running;
    private int _turns;

    public TurnCounter(int serverPort)
    {
        _serverPort = serverPort;
        _listener.Start();
        _running = AcceptAsync();
    }

    public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    public int Turns => Volatile.Read(ref _turns);

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
                CopyAsync(client, server, () => Interlocked.Add(ref _turns, Interlocked.Exchange(ref clientSpokeLast, 1) == 0 ? 1 : 0)),
                CopyAsync(server, client, () => Interlocked.Exchange(ref clientSpokeLast, 0)));
        }
    }

    private static async Task CopyAsync(TcpClient from, TcpClient to, Action spoken)
    {
        var buffer = new byte[65536];
        while (await from.GetStream().ReadAsync(buffer) is > 0 and var count)
        {
            spoken();
            await to.GetStream().WriteAsync(buffer.AsMemory(0, count));
        }
    }
}
