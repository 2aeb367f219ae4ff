using Microsoft.Extensions.Logging;
using Skald.Decisions;
using Skald.Definition;
using Skald.Diagnostics;
using Skald.Messaging;

namespace Skald.Runtime;

/// <summary>
/// Whether new sagas wait because participants are behind. An answer's age, less the time for which its participant was at it, is how long the command lay
/// unread. While that is more than a tenth of what its step may take, no saga is begun here: it would only make those that are under way miss their
/// deadlines. It wears off by itself, so that a participant which no longer answers keeps nobody out.
/// </summary>
/// <param name="service">The service's name, for the log.</param>
/// <param name="time">The clock.</param>
/// <param name="logger">Told when it begins.</param>
/// <param name="ended">Called when it is over: whoever waits may go on.</param>
internal sealed class Backpressure(string service, TimeProvider time, ILogger logger, Action ended) : IDisposable
{
    private const int PartOfDeadline = 10;

    private static readonly TimeSpan LongestEffect = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan SaidAgainAfter = TimeSpan.FromMinutes(1);

    private readonly Lock _lock = new();
    private ITimer? _timer;
    private bool _isOn;
    private DateTimeOffset _until;
    private DateTimeOffset _saidAt;
    private bool _isDisposed;

    public bool IsOn => Volatile.Read(ref _isOn);

    /// <summary>Learns from the answer to a command.</summary>
    public void Learn(SagaRun saga, Envelope answer, DateTimeOffset now)
    {
        if (answer.HandledIn is not { } handledIn || saga.Plan.Find(answer.Step!) is not { Work: StepWork.Remote remote } step)
        {
            return;
        }

        var record = saga.Instance.Steps[step.Index];
        var isAwaited = record.State == (answer.Undo ? StepState.Undoing : StepState.Sent) && record.Attempt == answer.Attempt && record.Tries == 0;
        if (isAwaited && now - record.Since - handledIn is var unread && unread > remote.Within / PartOfDeadline)
        {
            Begin(remote.Within / PartOfDeadline, unread, step.Name);
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

    private void Begin(TimeSpan effect, TimeSpan unread, string step)
    {
        bool isNews;
        lock (_lock)
        {
            if (_isDisposed)
            {
                return;
            }

            var now = time.GetUtcNow();
            _until = now + (effect < LongestEffect ? effect : LongestEffect);
            if (_isOn)
            {
                return;
            }

            _isOn = true;
            _timer ??= time.CreateTimer(_ => Look(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
            _timer.Change(_until - now, Timeout.InfiniteTimeSpan);
            isNews = now - _saidAt > SaidAgainAfter;
            _saidAt = isNews ? now : _saidAt;
        }

        if (isNews)
        {
            logger.StartsWait(service, step, unread);
        }
    }

    private void Look()
    {
        lock (_lock)
        {
            if (_isDisposed)
            {
                return;
            }

            if (_until - time.GetUtcNow() is var left && left > TimeSpan.Zero)
            {
                _timer?.Change(left, Timeout.InfiniteTimeSpan);
                return;
            }

            _isOn = false;
        }

        ended();
    }
}
