using System.Net;

namespace Skald;

/// <summary>Counts those who listen.</summary>
/// <param name="options">How many may.</param>
internal sealed class ListenerLimit(LiveFeedOptions options)
{
    private readonly Lock _lock = new();
    private readonly Dictionary<IPAddress, int> _perAddress = [];
    private int _all;

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
