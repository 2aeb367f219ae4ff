using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using Skald.Decisions;
using Skald.Diagnostics;
using Skald.Messaging;
using Skald.Storage;

namespace Skald.Runtime;

/// <summary>
/// The loop of one service. Whatever has arrived becomes the next batch, without waiting for more: one message at low
/// load costs one message's latency, under load one commit carries hundreds.
/// </summary>
internal sealed partial class Lane(ServiceEngine engine)
{
    private readonly ConcurrentQueue<Work> _work = new();
    private readonly ConcurrentQueue<Work> _starts = new();
    private readonly AsyncSignal _signal = new();
    private volatile bool _dueCheck;
    private volatile bool _closed;

    // Projections, for events that were appended.
    private bool _othersWait;

    private static readonly TimeSpan MayKeepThread = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan LooksAgainAfter = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan SendingMayTake = TimeSpan.FromSeconds(3);

    /// <summary>Takes what leaves after a commit.</summary>
    public Sender Sender => field ??= new Sender(
        engine.Transport, engine.Model.Service, engine.Options.MessagesUnderWay, engine.Logger,
        time => engine.Due.NoLaterThan(engine.Time.GetUtcNow() + time), (work, delay) => _ = AddAfterAsync(work, delay));

    /// <summary>Work for sagas that exist: it goes first.</summary>
    public void Add(Work work)
    {
        _work.Enqueue(work);
        _signal.Set();
    }

    /// <summary>New sagas and requests: they fill what room is left, which is how an overload slows its callers down.</summary>
    public void AddRequest(Work work)
    {
        _starts.Enqueue(work);
        _signal.Set();
        if (_closed)
        {
            AbandonRequests();
        }
    }

    /// <summary>Looks for due work as soon as possible.</summary>
    public void CheckDue()
    {
        _dueCheck = true;
        _signal.Set();
    }

    /// <summary>Runs until the engine stops; what was begun is finished.</summary>
    public async Task RunAsync()
    {
        var batch = new List<Work>(engine.Options.BatchSize);
        var yielded = engine.Time.GetTimestamp();
        while (true)
        {
            try
            {
                var due = _dueCheck;
                if (due)
                {
                    _dueCheck = false;
                    await TakeDueAsync();
                }

                Fill(batch);
                AddConfirmed(batch, evenAlone: due || engine.Stopping.IsCancellationRequested);
                if (batch.Count > 0)
                {
                    await RunBatchAsync(batch);
                    batch.Clear();
                    await Sender.BoundAsync();
                    if (_othersWait || engine.Time.GetElapsedTime(yielded) > MayKeepThread)
                    {
                        // A store whose calls block, as SQLite's, would keep the thread from everybody else while there is work.
                        await Task.Yield();
                        (yielded, _othersWait) = (engine.Time.GetTimestamp(), false);
                    }
                }
                else if (engine.Stopping.IsCancellationRequested)
                {
                    break;
                }
                else
                {
                    await _signal.WaitAsync();
                }
            }
            catch (Exception exception) when (IsOutage(exception))
            {
                await OutageAsync(batch, exception);
                batch.Clear();
            }
            catch (Exception exception)
            {
                if (batch.Count == 0)
                {
                    engine.Logger.LookFailed(engine.Model.Service, exception);
                }

                batch.ForEach(work => LeaveForLater(work, exception));
                batch.Clear();
            }
        }

        _closed = true;
        AbandonRequests();
        HasSentAll = await Sender.EndAsync(Task.Delay(SendingMayTake, engine.Time));
    }

    /// <summary>It has ended, and nothing that it had to send is left.</summary>
    public bool HasSentAll { get; private set; }

    public void Wake() => _signal.Set();

    private void AbandonRequests()
    {
        while (_starts.TryDequeue(out var work))
        {
            work.Abandon(new InvalidOperationException($"Service '{engine.Model.Service}' has stopped."));
        }
    }

    private void Fill(List<Work> batch)
    {
        // A share is kept for requests, so that a steady stream of messages cannot shut them out.
        var size = engine.Options.BatchSize;
        var share = Math.Max(1, size / 8);
        while (batch.Count < size - (_starts.IsEmpty ? 0 : share) && _work.TryDequeue(out var work))
        {
            if (!work.ComesAgain || !engine.Stopping.IsCancellationRequested)
            {
                batch.Add(work);
            }
        }

        while (batch.Count < size && _starts.TryDequeue(out var start))
        {
            batch.Add(start);
        }
    }

