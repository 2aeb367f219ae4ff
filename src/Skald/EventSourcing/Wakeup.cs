namespace Skald.EventSourcing;

/// <summary>Wakes everybody who waits. Take <see cref="Next"/> before looking for work: what is set after that is not missed.</summary>
internal sealed class Wakeup
{
    private TaskCompletionSource _next = New();

    public Task Next => Volatile.Read(ref _next).Task;

    public void Set() => Interlocked.Exchange(ref _next, New()).TrySetResult();

    private static TaskCompletionSource New() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
