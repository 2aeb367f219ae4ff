using System.Globalization;
using Skald;

namespace Storefront.Janitor;

/// <summary>What the janitor did, as its sagas know it.</summary>
internal static class Cancellations
{
    private static readonly string Definition = new CancelOrderSaga().Name;

    public static async Task<IReadOnlyList<CancellationView>> AllAsync(SkaldService service, int limit, CancellationToken cancellationToken) =>
        [.. (await service.Operations.SagasAsync(new SagaQuery { Definition = Definition, Limit = limit }, cancellationToken)).Sagas
            .Select(s => new CancellationView(s.Key ?? "", s.Summary, s.Status.Word(), Text(s.StartedAt), s.EndedAt is { } ended ? Text(ended) : null))];

    private static string Text(DateTimeOffset time) => time.UtcDateTime.ToString("O", CultureInfo.InvariantCulture);
}

/// <summary>A cancellation as people see it.</summary>
public sealed record CancellationView(string Uuid, string? Summary, string Status, string Began, string? Ended);
