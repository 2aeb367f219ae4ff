using System.Net;

namespace Travel.Payments;

public sealed record ProviderAnswer(string Status, string? Receipt = null);

/// <summary>The bank, over HTTP. It knows a key again, and charges nothing for one that was refunded.</summary>
public sealed class PaymentProvider(HttpClient http)
{
    public async Task<ProviderAnswer> ChargeAsync(Guid key, string trip, int amount, CancellationToken cancellationToken)
    {
        using var response = await http.PutAsJsonAsync($"payments/{key}", new { trip, amount }, cancellationToken);
        if (response.StatusCode == HttpStatusCode.PaymentRequired)
        {
            return new ProviderAnswer("declined");
        }

        response.EnsureSuccessStatusCode(); // What is broken is thrown, and tried again under the same key.
        return await response.Content.ReadFromJsonAsync<ProviderAnswer>(cancellationToken) ?? throw new HttpRequestException("The bank said nothing.");
    }

    public async Task<ProviderAnswer> RefundAsync(Guid key, CancellationToken cancellationToken)
    {
        using var response = await http.DeleteAsync($"payments/{key}", cancellationToken);
        response.EnsureSuccessStatusCode();
        return new ProviderAnswer("refunded");
    }
}
