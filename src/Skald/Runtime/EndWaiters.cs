using Skald.Storage;

namespace Skald.Runtime;

/// <summary>Callers in this process that wait for sagas to end. Who ends a saga here tells them, with its row: they need not ask the database.</summary>
internal sealed class EndWaiters
{
    private const int MostStarted = 10_000;

    private readonly Lock _lock = new();
    private readonly Dictionary<Guid, Wait> _waiting = [];
    private readonly HashSet<Guid> _startedHere = [];
    private readonly Queue<Guid> _oldest = new();

    /// <summary>A saga was started by this process, which will mostly end it, too.</summary>
    public void Started(SagaId saga)
    {
        lock (_lock)
        {
            if (_startedHere.Add(saga.Value))
            {
                _oldest.Enqueue(saga.Value);
            }

            while (_oldest.Count > MostStarted)
            {
                _startedHere.Remove(_oldest.Dequeue());
            }
        }
    }

    /// <summary>Begins to wait; to be disposed of.</summary>
    public Wait Begin(SagaId saga)
    {
        lock (_lock)
        {
            if (!_waiting.TryGetValue(saga.Value, out var wait))
            {
                wait = _waiting[saga.Value] = new Wait(this, saga.Value, _startedHere.Contains(saga.Value));
            }

            wait.Users++;
            return wait;
        }
    }

    /// <summary>Sagas that will not go on by themselves.</summary>
    public void Tell(List<SagaRow> ended)
    {
        if (ended.Count == 0)
        {
            return;
        }

        lock (_lock)
        {
            foreach (var row in ended)
            {
                _startedHere.Remove(row.Id);
                // Whoever begins to wait from now on waits for what comes next.
                if (_waiting.Remove(row.Id, out var wait))
                {
                    wait.Tell(row);
                }
            }
        }
    }

    private void End(Wait wait, Guid saga)
    {
        lock (_lock)
        {
            if (--wait.Users == 0 && _waiting.GetValueOrDefault(saga) == wait)
            {
                _waiting.Remove(saga);
            }
        }
    }

    /// <summary>One or more callers that wait for one saga.</summary>
    internal sealed class Wait(EndWaiters waiters, Guid saga, bool isStartedHere) : IDisposable
    {
        private readonly TaskCompletionSource<SagaRow> _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);

        /// <summary>Whether this process has started it, and has not seen its end yet.</summary>
        public bool IsStartedHere => isStartedHere;

        /// <summary>Its row, when this process has ended it.</summary>
        public Task<SagaRow> Ended => _ended.Task;

        internal int Users { get; set; }

        public void Tell(SagaRow row) => _ended.TrySetResult(row);

        public void Dispose() => waiters.End(this, saga);
    }
}
