using Skald.Diagnostics;
using Skald.Messaging;
using Skald.Storage;

namespace Skald.Runtime;

/// <summary>Calls to the outside world under way: beside the lane, at most so many at once, each under a deadline.</summary>
/// <param name="setup">The service.</param>
/// <param name="add">Gives an outcome, or what waited for one, to the lanes.</param>
internal sealed class OutsideCalls(ServiceSetup setup, Action<Work> add) : IDisposable
{
    private readonly SemaphoreSlim _places = new(setup.Options.OutsideConcurrency);
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

        add(work);
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
            await _places.WaitAsync(setup.Stopping);
            try
            {
                work.BeginsHandling(setup.Time);
                using var deadline = new CancellationTokenSource(setup.Options.OutsideDeadline, setup.Time);
                using var both = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, setup.Stopping);
                // Off the lane's thread, whatever the handler does before its first await. CallOutside is set on outside handlers.
                call = setup.Options.Surroundings.RunAsync(() => CallAsync(work.Envelope!, handler, command, context, both.Token), both.Token);
                var outcome = await call.WaitAsync(both.Token);
                result = new OutcomeWork(this, work, handler, command, call, outcome, null);
            }
            finally
            {
                _places.Release();
            }
        }
        catch (OperationCanceledException) when (setup.Stopping.IsCancellationRequested)
        {
            // The message was not acknowledged: it comes again, marked as repeated.
            return;
        }
        catch (Exception exception)
        {
            var error = exception is OperationCanceledException ? new TimeoutException($"no outcome within {setup.Options.OutsideDeadline}") : exception;
            result = new OutcomeWork(this, work, handler, command, call ?? Task.CompletedTask, null, error);
        }

        add(result);
    }

    private async Task<object?> CallAsync(Envelope message, Handler handler, object command, OutsideContext context, CancellationToken cancellationToken)
    {
        using var traced = TracedCall.Begin(new CallCause(setup.Service, message.TraceParent) { Message = message, IsOutside = true }, setup);
        try
        {
            var outcome = await handler.CallOutside!(command, context, cancellationToken);
            traced.Returned(null);
            return outcome;
        }
        catch (Exception exception)
        {
            traced.Failed(exception);
            throw;
        }
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

        ended?.Waiting.ForEach(add);
    }

    private sealed record Call(List<MessageWork> Waiting);
}

/// <summary>The outcome of an outside call, on its way into a transaction.</summary>
internal sealed class OutcomeWork(OutsideCalls calls, MessageWork work, Handler handler, object command, Task call, object? outcome, Exception? error) : Work
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
    public override void Committed(Aftermath after) => _ = calls.EndAsync(MessageWork.LedgerKey(work.Envelope!), call);
}
