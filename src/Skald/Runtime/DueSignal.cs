namespace Skald.Runtime;

/// <summary>When to look for due work: at once, when the earliest that is known becomes due, and now and then for what only a look can find.</summary>
internal sealed class DueSignal : IDisposable
{
    private readonly AsyncSignal _signal = new();
    private readonly DueTimer _timer;

    public DueSignal(StoreAccess store, TimeProvider time, TimeSpan longest) => _timer = new DueTimer(time, () => store.Now, longest, Look);

    /// <summary>Looks as soon as possible.</summary>
    public void Look() => _signal.Set();

    /// <summary>Looks at that time, or before.</summary>
    public void NoLaterThan(DateTimeOffset due) => _timer.NoLaterThan(due);

    /// <summary>For the loop: until it is time.</summary>
    public ValueTask WaitAsync() => _signal.WaitAsync();

    /// <inheritdoc cref="DueTimer.LookBegins"/>
    public void LookBegins(DateTimeOffset next) => _timer.LookBegins(next);

    /// <inheritdoc cref="DueTimer.LookEnded"/>
    public void LookEnded(DateTimeOffset? due) => _timer.LookEnded(due);

    public void Dispose() => _timer.Dispose();
}
