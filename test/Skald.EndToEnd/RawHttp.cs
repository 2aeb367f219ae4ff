using System.Net.Sockets;
using System.Text;

namespace Skald.EndToEnd;

/// <summary>An answer's head.</summary>
/// <param name="Status">The status; 0 when the connection was closed without an answer.</param>
/// <param name="Headers">Its headers, by their names in small letters.</param>
internal sealed record RawAnswer(int Status, IReadOnlyDictionary<string, string> Headers);

/// <summary>Sends requests as they are given: no client would send all of these.</summary>
internal static class RawHttp
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    /// <summary>Sends one request on a connection of its own and reads the answer's head.</summary>
    public static async Task<RawAnswer> SendAsync(Uri server, string method, string target, IEnumerable<string> headers, byte[]? body = null)
    {
        using var patience = new CancellationTokenSource(Patience);
        using var client = new TcpClient();
        await client.ConnectAsync(server.Host, server.Port, patience.Token);
        var stream = client.GetStream();
        List<string> lines = [$"{method} {target} HTTP/1.1", .. headers, "Connection: close", .. body is null ? Array.Empty<string>() : [$"Content-Length: {body.Length}"], "", ""];
        await stream.WriteAsync(Encoding.Latin1.GetBytes(string.Join("\r\n", lines)), patience.Token);
        try
        {
            await stream.WriteAsync(body ?? [], patience.Token);
        }
        catch (IOException)
        {
            // It has answered before it had all of it.
        }

        return await ReadAsync(stream, patience.Token);
    }

    private static async Task<RawAnswer> ReadAsync(NetworkStream stream, CancellationToken cancellationToken)
    {
        var head = new StringBuilder();
        var one = new byte[1];
        try
        {
            while (!head.ToString().EndsWith("\r\n\r\n", StringComparison.Ordinal) && await stream.ReadAsync(one, cancellationToken) > 0)
            {
                head.Append((char)one[0]);
            }
        }
        catch (IOException)
        {
            // Closed with what it had not read.
        }

        var lines = head.ToString().Split("\r\n", StringSplitOptions.RemoveEmptyEntries);
        return lines is [var status, .. var rest]
            ? new RawAnswer(int.Parse(status.Split(' ')[1], System.Globalization.CultureInfo.InvariantCulture), rest.Select(l => l.Split(": ", 2)).ToDictionary(h => h[0].ToLowerInvariant(), h => h[1]))
            : new RawAnswer(0, new Dictionary<string, string>());
    }
}
