namespace Skald.Runtime;

/// <summary>Calls when the earliest known work becomes due, and not before.</summary>
internal sealed class DueTimer : IDisposable
{
    /// <summary>Work that becomes due in a burst is looked for once.</summary>
    private static readonly TimeSpan Shortest = TimeSpan.FromMilliseconds(5);

    private static readonly TimeSpan Longest = TimeSpan.FromDays(1);

    private readonly Lock _lock = new();
    private readonly TimeProvider _time;
    private readonly ITimer _timer;
    private DateTimeOffset? _next;

    public DueTimer(TimeProvider time, Action due)
    {
        _time = time;
        _timer = time.CreateTimer(_ => due(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    public void NoLaterThan(DateTimeOffset due)
    {
        lock (_lock)
        {
            if (_next is null || due < _next)
            {
                Set(due);
            }
        }
    }

    public void Restart(DateTimeOffset? due)
    {
        lock (_lock)
        {
            Set(due);
        }
    }

    public void Dispose() => _timer.Dispose();

    private void Set(DateTimeOffset? due)
    {
        _next = due;
        var wait = due is null ? Timeout.InfiniteTimeSpan : due.Value - _time.GetUtcNow();
        if (due is not null)
        {
            // Timers take about 49 days at the most: a longer wait looks again tomorrow.
            wait = wait < Shortest ? Shortest : wait > Longest ? Longest : wait;
        }

        _timer.Change(wait, Timeout.InfiniteTimeSpan);
    }
}
