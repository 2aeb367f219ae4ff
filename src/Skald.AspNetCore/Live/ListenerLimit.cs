using System.Net;
using System.Net.Sockets;

namespace Skald;

/// <summary>Counts those who listen.</summary>
/// <param name="options">How many may.</param>
internal sealed class ListenerLimit(LiveFeedOptions options)
{
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
