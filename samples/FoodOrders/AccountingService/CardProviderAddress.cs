using FoodOrders.CardProvider;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Options;

namespace FoodOrders.Accounting;

/// <summary>
/// Where the card provider is: where the settings say, or in this process. Its own address is asked for at each
/// call, because the port and the path under which it is mounted are known only once the process listens.
/// </summary>
public sealed class CardProviderAddress(IOptions<CardProviderOptions> options, IServer server, LinkGenerator links)
{
    /// <summary>The address of one authorization at the provider.</summary>
    /// <exception cref="InvalidOperationException">This process does not listen yet; try again later.</exception>
    public Uri Authorization(Guid key) => options.Value.Elsewhere is { } elsewhere
        ? new Uri(elsewhere, $"authorizations/{key}")
        : new Uri(Here(), $"{links.GetPathByName(CardProviderEndpoints.ListName)}/{key}");

    private Uri Here()
    {
        var address = server.Features.Get<IServerAddressesFeature>()?.Addresses.FirstOrDefault()
            ?? throw new InvalidOperationException("The card provider in this process is not listening yet.");
        // Listening on every address includes this one.
        return new Uri(address.Replace("://+", "://127.0.0.1", StringComparison.Ordinal).Replace("://*", "://127.0.0.1", StringComparison.Ordinal)
            .Replace("://0.0.0.0", "://127.0.0.1", StringComparison.Ordinal).Replace("://[::]", "://127.0.0.1", StringComparison.Ordinal));
    }
}
