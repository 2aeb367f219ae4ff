using Skald.Management;

namespace Skald.Dashboard.Words;

/// <summary>A part of a query that has a button of its own.</summary>
/// <param name="Text">The term as it is typed.</param>
/// <param name="Without">The query without it.</param>
internal readonly record struct QueryChip(string Text, string Without)
{
    /// <summary>A query's parts; the word that has no name is none of them: it stays in the box.</summary>
    public static IReadOnlyList<QueryChip> Of(SagaQueryText query) =>
    [
        .. StatusChips(query),
        .. query.Definitions.Select(d => Chip(new() { Definitions = [d] }, query with { Definitions = [.. query.Definitions.Where(x => x != d)] })),
        .. query.Services.Select(s => Chip(new() { Services = [s] }, query with { Services = [.. query.Services.Where(x => x != s)] })),
        .. query.Step is { } step ? [Chip(new() { Step = step }, query with { Step = null })] : Array.Empty<QueryChip>(),
        .. query.Error is { } error ? [Chip(new() { Error = error }, query with { Error = null })] : Array.Empty<QueryChip>(),
        .. query.OlderThan is { } older ? [Chip(new() { OlderThan = older }, query with { OlderThan = null })] : Array.Empty<QueryChip>(),
        .. query.YoungerThan is { } younger ? [Chip(new() { YoungerThan = younger }, query with { YoungerThan = null })] : Array.Empty<QueryChip>(),
        .. query.Key is { } key ? [Chip(new() { Key = key }, query with { Key = null })] : Array.Empty<QueryChip>(),
    ];

    // "open" is one chip, though it stands for three statuses.
    private static IEnumerable<QueryChip> StatusChips(SagaQueryText query) =>
        new SagaQueryText { Statuses = query.Statuses }.ToString()
            .Split(' ', StringSplitOptions.RemoveEmptyEntries)
            .Select(term => Chip(SagaQueryText.Parse(term), query with { Statuses = [.. query.Statuses.Except(SagaQueryText.Parse(term).Statuses)] }));

    private static QueryChip Chip(SagaQueryText part, SagaQueryText rest) => new(part.ToString(), rest.ToString());
}
