namespace Skald.Runtime;

/// <summary>Calls when the earliest known work becomes due, and now and then for work that this process cannot know of.</summary>
internal sealed class DueTimer : IDisposable
{
    /// <summary>Work that becomes due in a burst is looked for once.</summary>
    private static readonly TimeSpan Shortest = TimeSpan.FromMilliseconds(5);

    private readonly TimeSpan _longest;
    private readonly Lock _lock = new();
    private readonly Func<DateTimeOffset> _now;
    private readonly ITimer _timer;
    private DateTimeOffset? _next;

    /// <param name="time">Makes the timer.</param>
    /// <param name="now">The clock that says what is due.</param>
    /// <param name="longest">The longest wait: other processes of the service may leave work behind that only a look can find.</param>
    /// <param name="due">Called when it is time to look.</param>
    public DueTimer(TimeProvider time, Func<DateTimeOffset> now, TimeSpan longest, Action due)
    {
        _now = now;
        _longest = longest;
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

    /// <summary>A look begins: what is told from now on, it may not see. If it fails, the next is then.</summary>
    public void LookBegins(DateTimeOffset next)
    {
        lock (_lock)
        {
            Set(next);
            _next = null;
        }
    }

    /// <summary>It has ended, and has seen what is due next.</summary>
    public void LookEnded(DateTimeOffset? due)
    {
        lock (_lock)
        {
            Set(due is null || _next < due ? _next : due);
        }
    }

    public void Dispose() => _timer.Dispose();

    private void Set(DateTimeOffset? due)
    {
        _next = due;
        var wait = due is null ? _longest : due.Value - _now();
        _timer.Change(wait < Shortest ? Shortest : wait > _longest ? _longest : wait, Timeout.InfiniteTimeSpan);
    }
}
