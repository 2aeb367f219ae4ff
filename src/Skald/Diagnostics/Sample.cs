namespace Skald.Diagnostics;

/// <summary>Lets some of a kind through, and counts the rest: what strangers cause fills no disk, neither with lines nor with rows. Safe for use by many threads.</summary>
/// <param name="most">How many.</param>
/// <param name="within">In what time.</param>
/// <param name="time">The machine's steady clock.</param>
internal sealed class Sample(int most, TimeSpan within, TimeProvider time)
{
    private readonly Lock _lock = new();
    private long _since = time.GetTimestamp();
    private int _taken;
    private long _keptBack;

    /// <summary>Whether the next one is let through.</summary>
    /// <param name="keptBack">How many were not, since the last one that was; this one, if it is not, among them.</param>
    public bool Take(out long keptBack)
    {
        lock (_lock)
        {
            if (time.GetElapsedTime(_since) >= within)
            {
                (_since, _taken) = (time.GetTimestamp(), 0);
            }

            if (_taken >= most)
            {
                keptBack = ++_keptBack;
                return false;
            }

            _taken++;
            (keptBack, _keptBack) = (_keptBack, 0);
            return true;
        }
    }
}
