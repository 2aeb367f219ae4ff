using Skald.Messaging;
using Skald.Storage;

namespace Skald.Runtime;

/// <summary>Calls to the outside world under way: beside the lane, at most so many at once, each under a deadline.</summary>
internal sealed class OutsideCalls(ServiceEngine engine) : IDisposable
{
    private readonly SemaphoreSlim _places = new(engine.Options.OutsideConcurrency);
    private readonly Lock _lock = new();
    private readonly Dictionary<LedgerKey, Call> _running = [];

    public void Dispose() => _places.Dispose();

    public bool IsRunning(LedgerKey key)
    {
        lock (_lock)
        {
            return _running.ContainsKey(key);
        }
    }

    /// <summary>Does <paramref name="work"/> again when the call of its step has ended.</summary>
    public void After(LedgerKey key, MessageWork work)
    {
        lock (_lock)
        {
            if (_running.TryGetValue(key, out var call))
            {
                call.Waiting.Add(work);
                return;
            }
        }

        engine.Lanes.Add(work);
    }

    /// <summary>Calls that a commit is about to begin: from now on they count as running.</summary>
    /// <exception cref="SagaConcurrencyException">Another lane was first with one of them; none is reserved.</exception>
    public void Reserve(IReadOnlyCollection<LedgerKey> keys)
    {
        if (keys.Count == 0)
        {
            return;
        }

        lock (_lock)
        {
            if (keys.FirstOrDefault(_running.ContainsKey) is { Step: not null } taken)
            {
                throw new SagaConcurrencyException($"The outside call of '{taken.Step}' of {taken.Scope} has been begun meanwhile.");
            }

            foreach (var key in keys)
            {
                _running.Add(key, new Call([]));
            }
        }
    }

    /// <summary>The commit did not happen: what waits for them goes on.</summary>
    public void Release(IReadOnlyCollection<LedgerKey> keys)
    {
        foreach (var key in keys)
        {
            Remove(key);
        }
    }

    /// <summary>Begins a call that was reserved.</summary>
    public void Begin(MessageWork work, Handler handler, object command, OutsideContext context) =>
        // Only messages with an envelope reach a handler.
        _ = RunAsync(MessageWork.LedgerKey(work.Envelope!), work, handler, command, context);

    private async Task RunAsync(LedgerKey key, MessageWork work, Handler handler, object command, OutsideContext context)
    {
        Work result;
        Task<object?>? call = null;
        try
        {
            await _places.WaitAsync(engine.Stopping);
            try
            {
                work.IsHandled(engine.Time);
                using var deadline = new CancellationTokenSource(engine.Options.OutsideDeadline, engine.Time);
                using var both = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, engine.Stopping);
                // Off the lane's thread, whatever the handler does before its first await. CallOutside is set on outside handlers.
                call = engine.Options.Surroundings.RunAsync(() => handler.CallOutside!(command, context, both.Token), both.Token);
                var outcome = await call.WaitAsync(both.Token);
                result = new OutcomeWork(work, handler, command, call, outcome, null);
            }
            finally
            {
                _places.Release();
            }
        }
        catch (OperationCanceledException) when (engine.Stopping.IsCancellationRequested)
        {
            // The message was not acknowledged: it comes again, marked as repeated.
            return;
        }
        catch (Exception exception)
        {
            var error = exception is OperationCanceledException ? new TimeoutException($"no outcome within {engine.Options.OutsideDeadline}") : exception;
            result = new OutcomeWork(work, handler, command, call ?? Task.CompletedTask, null, error);
        }

        engine.Lanes.Add(result);
    }

    /// <summary>
    /// The outcome is committed: what waited for it goes on. A handler that ignores its deadline still runs then, and nothing of
    /// its step may start beside it.
    /// </summary>
    public async Task EndAsync(LedgerKey key, Task call)
    {
        await call.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        Remove(key);
    }

    private void Remove(LedgerKey key)
    {
        Call? ended;
        lock (_lock)
        {
            _running.Remove(key, out ended);
        }

        ended?.Waiting.ForEach(engine.Lanes.Add);
    }

    private sealed record Call(List<MessageWork> Waiting);
}

/// <summary>The outcome of an outside call, on its way into a transaction.</summary>
internal sealed class OutcomeWork(MessageWork work, Handler handler, object command, Task call, object? outcome, Exception? error) : Work
{
    public override int? Affinity => work.Affinity;

    public override bool ComesAgain => true;

    public override void AddKeys(LoadRequest request, EventRouting routing) => work.AddKeys(request, routing);

    public override async ValueTask ApplyAsync(BatchRun run)
    {
        if (error is not null)
        {
            await work.RetryLaterAsync(run, error);
            return;
        }

        work.KeepOpen = false;
        await Participant.HandleOutcomeAsync(run, work, handler, command, outcome);
        work.TakeOffDelayed(run);
    }

    public override async ValueTask<bool> RecordFaultAsync(BatchRun run, Exception exception)
    {
        await work.RetryLaterAsync(run, exception);
        return true;
    }

    public override Delivery? Delivery => work.Delivery;

    public override MessageWork? Answered => work.Answered;

    // Only messages with an envelope reach a handler.
    public override void Committed(ServiceEngine engine) => _ = engine.Outside.EndAsync(MessageWork.LedgerKey(work.Envelope!), call);
}
