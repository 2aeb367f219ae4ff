using System.Collections.Concurrent;

namespace Skald.Runtime;

/// <summary>Callers in this process that wait for sagas to end.</summary>
internal sealed class EndWaiters
{
    private readonly ConcurrentDictionary<SagaId, TaskCompletionSource> _waiting = new();

    public Task For(SagaId saga) =>
        _waiting.GetOrAdd(saga, _ => new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)).Task;

    public void Forget(SagaId saga) => _waiting.TryRemove(saga, out _);

    public void Tell(List<SagaId> ended)
    {
        if (_waiting.IsEmpty)
        {
            return;
        }

        foreach (var saga in ended)
        {
            if (_waiting.TryRemove(saga, out var waiting))
            {
                waiting.TrySetResult();
            }
        }
    }
}
