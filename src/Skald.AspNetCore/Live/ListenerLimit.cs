using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Http.Timeouts;

namespace Skald;

/// <summary>Counts those who listen.</summary>
/// <param name="options">How many may.</param>
internal sealed class ListenerLimit(LiveFeedOptions options)
{
    private const string ComeBackAfter = "5";

    private readonly Lock _lock = new();
    private readonly Dictionary<IPAddress, int> _perAddress = [];
    private int _all;

    /// <summary>Who counts as one: an IPv4 address, or the /64 that a network of IPv6 is given.</summary>
    public static IPAddress GroupOf(IPAddress? address)
    {
        if (address is null || address.IsIPv4MappedToIPv6 || address.AddressFamily != AddressFamily.InterNetworkV6)
        {
            return address is { IsIPv4MappedToIPv6: true } mapped ? mapped.MapToIPv4() : address ?? IPAddress.None;
        }

        var bytes = address.GetAddressBytes();
        bytes.AsSpan(8).Clear();
        return new IPAddress(bytes);
    }

    /// <summary>Lets a request listen, which has no deadline from now on; 503 when there are too many.</summary>
    public async Task AdmitAsync(HttpContext http, Func<Task> listen)
    {
        http.Features.Get<IHttpRequestTimeoutFeature>()?.DisableTimeout();
        var address = GroupOf(http.Connection.RemoteIpAddress);
        if (!TryEnter(address))
        {
            http.Response.Headers.RetryAfter = ComeBackAfter;
            if (HttpProtocol.IsHttp11(http.Request.Protocol))
            {
                // A crowd that is turned away keeps no connections.
                http.Response.Headers.Connection = "close";
            }

            await Problems.TooManyListeners().ExecuteAsync(http);
            return;
        }

        try
        {
            await listen();
        }
        catch (OperationCanceledException)
        {
            // It has left, or is cut off.
        }
        finally
        {
            Leave(address);
        }
    }

    /// <returns>Whether there is room; then <see cref="Leave"/> must follow.</returns>
    public bool TryEnter(IPAddress address)
    {
        lock (_lock)
        {
            var known = _perAddress.GetValueOrDefault(address);
            if (_all >= options.Listeners || known >= options.ListenersPerAddress)
            {
                return false;
            }

            (_all, _perAddress[address]) = (_all + 1, known + 1);
            return true;
        }
    }

    public void Leave(IPAddress address)
    {
        lock (_lock)
        {
            _all--;
            if (--_perAddress[address] == 0)
            {
                _perAddress.Remove(address);
            }
        }
    }
}
