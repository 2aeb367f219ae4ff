using System.Collections.Concurrent;

namespace Skald.Bench.Servers;

/// <summary>Counts finished orders, and wakes who waits for one.</summary>
public sealed class OrdersEnded
{
    private readonly ConcurrentDictionary<Guid, TaskCompletionSource> _waiting = new();
    private TaskCompletionSource _all = new();
    private int _left;

    public Task Expect(int count)
    {
        _all = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _left = count;
        return _all.Task;
    }

    public Task One(Guid id) => _waiting.GetOrAdd(id, _ => new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)).Task;

    public void Tell(Guid id)
    {
        if (_waiting.TryRemove(id, out var waiting))
        {
            waiting.SetResult();
        }

        if (Interlocked.Decrement(ref _left) == 0)
        {
            _all.TrySetResult();
        }
    }
}
