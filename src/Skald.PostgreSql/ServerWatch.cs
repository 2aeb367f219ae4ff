using System.Diagnostics;
using Npgsql;

namespace Skald.PostgreSql;

/// <summary>
/// Whether the server answers. When nothing that it was asked has been answered for a while, one knock finds out for all that wait; until that is
/// answered nobody else begins anything. When the server does not answer that either, it is away: nobody waits for what he had asked.
/// </summary>
/// <remarks>
/// Npgsql is given neither a deadline nor a token that is cancelled meanwhile: it would have the server cancel the statement, on a connection of its
/// own, and wait for that on a thread of the pool. What people's code asks, what a projection writes, and set-up keep Npgsql's own deadline. Safe for
/// use by many threads.
/// </remarks>
internal sealed class ServerWatch : IAsyncDisposable
{
    private static readonly TimeSpan LooksEvery = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan MayBeSilent = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan BelievedFor = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan KnocksAgainAfter = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan AnswersAgainWithin = TimeSpan.FromSeconds(5);

    private readonly Func<Task> _knock;
    private readonly Action<bool> _forget;
    private readonly TimeSpan _connectsWithin;
    private readonly TimeSpan _patience;
    private readonly TimeSpan _answersWithin;
    private readonly ITimer _timer;
    private readonly CancellationTokenSource _stopping = new();
    private readonly Lock _lock = new();
    private Task _knocking = Task.CompletedTask;
    private volatile CancellationTokenSource _gone = new();
    private volatile ServerSilence? _silence;

    // How many wait for an answer, and how much runs on for which nobody waits any more.
    private long _asked;
    private long _left;

    // By the machine's steady count: since when somebody has been waiting, when an answer came last, and until when one is not missed.
    private long _since;
    private long _heard;
    private long _believedUntil;

    // Under the lock: whether a connection has broken, and when the server answered again after it was away.
    private bool _hasBroken;
    private long _back;

    /// <param name="knock">Asks the server something, whatever it is. It may run on when nobody waits for it any more.</param>
    /// <param name="forget">Has the connections that there are used no more. Is told whether some of them are still kept by what nobody waits for.</param>
    /// <param name="connectsWithin">How long a server that is there takes for a knock at most.</param>
    /// <param name="patience">How long somebody waits for one that is silent.</param>
    /// <param name="answersWithin">How long he waits for an answer of one that is there.</param>
    public ServerWatch(Func<Task> knock, Action<bool> forget, TimeSpan connectsWithin, TimeSpan patience, TimeSpan answersWithin)
    {
        (_knock, _forget, _connectsWithin, _patience, _answersWithin) = (knock, forget, connectsWithin, patience, answersWithin);
        _timer = TimeProvider.System.CreateTimer(_ => Look(), null, LooksEvery, LooksEvery);
    }

    /// <summary>Whether it is in doubt, or known to be away.</summary>
    public bool IsSilent => _silence is not null;

    /// <summary>Asks the server something.</summary>
    /// <param name="ask">
    /// Is given a token for Npgsql, which is cancelled only while the server answers. It may run on when nobody waits for it any more; what it
    /// then returns is disposed of.
    /// </param>
    /// <param name="cancellationToken">Ends the waiting.</param>
    /// <param name="hurries">Whether somebody waits who would rather be refused at once; a loop of the engine would only come again.</param>
    /// <exception cref="ServerAwayException">The server is away, or has not answered in time.</exception>
    public async ValueTask<T> RunAsync<T>(Func<CancellationToken, ValueTask<T>> ask, CancellationToken cancellationToken, bool hurries = false)
    {
        var gone = await PassAsync(hurries, cancellationToken).ConfigureAwait(false);
        if (Interlocked.Increment(ref _asked) == 1)
        {
            Volatile.Write(ref _since, Stopwatch.GetTimestamp());
        }

        try
        {
            var answer = await WaitAsync(ask, gone, cancellationToken).ConfigureAwait(false);
            Hears();
            return answer;
        }
        catch (PostgresException)
        {
            Hears();
            throw;
        }
        finally
        {
            Interlocked.Decrement(ref _asked);
        }
    }

