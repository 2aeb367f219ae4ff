namespace Skald.Storage;

/// <summary>
/// Whether to believe what was not looked up. Every belief is checked by the commit; one that proves wrong costs a batch done
/// twice, so that nothing is believed for a while then, and for longer each time, unless it was long ago. Safe for use by many threads.
/// </summary>
/// <param name="time">Says how long ago it was lost.</param>
public sealed class Confidence(TimeProvider time)
{
    private static readonly TimeSpan First = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan Longest = TimeSpan.FromMinutes(5);

    private readonly Lock _lock = new();
    private TimeSpan _pause = First;
    private long _lostAt;
    private bool _lost;

    /// <summary>False for 10 seconds after it was lost, then 20, up to 5 minutes.</summary>
    public bool IsGiven
    {
        get
        {
            lock (_lock)
            {
                if (_lost && time.GetElapsedTime(_lostAt) >= _pause)
                {
                    _lost = false;
                    _pause = _pause * 2 < Longest ? _pause * 2 : Longest;
                }

                return !_lost;
            }
        }
    }

    /// <summary>A belief has proved wrong.</summary>
    public void Lose()
    {
        lock (_lock)
        {
            if (_lostAt != 0 && time.GetElapsedTime(_lostAt) > Longest)
            {
                _pause = First;
            }

            (_lost, _lostAt) = (true, time.GetTimestamp());
        }
    }
}
