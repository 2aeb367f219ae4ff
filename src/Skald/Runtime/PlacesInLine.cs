namespace Skald.Runtime;

/// <summary>Gives places in the lines of locks: each higher than those before, and in the order of the clock between processes.</summary>
internal sealed class PlacesInLine
{
    private const int InAMillisecond = 20;
    private const int LeasesOfSleep = 6;

    private long _last;

    /// <summary>
    /// Nobody should have to look: whoever frees a lock wakes the next. This is for a lock that its owner has already, and for what went wrong all the same. Longer than any
    /// claim, by which those who sleep are told from those who were woken.
    /// </summary>
    public static TimeSpan SleepsFor(TimeSpan lease) => lease * LeasesOfSleep;

    /// <summary>A place behind all that this process has given.</summary>
    public long Next(DateTimeOffset now)
    {
        while (true)
        {
            var last = Volatile.Read(ref _last);
            var next = Math.Max(last + 1, now.ToUnixTimeMilliseconds() << InAMillisecond);
            if (Interlocked.CompareExchange(ref _last, next, last) == last)
            {
                return next;
            }
        }
    }
}