    /// <summary>Waits for what may be had without asking the server, and so tells nothing of it: a connection that is open, once somebody has given it back.</summary>
    /// <inheritdoc cref="RunAsync"/>
    public async ValueTask<T> TakeAsync<T>(Func<CancellationToken, ValueTask<T>> take, CancellationToken cancellationToken) =>
        await WaitAsync(take, await PassAsync(hurries: false, cancellationToken).ConfigureAwait(false), cancellationToken).ConfigureAwait(false);

    /// <summary>Ends when the server answers, or when nobody looks any more.</summary>
    public Task AnswersAsync() => _silence?.Ended ?? Task.CompletedTask;

    /// <summary>
    /// A connection has broken: the server is asked at once, and then nobody gets one that lay unused. One that somebody had while the server was away says
    /// nothing new, whenever that is noticed: whoever takes another finds out.
    /// </summary>
    /// <param name="since">When it was taken, at the earliest, by the machine's steady count.</param>
    public void Breaks(long since)
    {
        lock (_lock)
        {
            if (since >= _back)
            {
                _hasBroken = true;
                Doubt();
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _timer.DisposeAsync().ConfigureAwait(false);
        await _stopping.CancelAsync().ConfigureAwait(false);
        await _knocking.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _ = _gone.CancelAsync();
    }

    /// <returns>What ends when nobody waits any longer for what was asked.</returns>
    private async ValueTask<CancellationToken> PassAsync(bool hurries, CancellationToken cancellationToken)
    {
        // In this order: whoever passes has a token that the next silence cancels.
        var gone = _gone.Token;
        while (_silence is { } silence)
        {
            await silence.EndAsync(_patience, hurries, cancellationToken).ConfigureAwait(false);
            gone = _gone.Token;
        }

        return gone;
    }

    private ValueTask<T> WaitAsync<T>(Func<CancellationToken, ValueTask<T>> ask, CancellationToken gone, CancellationToken cancellationToken)
    {
        var inner = new CancellationTokenSource();
        var running = ask(inner.Token);
        return running.IsCompleted ? running : new ValueTask<T>(WaitAsync(running.AsTask(), inner, gone, cancellationToken));
    }

    private async Task<T> WaitAsync<T>(Task<T> running, CancellationTokenSource inner, CancellationToken gone, CancellationToken cancellationToken)
    {
        var answer = running.WaitAsync(_answersWithin, TimeProvider.System, gone);
        try
        {
            return await answer.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (Exception exception) when (exception is OperationCanceledException or TimeoutException)
        {
            if (running.IsCompleted)
            {
                return await running.ConfigureAwait(false);
            }

            Observe(answer);
            _ = DisposeOfAsync(running);
            _ = CancelAsync(running, inner, gone.IsCancellationRequested ? _answersWithin : TimeSpan.Zero);
            cancellationToken.ThrowIfCancellationRequested();
            throw gone.IsCancellationRequested ? new ServerAwayException() : new ServerAwayException(exception);
        }
    }

    private async Task DisposeOfAsync<T>(Task<T> running)
    {
        Interlocked.Increment(ref _left);
        await ((Task)running).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        Interlocked.Decrement(ref _left);
        if (running is { IsCompletedSuccessfully: true, Result: IAsyncDisposable late })
        {
            await late.DisposeAsync().AsTask().ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    /// <summary>Has the server give up what nobody waits for, once it is sure that it listens, and after what it may still take.</summary>
    private async Task CancelAsync(Task running, CancellationTokenSource inner, TimeSpan mayTake)
    {
        if (mayTake == TimeSpan.Zero && Stopwatch.GetElapsedTime(Volatile.Read(ref _heard)) > LooksEvery)
        {
            Doubt();
        }

        do
        {
            await AnswersAsync().ConfigureAwait(false);
            await running.WaitAsync(mayTake, TimeProvider.System).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
        while (_silence is not null && !_stopping.IsCancellationRequested);

        if (!running.IsCompleted && !_stopping.IsCancellationRequested)
        {
            await inner.CancelAsync().ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private void Hears() => Volatile.Write(ref _heard, Stopwatch.GetTimestamp());

    private void Look()
    {
        var silentSince = Math.Max(Volatile.Read(ref _since), Volatile.Read(ref _heard));
        if (Volatile.Read(ref _asked) > 0 && Stopwatch.GetElapsedTime(silentSince) > MayBeSilent && Stopwatch.GetTimestamp() > Volatile.Read(ref _believedUntil))
        {
            Doubt();
        }
    }

    private void Doubt()
    {
        lock (_lock)
        {
            if (_silence is null && !_stopping.IsCancellationRequested)
            {
                _silence = new ServerSilence();
                _knocking = KnockUntilAnsweredAsync(_silence);
            }
        }
    }

    private async Task KnockUntilAnsweredAsync(ServerSilence silence)
    {
        await Task.Yield();
        var forgets = ForgetsBroken();
        try
        {
            while (!_stopping.IsCancellationRequested && await KnockAsync(silence.IsCertain ? _patience : _connectsWithin).ConfigureAwait(false) is { } failure)
            {
                if (silence.Fails(failure))
                {
                    Leave();
                }

                await Task.Delay(KnocksAgainAfter, TimeProvider.System, _stopping.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
        finally
        {
            Hears();
            Volatile.Write(ref _believedUntil, Stopwatch.GetTimestamp() + (long)(BelievedFor.TotalSeconds * Stopwatch.Frequency));
            if (silence.IsCertain)
            {
                _ = ForgetDeadAsync();
            }

            while (!IsOver(silence.IsCertain || forgets))
            {
                forgets = true;
                Forget();
            }

            silence.End();
        }
    }

    /// <summary>Whoever comes now goes on, unless a connection has broken meanwhile.</summary>
    /// <param name="wasAway">Whether those who have a connection from before have learned of it, or will.</param>
    private bool IsOver(bool wasAway)
    {
        lock (_lock)
        {
            if (_hasBroken)
            {
                _hasBroken = false;
                return false;
            }

            _back = wasAway ? Stopwatch.GetTimestamp() : _back;
            _silence = null;
            return true;
        }
    }

    private bool ForgetsBroken()
    {
        lock (_lock)
        {
            if (!_hasBroken)
            {
                return false;
            }

            _hasBroken = false;
        }

        Forget();
        return true;
    }

    /// <summary>The server is back. Connections from before may be dead and not know it, if it is another one, or something between has forgotten them.</summary>
    private async Task ForgetDeadAsync()
    {
        var back = Volatile.Read(ref _heard);
        await Task.Delay(AnswersAgainWithin, TimeProvider.System, _stopping.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (Volatile.Read(ref _asked) > 0 && Volatile.Read(ref _heard) == back && !_stopping.IsCancellationRequested)
        {
            Leave();
            _forget(true);
        }
    }

    private void Forget() => _forget(Volatile.Read(ref _left) > 0);

    /// <summary>Nobody waits any longer for what was asked. They go on on other threads: it is other people's code.</summary>
    private void Leave() => _ = Interlocked.Exchange(ref _gone, new CancellationTokenSource()).CancelAsync();

    /// <returns>Why it cannot be used; null when it answers, whatever it refuses.</returns>
    private async Task<Exception?> KnockAsync(TimeSpan takes) =>
        await FailureAsync(_knock(), takes).ConfigureAwait(false) is { } failure && !PostgresErrors.IsRefusal(failure) ? failure : null;

    private async Task<Exception?> FailureAsync(Task asked, TimeSpan takes)
    {
        try
        {
            await asked.WaitAsync(takes, TimeProvider.System, _stopping.Token).ConfigureAwait(false);
            return null;
        }
        catch (Exception exception)
        {
            Observe(asked);
            return exception;
        }
    }

    /// <summary>It may fail when nobody waits for it any more.</summary>
    internal static void Observe(Task late) =>
        _ = late.ContinueWith(static task => task.Exception, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
}
