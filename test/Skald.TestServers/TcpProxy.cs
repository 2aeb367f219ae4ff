using System.Net;
using System.Net.Sockets;

namespace Skald.TestServers;

/// <summary>Stands between clients and a server, as a network does that can be cut.</summary>
public sealed class TcpProxy : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _stopping = new();
    private readonly Lock _lock = new();
    private readonly HashSet<TcpClient> _open = [];
    private readonly int _server;
    private readonly Task _accepting;
    private bool _isCut;
    private volatile byte[]? _lost;

    /// <param name="server">The server's port.</param>
    public TcpProxy(int server)
    {
        _server = server;
        _listener.Start();
        _accepting = AcceptAsync();
    }

    /// <summary>The port to connect to.</summary>
    public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    /// <summary>The next answer of the server that contains this does not arrive: every connection ends instead, and others are made. In one piece, so a few bytes.</summary>
    public void LoseAnswer(byte[] with) => _lost = with;

    /// <summary>Every connection ends, and no other is made.</summary>
    public void Cut()
    {
        lock (_lock)
        {
            _isCut = true;
            foreach (var client in _open)
            {
                client.Dispose();
            }

            _open.Clear();
        }
    }

    /// <summary>Connections are made again.</summary>
    public void Heal()
    {
        lock (_lock)
        {
            _isCut = false;
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        _listener.Dispose();
        await _accepting.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        Cut();
        _stopping.Dispose();
    }

    private async Task AcceptAsync()
    {
        while (true)
        {
            TcpClient client;
            try
            {
                client = await _listener.AcceptTcpClientAsync(_stopping.Token);
            }
            catch (SocketException) when (!_stopping.IsCancellationRequested)
            {
                // Whoever it was has gone again.
                continue;
            }

            lock (_lock)
            {
                if (_isCut)
                {
                    client.Dispose();
                    continue;
                }

                _open.Add(client);
            }

            _ = RelayAsync(client, _stopping.Token);
        }
    }

    private async Task RelayAsync(TcpClient client, CancellationToken stopping)
    {
        using (client)
        using (var server = new TcpClient())
        {
            try
            {
                await server.ConnectAsync(IPAddress.Loopback, _server, stopping);
                (client.NoDelay, server.NoDelay) = (true, true);
                await Task.WhenAny(client.GetStream().CopyToAsync(server.GetStream(), stopping), AnswerAsync(server.GetStream(), client.GetStream(), stopping));
            }
            catch (Exception exception) when (exception is SocketException or IOException or ObjectDisposedException or InvalidOperationException or OperationCanceledException)
            {
                // The server is down, or the line was cut: the client sees its connection end.
            }
        }

        lock (_lock)
        {
            _open.Remove(client);
        }
    }

    private async Task AnswerAsync(NetworkStream server, NetworkStream client, CancellationToken stopping)
    {
        var said = new byte[64 * 1024];
        while (await server.ReadAsync(said, stopping) is > 0 and var length)
        {
            if (_lost is { } lost && said.AsSpan(0, length).IndexOf(lost) >= 0)
            {
                _lost = null;
                Cut();
                Heal();
                return;
            }

            await client.WriteAsync(said.AsMemory(0, length), stopping);
        }
    }
}
