using Npgsql;

namespace Skald.PostgreSql;

/// <summary>The time from when it is doubtful whether the server answers until it does.</summary>
internal sealed class ServerSilence
{
    // For a refusal, of whoever does not hurry. He goes on as soon as the server answers, where somebody who pauses between two attempts would still be pausing.
    private static readonly TimeSpan OutlastsRefusals = TimeSpan.FromSeconds(1);

    private readonly TaskCompletionSource _end = new(TaskCreationOptions.RunContinuationsAsynchronously);

    // Of whoever is asking at the moment.
    private volatile TaskCompletionSource _refusal = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private volatile Exception? _reason;

    /// <summary>Whether the server was asked, and cannot be used; until then that is only feared.</summary>
    public bool IsCertain => _reason is not null;

    /// <summary>Ends when it answers.</summary>
    public Task Ended => _end.Task;

    /// <summary>The server was asked, and cannot be used.</summary>
    /// <returns>Whether that is news.</returns>
    public bool Fails(Exception reason)
    {
        var isNews = _reason is null;
        _reason = reason;
        if (!IsOfSilence(reason))
        {
            Interlocked.Exchange(ref _refusal, new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)).TrySetResult();
        }

        return isNews;
    }

    /// <summary>It answers.</summary>
    public void End() => _end.TrySetResult();

    /// <summary>Waits for the end, for as long as the server may be only slow. Whoever hurries waits no longer than until it is asked again and refuses.</summary>
    /// <exception cref="ServerAwayException">It has not ended.</exception>
    public async ValueTask EndAsync(TimeSpan patience, bool hurries, CancellationToken cancellationToken)
    {
        try
        {
            await Task.WhenAny(_end.Task, _refusal.Task).WaitAsync(patience, TimeProvider.System, cancellationToken).ConfigureAwait(false);
            if (!hurries && !_end.Task.IsCompleted)
            {
                await Task.WhenAny(_end.Task, Task.Delay(OutlastsRefusals, TimeProvider.System, cancellationToken)).ConfigureAwait(false);
                cancellationToken.ThrowIfCancellationRequested();
            }
        }
        catch (TimeoutException)
        {
            throw new ServerAwayException();
        }

        if (!_end.Task.IsCompleted)
        {
            throw _reason is { } reason && !IsOfSilence(reason) ? new ServerAwayException((reason as PostgresException)?.MessageText ?? reason.Message, reason) : new ServerAwayException();
        }
    }

    private static bool IsOfSilence(Exception reason) => reason is TimeoutException or OperationCanceledException || reason.InnerException is TimeoutException;
}
