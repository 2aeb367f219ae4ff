using System.Globalization;
using Dapper;
using Skald;

namespace Storefront.Payments;

/// <summary>The invoices. Nothing is deleted but by <see cref="ResetAsync"/>.</summary>
internal static class Invoices
{
    public const string Schema = """
        CREATE TABLE IF NOT EXISTS payments (
            uuid TEXT PRIMARY KEY, item TEXT NOT NULL, quantity BIGINT NOT NULL, user_name TEXT NOT NULL,
            price_cents BIGINT NOT NULL, total_cents BIGINT NOT NULL, created TEXT NOT NULL)
        """;

    public static async Task<bool> ExistsAsync(Guid uuid, StepContext context) => await context.Connection.ExecuteScalarAsync<long>(
        "SELECT count(*) FROM payments WHERE uuid = @uuid", new { uuid = uuid.ToString() }, context.Transaction) > 0;

    public static Task CreateAsync(OrderMessage order, decimal price, decimal total, StepContext context) => context.Connection.ExecuteAsync(
        """
        INSERT INTO payments (uuid, item, quantity, user_name, price_cents, total_cents, created)
        VALUES (@uuid, @Item, @Quantity, @User, @price, @total, @created)
        """,
        new
        {
            uuid = order.Uuid.ToString(), order.Item, order.Quantity, order.User, price = Cents.From(price), total = Cents.From(total),
            created = context.Now.UtcDateTime.ToString("O", CultureInfo.InvariantCulture),
        },
        context.Transaction);

    public static async Task<IReadOnlyList<Invoice>> AllAsync(SkaldService service, int limit, CancellationToken cancellationToken)
    {
        await using var connection = await service.OpenAsync(cancellationToken);
        var rows = await connection.QueryAsync<InvoiceRow>(
            """
            SELECT uuid AS Uuid, item AS Item, quantity AS Quantity, user_name AS User, price_cents AS PriceCents, total_cents AS TotalCents, created AS Created
            FROM payments ORDER BY created DESC, uuid LIMIT @limit
            """,
            new { limit });
        return [.. rows.Select(r => new Invoice(r.Uuid, r.Item, r.Quantity, r.User, Cents.ToAmount(r.PriceCents), Cents.ToAmount(r.TotalCents), r.Created))];
    }

    /// <summary>Deletes everything. Says what it did, a line each.</summary>
    public static async Task<IReadOnlyList<string>> ResetAsync(StepContext context)
    {
        List<string> payments = [.. await context.Connection.QueryAsync<string>("DELETE FROM payments RETURNING uuid", transaction: context.Transaction)];
        return [.. DeletionLines.Of("payment", payments)];
    }

    internal sealed record InvoiceRow(string Uuid, string Item, long Quantity, string User, long PriceCents, long TotalCents, string Created);
}

/// <summary>An invoice as people see it.</summary>
public sealed record Invoice(string Uuid, string Item, long Quantity, string User, decimal PricePerUnit, decimal TotalInvoice, string Created);
