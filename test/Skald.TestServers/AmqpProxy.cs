using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;

namespace Skald.TestServers;

/// <summary>A frame on its way from the server to a client.</summary>
/// <param name="Connection">Which of the proxy's connections, counting from 1.</param>
/// <param name="Number">Which of the frames on this connection, counting from 1.</param>
/// <param name="ClassId">Of a method frame; 0 otherwise.</param>
/// <param name="MethodId">Of a method frame; 0 otherwise.</param>
public readonly record struct AmqpFrame(int Connection, int Number, int ClassId, int MethodId)
{
    /// <summary>The broker confirms messages.</summary>
    public bool IsConfirm => this is { ClassId: 60, MethodId: 80 };
}

/// <summary>What the proxy does with a frame.</summary>
public enum FrameFate
{
    /// <summary>The client gets it.</summary>
    Pass,

    /// <summary>The client never hears of it.</summary>
    Swallow,

    /// <summary>The connection ends right before it.</summary>
    Cut,
}

/// <summary>Stands between clients and a RabbitMQ, and harms single frames on their way to the client. The other way everything passes.</summary>
public sealed class AmqpProxy : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _stopping = new();
    private readonly int _server;
    private readonly Task _accepting;
    private volatile Func<AmqpFrame, FrameFate> _fate = _ => FrameFate.Pass;
    private int _connections;

    /// <param name="server">The port of the RabbitMQ.</param>
    public AmqpProxy(int server)
    {
        _server = server;
        _listener.Start();
        _accepting = AcceptAsync();
    }

    /// <summary>The port to connect to.</summary>
    public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    /// <summary>How many connections there have been.</summary>
    public int Connections => Volatile.Read(ref _connections);

    /// <summary>Decides about each frame from now on.</summary>
    public void Decide(Func<AmqpFrame, FrameFate> fate) => _fate = fate;

    /// <summary>Harms nothing any more.</summary>
    public void Heal() => _fate = _ => FrameFate.Pass;

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        _listener.Dispose();
        await _accepting.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _stopping.Dispose();
    }

    private async Task AcceptAsync()
    {
        while (true)
        {
            var client = await _listener.AcceptTcpClientAsync(_stopping.Token);
            _ = RelayAsync(client, Interlocked.Increment(ref _connections), _stopping.Token);
        }
    }

    private async Task RelayAsync(TcpClient client, int connection, CancellationToken stopping)
    {
        using (client)
        using (var server = new TcpClient())
        {
            try
            {
                await server.ConnectAsync(IPAddress.Loopback, _server, stopping);
                (client.NoDelay, server.NoDelay) = (true, true);
                await Task.WhenAny(
                    client.GetStream().CopyToAsync(server.GetStream(), stopping),
                    RelayFramesAsync(server.GetStream(), client.GetStream(), connection, stopping));
            }
            catch (SocketException)
            {
                // The server is down: the client sees its connection end.
            }
        }
    }

    private async Task RelayFramesAsync(NetworkStream from, NetworkStream to, int connection, CancellationToken stopping)
    {
        var header = new byte[7];
        for (var number = 1; ; number++)
        {
            await from.ReadExactlyAsync(header, stopping);
            var frame = new byte[7 + BinaryPrimitives.ReadInt32BigEndian(header.AsSpan(3)) + 1];
            header.CopyTo(frame, 0);
            await from.ReadExactlyAsync(frame.AsMemory(7), stopping);
            var isMethod = header[0] == 1;
            switch (_fate(new AmqpFrame(
                connection, number, isMethod ? BinaryPrimitives.ReadUInt16BigEndian(frame.AsSpan(7)) : 0, isMethod ? BinaryPrimitives.ReadUInt16BigEndian(frame.AsSpan(9)) : 0)))
            {
                case FrameFate.Cut:
                    return;
                case FrameFate.Pass:
                    await to.WriteAsync(frame, stopping);
                    break;
            }
        }
    }
}
