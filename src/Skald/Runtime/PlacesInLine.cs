namespace Skald.Runtime;

/// <summary>Gives places in the lines of locks: each higher than those before, and in the order of the clock between processes.</summary>
internal sealed class PlacesInLine
{
    private const int InAMillisecond = 20;

    private long _last;

    /// <summary>Nobody should have to look: whoever frees a lock wakes the next. This is for what went wrong all the same.</summary>
    public static readonly TimeSpan SleepsFor = TimeSpan.FromHours(1);

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
