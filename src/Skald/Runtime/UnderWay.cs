namespace Skald.Runtime;

/// <summary>
/// What was given to the transport and is not confirmed: bounded, so that a slow broker slows the lanes down instead of filling memory; and watched, so that
/// no saga begins whose commands would only lie with the rest.
/// </summary>
/// <param name="most">How many messages may be under way.</param>
/// <param name="problem">Why the transport carries nothing, as far as it knows.</param>
/// <param name="time">The machine's clock.</param>
/// <param name="flowsAgain">Called when messages are taken that nobody took for a while: whoever waits may go on.</param>
/// <remarks>Safe for use by many threads.</remarks>
internal sealed class UnderWay(int most, Func<string?> problem, TimeProvider time, Action flowsAgain)
{
    private static readonly TimeSpan ConfirmedWithin = TimeSpan.FromSeconds(1);

    private readonly Lock _lock = new();
    private readonly Queue<Sending> _sendings = new();
    private int _messages;
    private long _takenAt = time.GetTimestamp();
    private volatile bool _wasRefused;
    private volatile bool _isWaitedFor;

    /// <summary>Whether the broker has taken nothing for a second though it was given something, or could not be given it and still cannot.</summary>
    public bool IsStuck
    {
        get
        {
            var isStuck = (_wasRefused && problem() is not null) || IsSilent;
            if (isStuck)
            {
                _isWaitedFor = true;
            }

            return isStuck;
        }
    }

    // One message that is not confirmed, for want of a majority behind its queue, says nothing of the others.
    private bool IsSilent => Volatile.Read(ref _messages) > 0 && Oldest() is { } oldest
        && time.GetElapsedTime(Math.Max(oldest.Since, Volatile.Read(ref _takenAt))) > ConfirmedWithin;

    /// <summary>Messages are given to the transport.</summary>
    /// <param name="messages">How many.</param>
    /// <param name="send">Gives them; ends with whether any was taken, or there was nothing wrong but with the messages.</param>
    public void Add(int messages, Func<Task<bool>> send)
    {
        var sending = new Sending(messages, time.GetTimestamp());
        Interlocked.Add(ref _messages, messages);
        sending.Task = SendAsync(sending, send);
        lock (_lock)
        {
            _sendings.Enqueue(sending);
        }
    }

    /// <summary>Ends when there is room again.</summary>
    public async Task BoundAsync()
    {
        while (Volatile.Read(ref _messages) > most && Oldest() is { } oldest)
        {
            await oldest.Task;
        }
    }

    /// <summary>Ends when all that is under way is confirmed, or given back.</summary>
    public Task AllAsync()
    {
        lock (_lock)
        {
            return Task.WhenAll(_sendings.Select(sending => sending.Task));
        }
    }

    private async Task SendAsync(Sending sending, Func<Task<bool>> send)
    {
        var isTaken = await send();
        sending.IsDone = true;
        Interlocked.Add(ref _messages, -sending.Messages);
        _wasRefused = !isTaken;
        Volatile.Write(ref _takenAt, isTaken ? time.GetTimestamp() : _takenAt);
        if (_isWaitedFor && !IsStuck)
        {
            _isWaitedFor = false;
            flowsAgain();
        }
    }

    private Sending? Oldest()
    {
        lock (_lock)
        {
            while (_sendings.TryPeek(out var oldest))
            {
                if (!oldest.IsDone)
                {
                    return oldest;
                }

                _sendings.Dequeue();
            }

            return null;
        }
    }

    private sealed class Sending(int messages, long since)
    {
        private volatile bool _isDone;

        public int Messages => messages;

        public long Since => since;

        /// <summary>Set before anybody else sees it.</summary>
        public Task Task { get; set; } = Task.CompletedTask;

        public bool IsDone
        {
            get => _isDone;
            set => _isDone = value;
        }
    }
}
