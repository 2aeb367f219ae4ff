using System.Globalization;
using Dapper;
using Skald;

namespace Storefront.Janitor;

/// <summary>What the janitor did, kept for good.</summary>
internal static class Cancellations
{
    public const string Schema = """
        CREATE TABLE IF NOT EXISTS cancellations (
            uuid TEXT PRIMARY KEY, reason TEXT NOT NULL, status TEXT NOT NULL, released_quantity BIGINT NOT NULL, began TEXT NOT NULL, ended TEXT)
        """;

    public static Task BeginAsync(OrderMessage failure, string reason, StepContext context) => context.Connection.ExecuteAsync(
        "INSERT INTO cancellations (uuid, reason, status, released_quantity, began) VALUES (@uuid, @reason, 'running', 0, @began)",
        new { uuid = failure.Uuid.ToString(), reason, began = Time(context) }, context.Transaction);

    public static Task FinishAsync(Cancellation cancellation, StepContext context) => context.Connection.ExecuteAsync(
        "UPDATE cancellations SET status = 'done', released_quantity = @ReleasedQuantity, ended = @ended WHERE uuid = @uuid",
        new { uuid = cancellation.Order.Uuid.ToString(), cancellation.ReleasedQuantity, ended = Time(context) }, context.Transaction);

    public static async Task<IReadOnlyList<CancellationView>> AllAsync(SkaldService service, int limit, CancellationToken cancellationToken)
    {
        await using var connection = await service.OpenAsync(cancellationToken);
        return (await connection.QueryAsync<CancellationView>(
            """
            SELECT uuid AS Uuid, reason AS Reason, status AS Status, released_quantity AS ReleasedQuantity, began AS Began, ended AS Ended
            FROM cancellations ORDER BY began DESC, uuid LIMIT @limit
            """,
            new { limit })).AsList();
    }

    private static string Time(StepContext context) => context.Now.UtcDateTime.ToString("O", CultureInfo.InvariantCulture);
}

/// <summary>A cancellation as people see it: <c>running</c> or <c>done</c>.</summary>
public sealed record CancellationView(string Uuid, string Reason, string Status, long ReleasedQuantity, string Began, string? Ended);
