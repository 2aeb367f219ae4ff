namespace Skald.Diagnostics;

/// <summary>Lets some lines of a kind through, and counts the rest: a flood of what strangers cause fills no disk with log. Safe for use by many threads.</summary>
/// <param name="perMinute">How many a minute.</param>
/// <param name="time">The machine's steady clock.</param>
internal sealed class LogSample(int perMinute, TimeProvider time)
{
    private static readonly TimeSpan Minute = TimeSpan.FromMinutes(1);

    private readonly Lock _lock = new();
    private long _since = time.GetTimestamp();
    private int _said;
    private long _keptBack;

    /// <summary>Whether the next one is said.</summary>
    /// <param name="keptBack">How many were not, since the last one that was.</param>
    public bool Take(out long keptBack)
    {
        lock (_lock)
        {
            if (time.GetElapsedTime(_since) >= Minute)
            {
                (_since, _said) = (time.GetTimestamp(), 0);
            }

            if (_said >= perMinute)
            {
                keptBack = 0;
                _keptBack++;
                return false;
            }

            _said++;
            (keptBack, _keptBack) = (_keptBack, 0);
            return true;
        }
    }
}
