namespace Skald.Runtime;

/// <summary>What was given to the transport and is not confirmed: bounded, so that a slow broker slows the lanes down instead of filling memory.</summary>
/// <param name="most">How many messages may be under way.</param>
/// <param name="time">The machine's clock.</param>
/// <remarks>Safe for use by many threads.</remarks>
internal sealed class UnderWay(int most, TimeProvider time)
{
    private static readonly TimeSpan ConfirmedWithin = TimeSpan.FromSeconds(1);

    private readonly Lock _lock = new();
    private readonly Queue<(Task Sending, long Since)> _sendings = new();
    private int _messages;
    private long _takenAt = time.GetTimestamp();
    private volatile bool _wasRefused;

    /// <summary>Whether nothing was taken for a second though something was given, or what was given last came back: the broker may be away, or only one queue.</summary>
    public bool IsInDoubt => _wasRefused
        || (Volatile.Read(ref _messages) > 0 && Oldest() is { } oldest && time.GetElapsedTime(Math.Max(oldest.Since, Volatile.Read(ref _takenAt))) > ConfirmedWithin);

    /// <summary>Messages are given to the transport.</summary>
    /// <param name="messages">How many.</param>
    /// <param name="send">Gives them; ends with whether any was taken, or there was nothing wrong but with the messages.</param>
    public void Add(int messages, Func<Task<bool>> send)
    {
        var since = time.GetTimestamp();
        var sending = SendAsync(messages, send);
        if (!sending.IsCompleted)
        {
            lock (_lock)
            {
                _sendings.Enqueue((sending, since));
            }
        }
    }

    /// <summary>Ends when there is room again.</summary>
    public async Task BoundAsync()
    {
        while (Oldest() is { } oldest && Volatile.Read(ref _messages) > most)
        {
            await oldest.Sending;
        }
    }

    /// <summary>Ends when all that is under way is confirmed, or given back.</summary>
    public Task AllAsync()
    {
        lock (_lock)
        {
            return Task.WhenAll(_sendings.Select(under => under.Sending));
        }
    }

    private async Task SendAsync(int messages, Func<Task<bool>> send)
    {
        Interlocked.Add(ref _messages, messages);
        try
        {
            var isTaken = await send();
            _wasRefused = !isTaken;
            if (isTaken)
            {
                Volatile.Write(ref _takenAt, time.GetTimestamp());
            }
        }
        finally
        {
            Interlocked.Add(ref _messages, -messages);
        }
    }

    private (Task Sending, long Since)? Oldest()
    {
        lock (_lock)
        {
            while (_sendings.TryPeek(out var oldest))
            {
                if (!oldest.Sending.IsCompleted)
                {
                    return oldest;
                }

                _sendings.Dequeue();
            }

            return null;
        }
    }
}
