using Microsoft.Extensions.Logging;
using Skald.Diagnostics;

namespace Skald.Runtime;

/// <summary>
/// Looks at the call of a lane that is under way: cancels it at its deadline, and says which one it is as soon as it takes suspiciously long. One
/// timer for all calls; a call costs two writes.
/// </summary>
internal sealed class CallWatch : IDisposable
{
    private const int LooksInADeadline = 4;

    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly CancellationToken _stopping;
    private readonly Lock _lock = new();
    private readonly ITimer _timer;
    private CancellationTokenSource _expired = new();
    private CancellationTokenSource _told;
    private string? _what;
    private long _since;
    private bool _isTold;

    public CallWatch(TimeSpan deadline, TimeProvider time, ILogger logger, CancellationToken stopping)
    {
        (Deadline, _time, _logger, _stopping) = (deadline, time, logger, stopping);
        _told = CancellationTokenSource.CreateLinkedTokenSource(stopping);
        _timer = time.CreateTimer(_ => Look(), null, deadline / LooksInADeadline, deadline / LooksInADeadline);
    }

    public TimeSpan Deadline { get; }

    /// <summary>For the code of calls to come: cancelled when one of them runs into its deadline, or when the service stops.</summary>
    public CancellationToken Token => _told.Token;

    /// <summary>For whoever waits for them: cancelled when code that was told has not returned for a while. A service that stops lets them end.</summary>
    public CancellationToken Expired => _expired.Token;

    /// <summary>The call that takes suspiciously long, for people; null when none does.</summary>
    public string? Problem { get; private set; }

    /// <summary>Whether the call that is under way has run into its deadline.</summary>
    public bool HasExpired
    {
        get
        {
            lock (_lock)
            {
                return _isTold;
            }
        }
    }

    /// <summary>A call begins.</summary>
    public void Begin(string what)
    {
        lock (_lock)
        {
            (_what, _since, _isTold) = (what, _time.GetTimestamp(), false);
        }
    }

    /// <summary>It has ended, or nobody waits for it any more.</summary>
    public void End()
    {
        lock (_lock)
        {
            (_what, Problem) = (null, null);
            if (_isTold)
            {
                // Whoever was left running keeps its own.
                _expired = new CancellationTokenSource();
                _told = CancellationTokenSource.CreateLinkedTokenSource(_stopping);
            }
        }
    }

    public void Dispose() => _timer.Dispose();

    private void Look()
    {
        lock (_lock)
        {
            if (_what is null || _time.GetElapsedTime(_since) is var runs && runs < Deadline / 2)
            {
                return;
            }

            Problem = $"'{_what}' has been running for {(int)runs.TotalSeconds} s, in the transaction of its message; its deadline is {Deadline.TotalSeconds:0.###} s";
            if (runs < Deadline)
            {
                return;
            }

            // First it is told; when it is looked at again and still runs, nobody waits for it any more. On other threads: both run foreign code.
            var source = _isTold ? _expired : _told;
            if (!_isTold)
            {
                _isTold = true;
                _logger.CallHangs(_what, Deadline);
            }

            _ = CancelAsync(source);
        }
    }

    private static async Task CancelAsync(CancellationTokenSource source) =>
        // What somebody has registered there may throw; it is theirs.
        await source.CancelAsync().ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
}
