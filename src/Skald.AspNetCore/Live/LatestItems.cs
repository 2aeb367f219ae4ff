namespace Skald;

/// <summary>The things that changed last, each as it is now: what a new listener is shown without anybody being asked.</summary>
/// <param name="most">How many are kept.</param>
internal sealed class LatestItems(int most)
{
    private readonly SortedDictionary<long, LiveItem> _items = [];
    private readonly Dictionary<string, long> _numbers = [];

    /// <summary>Changes up to this one may have been forgotten.</summary>
    public long ForgottenUpTo { get; private set; }

    public long Last { get; private set; }

    public void Add(LiveItem item)
    {
        if (_numbers.TryGetValue(item.Key, out var before))
        {
            _items.Remove(before);
        }

        (_items[item.Number], _numbers[item.Key], Last) = (item, item.Number, Math.Max(Last, item.Number));
        if (_items.Count > most)
        {
            Forget(_items.First().Value);
        }
    }

    /// <summary>What was there before the first one was never known.</summary>
    public void Begin(IReadOnlyList<LiveItem> newest)
    {
        ForgottenUpTo = newest.Count > 0 ? newest[0].Number - 1 : 0;
        foreach (var item in newest)
        {
            Add(item);
        }
    }

    public List<LiveItem> Newest(int limit) => [.. _items.Values.TakeLast(limit)];

    public List<LiveItem> After(long number) => [.. _items.Values.Where(item => item.Number > number)];

    private void Forget(LiveItem oldest)
    {
        _items.Remove(oldest.Number);
        _numbers.Remove(oldest.Key);
        ForgottenUpTo = oldest.Number;
    }
}
