namespace Skald.Dashboard.Drawing;

/// <summary>
/// Places times on a line. Where nothing happens for much longer than everything else takes, the line is folded: a wait of three days is one mark, and the
/// seconds around it can still be told apart.
/// </summary>
internal sealed class TimeScale
{
    private const double FoldWidth = 56;
    private readonly List<DateTimeOffset> _times;
    private readonly double[] _places;

    public TimeScale(IEnumerable<DateTimeOffset> times, double left, double width)
    {
        _times = [.. times.Distinct().Order()];
        _places = new double[_times.Count];
        var gaps = _times.Zip(_times.Skip(1), (a, b) => (b - a).TotalMilliseconds).ToArray();
        var folded = Folded(gaps);
        Folds = [.. folded.Order().Select(i => (_times[i], _times[i + 1]))];
        var linear = gaps.Where((_, i) => !folded.Contains(i)).Sum();
        var room = width - (FoldWidth * folded.Count);
        for (var i = 0; i < _times.Count; i++)
        {
            _places[i] = i == 0 ? left : _places[i - 1] + (folded.Contains(i - 1) ? FoldWidth : linear > 0 ? gaps[i - 1] / linear * room : 0);
        }
    }

    /// <summary>The waits that are one mark each.</summary>
    public IReadOnlyList<(DateTimeOffset From, DateTimeOffset To)> Folds { get; }

    /// <summary>Where a time is. Times between those that were given lie in proportion.</summary>
    public double At(DateTimeOffset time)
    {
        var i = _times.BinarySearch(time);
        if (i >= 0)
        {
            return _places[i];
        }

        i = ~i;
        if (i == 0 || i == _times.Count)
        {
            return _places.Length == 0 ? 0 : _places[i == 0 ? 0 : ^1];
        }

        var part = (time - _times[i - 1]) / (_times[i] - _times[i - 1]);
        return _places[i - 1] + (part * (_places[i] - _places[i - 1]));
    }

    /// <summary>A gap is folded while it is longer than four times all the others together, and there are not more than a handful of folds.</summary>
    private static HashSet<int> Folded(double[] gaps)
    {
        var folded = new HashSet<int>();
        var rest = gaps.Sum();
        foreach (var i in Enumerable.Range(0, gaps.Length).OrderByDescending(i => gaps[i]).Take(Math.Min(4, gaps.Length - 1)))
        {
            if (gaps[i] < 2000 || gaps[i] < 2 * (rest - gaps[i]))
            {
                break;
            }

            rest -= gaps[i];
            folded.Add(i);
        }

        return folded;
    }
}
