using Microsoft.Extensions.Logging;
using Skald.Decisions;
using Skald.Diagnostics;

namespace Skald.Runtime;

/// <summary>
/// Whether new sagas wait: while the broker takes nothing, they would all come home together when it does; while participants are behind, and commands lie
/// unread for too long, those that are begun would only make others miss their deadlines. The latter wears off by itself, so that a participant which no longer answers keeps nobody out; what lay unread until then is enough to keep a
/// participant busy meanwhile.
/// </summary>
/// <param name="service">The service's name, for the log.</param>
/// <param name="absence">What was sent before this process was away says nothing about participants.</param>
/// <param name="broker">Whether it is away.</param>
/// <param name="time">The machine's clock.</param>
/// <param name="logger">Told when it begins.</param>
/// <param name="ended">Called when it is over: whoever waits may go on.</param>
internal sealed class Backpressure(string service, Absence absence, BrokerWatch broker, TimeProvider time, ILogger logger, Action ended) : IDisposable
{
    private static readonly TimeSpan LongestEffect = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan SaidAgainAfter = TimeSpan.FromMinutes(1);

    private readonly Lock _lock = new();
    private ITimer? _timer;
    private volatile bool _isOn;
    private bool _isDisposed;

    // By the machine's steady count.
    private long _since;
    private TimeSpan _lasts;
    private long? _saidAt;

    public bool IsOn => _isOn || broker.IsAway;

    /// <summary>Why, to be told to callers.</summary>
    public string? Reason => broker.IsAway ? "the broker takes no messages" : _isOn ? "participants are behind" : null;

    /// <summary>A command lay unread for too long, as its answer shows.</summary>
    public void Learn(QueueTime seen)
    {
        if (!(seen.SentAt < absence.Until))
        {
            Begin(seen.Most < LongestEffect ? seen.Most : LongestEffect, seen);
        }
    }

    public void Dispose()
    {
        lock (_lock)
        {
            _isDisposed = true;
            _timer?.Dispose();
        }
    }

    private void Begin(TimeSpan lasts, QueueTime seen)
    {
        bool isNews;
        lock (_lock)
        {
            if (_isDisposed)
            {
                return;
            }

            var left = _isOn ? Left() : TimeSpan.Zero;
            (_since, _lasts) = (time.GetTimestamp(), lasts > left ? lasts : left);
            if (_isOn)
            {
                return;
            }

            _isOn = true;
            _timer ??= time.CreateTimer(_ => Look(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
            _timer.Change(_lasts, Timeout.InfiniteTimeSpan);
            isNews = _saidAt is not { } at || time.GetElapsedTime(at) > SaidAgainAfter;
            _saidAt = isNews ? _since : _saidAt;
        }

        if (isNews)
        {
            logger.StartsWait(service, seen.Step, seen.Unread);
        }
    }

    private TimeSpan Left() => _lasts - time.GetElapsedTime(_since);

    private void Look()
    {
        lock (_lock)
        {
            if (_isDisposed)
            {
                return;
            }

            if (Left() is var left && left > TimeSpan.Zero)
            {
                _timer?.Change(left, Timeout.InfiniteTimeSpan);
                return;
            }

            _isOn = false;
        }

        ended();
    }
}
