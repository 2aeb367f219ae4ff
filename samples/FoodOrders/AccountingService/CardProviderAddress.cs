using FoodOrders.CardProvider;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Routing;

namespace FoodOrders.Accounting;

/// <summary>
/// Where the card provider is: at <c>FOOD_ORDERS_CARD_PROVIDER</c>, or in this process. Its own address is asked for at each
/// call, because the port and the path under which it is mounted are known only once the process listens.
/// </summary>
public sealed class CardProviderAddress(IServer server, LinkGenerator links)
{
    private const string Variable = "FOOD_ORDERS_CARD_PROVIDER";

    /// <summary>The provider's address when it is elsewhere; null when it is hosted here.</summary>
    /// <exception cref="ArgumentException">It is no address that can be called.</exception>
    public static Uri? Configured => Read(Environment.GetEnvironmentVariable(Variable));

    /// <summary>The address of one authorization at the provider.</summary>
    /// <exception cref="InvalidOperationException">This process does not listen yet; try again later.</exception>
    public Uri Authorization(Guid key) => Configured is { } elsewhere
        ? new Uri(elsewhere, $"authorizations/{key}")
        : new Uri(Here(), $"{links.GetPathByName(CardProviderEndpoints.ListName)}/{key}");

    /// <summary>Reads an address; null when there is none.</summary>
    /// <exception cref="ArgumentException">It is no address that can be called.</exception>
    public static Uri? Read(string? text) => string.IsNullOrEmpty(text) ? null
        : Uri.TryCreate(text.TrimEnd('/') + "/", UriKind.Absolute, out var address) && address.Scheme is "http" or "https" ? address
        : throw new ArgumentException($"{Variable} is '{text}'; it must be an address such as http://127.0.0.1:5090.");

    private Uri Here()
    {
        var address = server.Features.Get<IServerAddressesFeature>()?.Addresses.FirstOrDefault()
            ?? throw new InvalidOperationException("The card provider in this process is not listening yet.");
        // Listening on every address includes this one.
        return new Uri(address.Replace("://+", "://127.0.0.1", StringComparison.Ordinal).Replace("://*", "://127.0.0.1", StringComparison.Ordinal)
            .Replace("://0.0.0.0", "://127.0.0.1", StringComparison.Ordinal).Replace("://[::]", "://127.0.0.1", StringComparison.Ordinal));
    }
}
