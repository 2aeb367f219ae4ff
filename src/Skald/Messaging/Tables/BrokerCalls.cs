using System.Threading.Channels;

namespace Skald.Messaging.Tables;

/// <summary>What a broker's loop is asked to do, gathered until its next turn.</summary>
/// <param name="writeBehind">How long what may wait does.</param>
/// <param name="time">The clock.</param>
internal sealed class BrokerCalls(TimeSpan writeBehind, TimeProvider time)
{
    // One place: a call that comes while another waits to be seen needs no place of its own.
    private readonly Channel<bool> _signal = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite, SingleReader = true });
    private readonly Lock _lock = new();
    private List<TaskCompletionSource> _flushes = [];
    private ITimer? _alarm;
    private int _urgent;
    private int _beat;

    // When the oldest thing that may wait began to wait; 0 when nothing does.
    private long _waitingSince;

    public void Wake(bool urgent)
    {
        if (urgent)
        {
            Volatile.Write(ref _urgent, 1);
            Signal();
        }
        else if (Interlocked.CompareExchange(ref _waitingSince, Now, 0) == 0)
        {
            // The loop has to know when to look; after that, more of the same need not wake it.
            Signal();
        }
    }

    public void Beat()
    {
        Volatile.Write(ref _beat, 1);
        Signal();
    }

    public Task FlushAsync()
    {
        var flush = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (_lock)
        {
            _flushes.Add(flush);
        }

        Signal();
        return flush.Task;
    }

    public bool FlushIsWanted
    {
        get
        {
            lock (_lock)
            {
                return _flushes.Count > 0;
            }
        }
    }

    /// <summary>How long until what waits has waited enough; null when nothing waits.</summary>
    public TimeSpan? WaitLeft => Interlocked.Read(ref _waitingSince) is not 0 and var since ? writeBehind - time.GetElapsedTime(since) : null;

    /// <summary>Ends the next wait, or the one under way.</summary>
    public void Signal() => _signal.Writer.TryWrite(true);

    /// <summary>Waits for a call, at most for so long.</summary>
    public async Task WaitAsync(TimeSpan? most)
    {
        if (most <= TimeSpan.Zero)
        {
            _signal.Reader.TryRead(out _);
            return;
        }

        if (most is { } limit)
        {
            _alarm ??= time.CreateTimer(_ => Signal(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
            _alarm.Change(limit, Timeout.InfiniteTimeSpan);
        }

        await _signal.Reader.ReadAsync();
    }

    /// <summary>All that is asked; what comes a moment later is the next turn's.</summary>
    public BrokerTurn Take()
    {
        List<TaskCompletionSource> flushes;
        lock (_lock)
        {
            (flushes, _flushes) = (_flushes, []);
        }

        var everything = flushes.Count > 0 || WaitLeft <= TimeSpan.Zero;
        if (everything)
        {
            Interlocked.Exchange(ref _waitingSince, 0);
        }

        var beat = Interlocked.Exchange(ref _beat, 0) == 1;
        // With each beat it looks in any case.
        return new BrokerTurn(Interlocked.Exchange(ref _urgent, 0) == 1 || everything || beat, everything, beat, flushes);
    }

    /// <summary>A turn came to nothing: all of it is for the next one, and a beat in any case, which shows whether the database is back.</summary>
    public void Again(BrokerTurn turn)
    {
        if (turn.Everything)
        {
            Interlocked.CompareExchange(ref _waitingSince, Now, 0);
        }

        Volatile.Write(ref _urgent, 1);
        Volatile.Write(ref _beat, 1);
    }

    public void End() => _alarm?.Dispose();

    private long Now => Math.Max(1, time.GetTimestamp());
}

/// <summary>What one turn of a broker's loop is to do.</summary>
/// <param name="Looks">Whether to write, and to ask for messages.</param>
/// <param name="Everything">Whether to write also what may wait.</param>
/// <param name="Beats">Whether to say that this process lives.</param>
/// <param name="Flushes">Who waits for its end.</param>
internal sealed record BrokerTurn(bool Looks, bool Everything, bool Beats, List<TaskCompletionSource> Flushes);
