namespace Skald;

/// <summary>The kinds of addresses that a program knows: what it was assembled from.</summary>
/// <remarks>The order counts: the first kind with a default is used when no address is given.</remarks>
public sealed class AddressBook
{
    private readonly List<AddressScheme> _schemes = [];

    /// <summary>The kinds, in the order in which they were added.</summary>
    public IReadOnlyList<AddressScheme> Schemes => _schemes;

    /// <summary>For adapters: adds a kind.</summary>
    public AddressBook Add(AddressScheme scheme)
    {
        ArgumentNullException.ThrowIfNull(scheme);
        _schemes.Add(scheme);
        return this;
    }

    /// <summary>The kind of a store's address; null when it is of no known kind.</summary>
    public AddressScheme? Store(string address) => _schemes.FirstOrDefault(s => s.StoreForm is not null && s.Matches(address));

    /// <summary>The kind of a broker's address; null when it is of no known kind.</summary>
    public AddressScheme? Broker(string address) => _schemes.FirstOrDefault(s => s.BrokerForm is not null && s.Matches(address));
}
