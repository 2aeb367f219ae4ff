using Skald.Storage;

namespace Skald.Sqlite;

/// <summary>Rows of one definition and status, or of one kind of failure among them: an index has them in the order of lists.</summary>
/// <param name="Definition">The definition.</param>
/// <param name="Status">The status.</param>
/// <param name="Failure">What went wrong; null when that does not matter.</param>
/// <param name="Step">The step that failed, if any did.</param>
/// <param name="Type">The failure's type, if it has one.</param>
internal sealed record Stretch(string Definition, long Status, string? Failure = null, string? Step = null, string? Type = null)
{
    /// <summary>For a statement of one kind of failure.</summary>
    public Statement Bind(Statement statement) => statement.Bind(Definition).Bind(Status).Bind(Failure);

    /// <summary>For a statement that lists or counts.</summary>
    public Statement Bind(Statement statement, InstanceFilter filter, PagePosition? after, long limit)
    {
        var (before, id) = Stretches.Before(filter, after);
        statement.Bind(Definition).Bind(filter.StartedFrom ?? long.MinValue).Bind(before).Bind(id).Bind(Status).Bind(limit);
        if (filter.UpdatedBefore is not null || Failure is not null)
        {
            statement.Bind(filter.UpdatedBefore ?? long.MaxValue);
        }

        return Failure is null ? statement : statement.Bind(Failure);
    }
}

/// <summary>Finds the stretches that have rows, by jumping through an index from one to the next. There are few, however many rows.</summary>
internal static class Stretches
{
    public static IReadOnlyList<Stretch> Of(StoreSql sql, string table, InstanceFilter filter)
    {
        if (filter.IsOfFailures)
        {
            return [.. OfFailures(sql, filter)];
        }

        if (filter is { Definition: { } definition, Statuses: { } wanted })
        {
            return [.. wanted.Distinct().Order().Select(status => new Stretch(definition, status))];
        }

        List<string> definitions = filter.Definition is { } only ? [only] : Definitions(sql, table);
        return [.. definitions.SelectMany(d => Statuses(sql, table, d).Where(s => filter.Statuses is null || filter.Statuses.Contains((int)s)).Select(s => new Stretch(d, s)))];
    }

    /// <summary>Those that a filter means of what went wrong.</summary>
    public static IEnumerable<Stretch> OfFailures(StoreSql sql, InstanceFilter filter) =>
        from stretch in Of(sql, "skald_sagas", filter with { FailedStep = null, FailureType = null })
        from kind in Jump((Failure: "", Step: (string?)null, Type: (string?)null), last => StoreRows.Failures(sql.NextFailure.Bind(stretch.Definition).Bind(stretch.Status).Bind(last.Failure)).Select(f => ((string, string?, string?)?)f).FirstOrDefault())
        where (filter.FailedStep is null || filter.FailedStep == kind.Step) && (filter.FailureType is null || filter.FailureType == kind.Type)
        select stretch with { Failure = kind.Failure, Step = kind.Step, Type = kind.Type };

    public static List<string> Definitions(StoreSql sql, string table) => [.. Jump("", last => StoreRows.Texts(sql.NextDefinition(table).Bind(last)).FirstOrDefault())];

    private static IEnumerable<long> Statuses(StoreSql sql, string table, string definition) =>
        Jump(long.MinValue, last => StoreRows.Numbers(sql.NextStatus(table).Bind(definition).Bind(last)).Select(s => (long?)s).FirstOrDefault());

    public static Statement OfKey(Statement statement, InstanceFilter filter, PagePosition? after, long limit)
    {
        var (before, id) = Before(filter, after);
        return statement.Bind(filter.Key).Bind(filter.StartedFrom ?? long.MinValue).Bind(before).Bind(id).Bind(filter.Definition)
            .Bind(filter.Statuses is { } wanted ? $"[{string.Join(',', wanted)}]" : null).Bind(limit).Bind(filter.UpdatedBefore).Bind(filter.FailedStep).Bind(filter.FailureType);
    }

    /// <summary>The place before which rows are wanted: the earlier of the filter's and the page's.</summary>
    public static (long StartedAt, Guid Id) Before(InstanceFilter filter, PagePosition? after)
    {
        var bound = (filter.StartedBefore ?? long.MaxValue, Guid.Empty);
        return after is { } page && page.StartedAt < bound.Item1 ? (page.StartedAt, page.Id) : bound;
    }

    /// <summary>One after the other, until there is none.</summary>
    public static IEnumerable<string> Jump(string first, Func<string, string?> next)
    {
        for (var last = first; next(last) is { } found; last = found)
        {
            yield return found;
        }
    }

    private static IEnumerable<T> Jump<T>(T first, Func<T, T?> next) where T : struct
    {
        for (var last = first; next(last) is { } found; last = found)
        {
            yield return found;
        }
    }
}