    /// <summary>Rows of confirmed messages are deleted together with whatever is written next: that costs no commit of its own.</summary>
    private void AddConfirmed(List<Work> batch, bool evenAlone)
    {
        while ((batch.Count > 0 || evenAlone) && Sender.TryTakeConfirmed(out var confirmed))
        {
            batch.Add(confirmed);
        }
    }

    /// <summary>If a batch fails as a whole, its work is done one by one: the culprit is found, its neighbours never notice.</summary>
    private async Task RunBatchAsync(List<Work> batch)
    {
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                await CommitAsync(batch, careful: attempt > 1);
                return;
            }
            catch (SagaConcurrencyException) when (attempt < 5)
            {
                // Another process changed a saga meanwhile: read again, decide again.
            }
            catch (OperationCanceledException) when (engine.Stopping.IsCancellationRequested)
            {
                // Shutting down is no message's fault: unacknowledged, they come again, here or to another instance.
                batch.RemoveAll(work => work.Delivery is not null);
                break;
            }
            catch (Exception exception) when (CallTimeoutException.In(exception)?.Work is { } late)
            {
                // It is known who it was: nobody waits for it once more. It leaves the list when that is recorded.
                await RecordFaultAsync(late, exception);
                batch.Remove(late);
            }
            catch (Exception exception) when (!IsOutage(exception))
            {
                break;
            }
        }

        // What is done leaves the list: if the database goes away half-way, only the rest is kept for later.
        while (batch.Count > 0)
        {
            await RunAloneAsync(batch[0]);
            batch.RemoveAt(0);
        }
    }

    /// <summary>What happens to a batch, in order. A crash before the commit leaves nothing; after it, everything that follows can be repeated.</summary>
    private async Task CommitAsync(List<Work> batch, Func<BatchRun, Work, ValueTask>? apply = null, Func<bool>? wanted = null, bool careful = false)
    {
        var now = engine.Time.GetUtcNow();

        // 1. Begin, and load what the batch concerns.
        var request = new LoadRequest();
        foreach (var work in batch)
        {
            work.AddKeys(request, engine.Model.Routing);
        }

        BatchRun run;
        await using (var unit = await engine.Store.BeginAsync(request, CancellationToken.None))
        {
            // 2. Decide; handlers and local steps run here, inside the transaction.
            run = new BatchRun(engine, unit, request, now, engine.Stopping) { Careful = careful };
            using (engine.OwnCode.Enter())
            {
                await ApplyAsync(batch, run, unit, apply);

                if (wanted is not null && !wanted())
                {
                    return;
                }

                // 3. Write everything and commit.
                await run.PublishAppendedAsync();
                run.Complete();
                await engine.Projections.ApplyInlineAsync(run.Streams, unit, engine.Stopping);
            }

            if (run.CarriesMessages)
            {
                run.Changes.Received.AddRange(batch.Select(w => w.Delivery).OfType<Delivery>());
                run.Changes.Sending.AddRange(run.Outgoing);
            }

            await WriteAsync(run, unit);
        }

        // 4. It is done. What is not sent in the end comes back after this.
        foreach (var work in batch)
        {
            work.Committed(engine);
        }

        // 5. Send; nobody waits for it here. Acknowledge; a command whose answer nobody else could send again, when that is confirmed.
        var sends = run.Outgoing.Count > 0 && !run.CarriesMessages;
        var answered = sends ? batch.Select(work => work.Answered).OfType<MessageWork>().ToList() : [];
        var laterOn = answered.Select(work => work.Delivery).OfType<Delivery>().Where(delivery => delivery.ComesAgain).ToHashSet();
        if (sends)
        {
            Sender.Send(run.Outgoing, [.. run.Changes.Outbox.Select(row => row.Id)], answered);
        }

        Delivery.AcknowledgeAll([.. batch.Select(work => work.Delivery).OfType<Delivery>().Where(delivery => !laterOn.Contains(delivery))]);

        // 6. Tell those who wait.
        engine.Waiters.Tell(run.Ended);
        Tell(run.Facts);

        if (run.EarliestDue is { } due)
        {
            engine.Due.NoLaterThan(due);
        }

        _othersWait |= run.Streams?.Appended.Count > 0;
        if (engine.Projections.Appended(run.Streams) || (!run.Serves && run.WritesAnything))
        {
            engine.Store.WakeUp?.WakeOthers();
        }

        if (engine.Problem is { } problem)
        {
            engine.Absence.Ends(now, problem);
            engine.Problem = null;
        }
    }

    private void Tell(BatchFacts facts)
    {
        try
        {
            facts.Tell(engine.Logger);
        }
        catch (Exception exception) when (exception is not OutOfMemoryException)
        {
            // Whoever listens has thrown. It is committed all the same, and there is nobody left to tell.
        }
    }

    private static async Task ApplyAsync(List<Work> batch, BatchRun run, IUnitOfWork unit, Func<BatchRun, Work, ValueTask>? apply)
    {
        foreach (var work in batch)
        {
            try
            {
                await (apply is null ? work.ApplyAsync(run) : apply(run, work));
            }
            catch (Exception exception) when (CallTimeoutException.In(exception) is { } late)
            {
                // It may still run, and use what it was given.
                late.Work = work;
                await unit.AbandonAsync();
                throw;
            }
        }
    }

    private async Task WriteAsync(BatchRun run, IUnitOfWork unit)
    {
        try
        {
            if (run.Streams is not null)
            {
                await run.Streams.CheckBeliefsAsync();
            }

            await unit.CommitAsync(run.Changes, CancellationToken.None);
        }
        catch (SagaConcurrencyException)
        {
            run.Streams?.Refuted();
            throw;
        }
        catch (StoreUnavailableException)
        {
            // Perhaps it is committed all the same: then what these sagas have open was never sent.
            Sender.Unsent.Add(run.Changes.Sagas.Select(row => row.Id));
            throw;
        }

        run.Streams?.Committed();
    }

    private async Task TakeDueAsync()
    {
        if (!engine.Serves || engine.Stopping.IsCancellationRequested)
        {
            return;
        }

        const int limit = 500;
        var now = engine.Time.GetUtcNow();
        engine.Absence.LookBegins(now);
        // Whatever goes wrong from here on, there is a next look.
        engine.Due.Restart(now + LooksAgainAfter);
        var due = await engine.Store.TakeDueAsync(now, engine.Options.Lease, limit, CancellationToken.None);
        engine.Due.Restart(due.Next);
        var work = new List<Work>();
        var transportProblem = engine.Transport.Problem;
        var transportWorks = transportProblem is null;
        if (transportProblem is not null)
        {
            engine.Absence.Ends(now, transportProblem);
        }

        // A saga must not run into its deadlines because our own transport is down, or because its answer waits in our own queue.
        var sagasMayWake = transportWorks && _work.Count <= engine.Options.BatchSize;
        if (sagasMayWake)
        {
            work.AddRange(due.Sagas.Select(saga => new SagaWork(new SagaId(saga), new SagaInput.Woken(engine.Absence.Until), mustExist: false)));
            work.AddRange(due.Flows.Select(flow => new FlowWork(flow)));
        }

        work.AddRange(due.Delayed.Select(row => new MessageWork(row)));
        // A process that cannot send leaves orphans to others.
        if (transportWorks)
        {
            work.AddRange(due.Orphans.Select(orphan => new TakeOverWork(orphan.Saga, orphan.Incarnation, Sender.Unsent)));
            work.AddRange(Sender.Unsent.Next(limit).Select(saga => new TakeOverWork(saga, null, Sender.Unsent)));
        }

        // While the transport is down they only would pile up in memory: their claims run out, and they come again.
        if (due.Outbox.Count > 0 && transportWorks)
        {
            work.AddRange(Sender.Send(due.Outbox));
        }

        // At once, before due work is looked for again: nothing is taken twice.
        foreach (var batch in work.Chunk(engine.Options.BatchSize))
        {
            await RunBatchAsync([.. batch]);
            await Sender.BoundAsync();
        }

        var more = (sagasMayWake && (due.Sagas.Count == limit || due.Flows.Count == limit)) || due.Delayed.Count == limit
            || (transportWorks && (due.Outbox.Count == limit || due.Orphans.Count == limit));
        if (more)
        {
            engine.Due.Restart(now);
        }
        else if ((!sagasMayWake && due.Sagas.Count + due.Flows.Count > 0) || !Sender.Unsent.IsEmpty)
        {
            engine.Due.NoLaterThan(now + LooksAgainAfter);
        }

        await RemoveOldAsync(now);
        engine.Absence.LookEnded(engine.Time.GetUtcNow());
    }
}
