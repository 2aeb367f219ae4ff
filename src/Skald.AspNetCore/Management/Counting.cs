namespace Skald.Management;

/// <summary>Adds what was counted up to a cap.</summary>
internal static class Counting
{
    public static SagaCounts Of(IReadOnlyDictionary<string, CappedCount> byStatus) => new(Sum(byStatus.Values), byStatus);

    public static CappedCount Sum(IEnumerable<CappedCount> counts) =>
        counts.Aggregate(new CappedCount(0, false), (sum, count) => new CappedCount(sum.Value + count.Value, sum.IsCapped || count.IsCapped));

    public static SagaCounts Merge(IEnumerable<SagaCounts> counts) =>
        Of(counts.SelectMany(one => one.ByStatus).GroupBy(one => one.Key).ToDictionary(same => same.Key, same => Sum(same.Select(one => one.Value))));
}
