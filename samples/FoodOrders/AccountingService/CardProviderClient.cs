using System.Net.Http.Json;

namespace FoodOrders.Accounting;

/// <summary>What the provider said of an authorization.</summary>
/// <param name="Status"><c>authorized</c>, <c>declined</c> or <c>reversed</c>.</param>
public sealed record ProviderAnswer(string Status);

/// <summary>What the provider is asked to set aside.</summary>
internal sealed record Charge(long CardId, decimal Amount);

/// <summary>Calls the provider. Anything but a clear answer is an exception: the engine calls again with the same key.</summary>
public sealed class CardProviderClient(CardProviderAddress address) : IDisposable
{
    // A provider that moves is found again.
    private readonly HttpClient _http = new(new SocketsHttpHandler { PooledConnectionLifetime = TimeSpan.FromMinutes(2) });

    /// <summary>Sets money aside; the same key twice sets it aside once.</summary>
    public Task<ProviderAnswer> AuthorizeAsync(Guid key, long cardId, decimal amount, CancellationToken cancellationToken) =>
        PostAsync(address.Authorization(key), JsonContent.Create(new Charge(cardId, amount), AccountingJson.Default.Charge), cancellationToken);

    /// <summary>Gives it back; for an unknown key it makes sure that no money is ever set aside under it.</summary>
    public Task<ProviderAnswer> ReverseAsync(Guid key, CancellationToken cancellationToken) =>
        PostAsync(new Uri(address.Authorization(key) + "/reverse"), body: null, cancellationToken);

    /// <inheritdoc/>
    public void Dispose() => _http.Dispose();

    private async Task<ProviderAnswer> PostAsync(Uri uri, HttpContent? body, CancellationToken cancellationToken)
    {
        using var response = await _http.PostAsync(uri, body, cancellationToken);
        response.EnsureSuccessStatusCode();
        return await response.Content.ReadFromJsonAsync(AccountingJson.Default.ProviderAnswer, cancellationToken)
            ?? throw new HttpRequestException($"The card provider's answer to {uri} was empty.");
    }
}
