namespace Skald.Management;

/// <summary>
/// Finds the sagas of one service that a query means, newest first. What an index has is left to the database; what none has is looked for in a bounded number of
/// rows, and the answer says how far that went.
/// </summary>
/// <param name="service">The service.</param>
/// <param name="query">The query.</param>
/// <param name="now">The time from which ages are counted.</param>
internal sealed class SagaSearch(SkaldService service, SagaQueryText query, DateTimeOffset now)
{
    private const int MostLookedAt = 2000;

    /// <summary>Whether this service's sagas can be meant at all.</summary>
    public bool CanMatch => service.Plans.Count > 0 && (query.Services.Count == 0 || query.Services.Contains(service.Name)) && !(query.OlderThan is { } older && query.YoungerThan is { } younger && older >= younger);

    /// <returns>The sagas, and how far was looked: null for to the end.</returns>
    /// <exception cref="ArgumentException">The cursor is none.</exception>
    public async Task<(IReadOnlyList<SagaSummary> Sagas, string? Next)> PageAsync(string? cursor, int limit, CancellationToken cancellationToken)
    {
        if (!CanMatch)
        {
            return ([], null);
        }

        if (query.Word is { } word && SagaId.TryParse(word, out var id))
        {
            return await service.Operations.FindSagaAsync(id, cancellationToken) is { } found && cursor is null && Means(found.Summary) ? ([found.Summary], null) : ([], null);
        }

        var (sagas, lookedAt) = (new List<SagaSummary>(), 0);
        while (true)
        {
            var page = await PartAsync(cursor, limit, cancellationToken);
            sagas.AddRange(page.Sagas.Where(Means));
            (cursor, lookedAt) = (page.Next, lookedAt + page.Sagas.Count);
            if (cursor is null || sagas.Count >= limit || lookedAt >= MostLookedAt)
            {
                // A page of the database has as many as were asked for: what is left over of the last one comes again.
                return sagas.Count <= limit ? (sagas, cursor) : (sagas[..limit], SagaCursor.Of(sagas[limit - 1]));
            }
        }
    }

    public async Task<IReadOnlyDictionary<SagaStatus, CappedCount>> CountAsync(CancellationToken cancellationToken)
    {
        var counts = new Dictionary<SagaStatus, CappedCount>();
        foreach (var status in CanMatch ? Statuses : [])
        {
            var count = await CountAsync(status, cancellationToken);
            if (count.Value > 0)
            {
                counts[status] = count;
            }
        }

        return counts;
    }

    private IReadOnlyList<SagaStatus> Statuses => query.Statuses.Count == 0 ? Enum.GetValues<SagaStatus>() : query.Statuses;

    private bool IsOfRows => query.Step is not null || (query.Word is { } word && SagaId.TryParse(word, out _));

    private async Task<CappedCount> CountAsync(SagaStatus status, CancellationToken cancellationToken)
    {
        if (IsOfRows)
        {
            // No index counts it: as many as a search would look at are.
            var (found, next) = await new SagaSearch(service, query with { Statuses = [status] }, now).PageAsync(null, ManagementLimits.LargestPage, cancellationToken);
            return new CappedCount(found.Count, next is not null);
        }

        var (sum, isCapped) = (0L, false);
        foreach (var part in Parts([status]))
        {
            var count = await service.Operations.CountSagasAsync(part, ManagementLimits.LargestCount, cancellationToken);
            (sum, isCapped) = (sum + count.Value, isCapped || count.IsCapped);
        }

        return sum > ManagementLimits.LargestCount ? new CappedCount(ManagementLimits.LargestCount, true) : new CappedCount(sum, isCapped);
    }

    /// <summary>The newest of what the database is asked for, each definition by its own index.</summary>
    private async Task<(IReadOnlyList<SagaSummary> Sagas, string? Next)> PartAsync(string? cursor, int limit, CancellationToken cancellationToken)
    {
        var pages = new List<SagaPage>();
        foreach (var part in Parts(query.Statuses))
        {
            pages.Add(await service.Operations.SagasAsync(part with { Cursor = cursor, Limit = limit }, cancellationToken));
        }

        return NewestFirst.Merge(pages.Select(page => (page.Sagas, page.Next)), SagaCursor.PositionOf, limit);
    }

    private IEnumerable<SagaQuery> Parts(IReadOnlyList<SagaStatus> statuses) =>
        from definition in query.Definitions.Count == 0 ? [null] : query.Definitions.Select(name => (string?)name)
        select new SagaQuery
        {
            Statuses = statuses.Count == 0 ? null : [.. statuses],
            FailureType = query.Error,
            Definition = definition,
            Key = query.Key ?? query.Word,
            StartedBefore = query.OlderThan is { } older ? now - older : null,
            StartedFrom = query.YoungerThan is { } younger ? now - younger : null,
        };

    private bool Means(SagaSummary saga) =>
        (query.Statuses.Count == 0 || query.Statuses.Contains(saga.Status))
        && (query.Definitions.Count == 0 || query.Definitions.Contains(saga.Definition))
        && (query.Step is not { } step || saga.Step == step || saga.FailedStep == step)
        && (query.Error is not { } error || saga.Failure?.Type == error)
        && (query.Key is not { } key || saga.Key == key)
        && (query.OlderThan is not { } older || saga.StartedAt < now - older)
        && (query.YoungerThan is not { } younger || saga.StartedAt >= now - younger)
        && (query.Word is not { } word || saga.Key == word || saga.Id.ToString() == word);
}

/// <summary>Where a page of sagas ends. The same for every service: what comes after it is asked of each.</summary>
internal static class SagaCursor
{
    public static (long At, Guid Id) PositionOf(SagaSummary saga) => (saga.StartedAt.ToUnixTimeMilliseconds(), saga.Id.Value);

    public static string Of(SagaSummary saga) => NewestFirst.Write(PositionOf(saga));
}
