using Dapper;
using Skald;

namespace FoodOrders.Accounting;

/// <summary>An authorization as people see it.</summary>
public sealed record AuthorizationView(long Id, string Status, long CardId, decimal Amount, string ProviderKey);

/// <summary>Reads them.</summary>
internal static class AuthorizationList
{
    public static async Task<IReadOnlyList<AuthorizationView>> ReadAsync(SkaldService service, CancellationToken cancellationToken)
    {
        await using var connection = await service.OpenAsync(cancellationToken);
        var rows = await connection.QueryAsync<AuthorizationRow>(
            """
            SELECT id AS Id, status AS Status, card_id AS CardId, amount_cents AS AmountCents, provider_key AS ProviderKey
            FROM authorizations ORDER BY id DESC
            """);
        return [.. rows.Select(r => new AuthorizationView(r.Id, r.Status, r.CardId, r.AmountCents / 100m, r.ProviderKey))];
    }

    internal sealed record AuthorizationRow
    {
        public long Id { get; init; }
        public string Status { get; init; } = "";
        public long CardId { get; init; }
        public long AmountCents { get; init; }
        public string ProviderKey { get; init; } = "";
    }
}
