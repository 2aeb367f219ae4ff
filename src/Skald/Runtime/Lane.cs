using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using Skald.Decisions;
using Skald.Diagnostics;
using Skald.Messaging;
using Skald.Storage;

namespace Skald.Runtime;

/// <summary>
/// A loop of a service. Whatever has arrived becomes the next batch, without waiting for more: one message at low
/// load costs one message's latency, under load one commit carries hundreds.
/// </summary>
internal sealed partial class Lane(ServiceEngine engine)
{
    private readonly ConcurrentQueue<Work> _work = new();
    private readonly Admission _admission = new(engine.Model.Service, engine.Options, engine.Backpressure, engine.Time);
    private readonly AsyncSignal _signal = new();
    private readonly Occupation _occupation = new(engine.Time);
    private volatile bool _closed;

    // Projections, for events that were appended.
    private bool _othersWait;

    private static readonly TimeSpan MayKeepThread = TimeSpan.FromMilliseconds(50);

    /// <summary>The call of code that is not ours which is under way.</summary>
    public CallWatch Calls { get; } = new(engine.Options.CallDeadline, engine.Time, engine.Logger, engine.Stopping);

    /// <summary>How much work lies before it, requests aside.</summary>
    public int Waiting => _work.Count;

    /// <summary>How many requests wait.</summary>
    public int Asked => _admission.Waiting;

    /// <summary>Whether something keeps it in one batch.</summary>
    public bool IsKept => _occupation.IsLong;

    /// <summary>Whether it is kept, and what keeps it may concern this.</summary>
    public bool IsKeptWith(int affinity) => _occupation.IsLongWith(affinity);

    /// <summary>Whether it has nothing to do.</summary>
    public bool IsIdle => _work.IsEmpty && _admission.Waiting == 0 && _occupation.IsNone;

    /// <summary>Gives up what it has not begun, in its order.</summary>
    public (List<Work> Work, List<Work> Requests) GiveBack() => (TakeAll(), _admission.TakeAll());

    /// <summary>Requests that have waited for too long are refused.</summary>
    public void RefuseOverdue() => _admission.RefuseOverdue();

    /// <summary>Work for sagas that exist: it goes first.</summary>
    public void Add(Work work)
    {
        _work.Enqueue(work);
        _signal.Set();
    }

    /// <summary>New sagas and requests: they fill what room is left, which is how an overload slows its callers down.</summary>
    public void AddRequest(Work work)
    {
        _admission.Add(work);
        _signal.Set();
        if (_closed)
        {
            AbandonRequests();
        }
    }

    /// <summary>Ends when it is done with what it was given before.</summary>
    /// <returns>Whether it is; false when some of it failed, or went to another lane.</returns>
    public Task<bool> PassAsync()
    {
        var mark = new PassedWork();
        Add(mark);
        return mark.Passed;
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
                Fill(batch);
                AddConfirmed(batch, evenAlone: engine.Stopping.IsCancellationRequested);
                if (batch.Count > 0)
                {
                    _occupation.Begins(engine.Lanes.AreSeveral ? ConcernsOf(batch) : []);
                    await RunBatchAsync(batch);
                    _occupation.Ends(well: true);
                    batch.Clear();
                    await engine.Sender.BoundAsync();
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
                    _occupation.Ends(well: true);
                    await _signal.WaitAsync();
                }
            }
            catch (Exception exception) when (IsOutage(exception))
            {
                _occupation.Ends(well: false);
                await OutageAsync(batch, exception);
                batch.Clear();
            }
            catch (Exception exception)
            {
                _occupation.Ends(well: false);
                batch.ForEach(work => LeaveForLater(work, exception));
                batch.Clear();
            }
        }

        _closed = true;
        AbandonRequests();
    }

    public void Wake() => _signal.Set();

    private int[] ConcernsOf(List<Work> batch)
    {
        var concerns = new List<int>(batch.Count);
        foreach (var work in batch)
        {
            if (work.Affinity is { } one)
            {
                concerns.Add(one);
            }

            if (work.AlsoConcerns(engine.Model.Routing) is { } another)
            {
                concerns.Add(another);
            }
        }

        return [.. concerns];
    }

    private List<Work> TakeAll()
    {
        var all = new List<Work>();
        while (_work.TryDequeue(out var work))
        {
            all.Add(work);
        }

        return all;
    }

    private void AbandonRequests() => _admission.TakeAll().ForEach(request => request.Abandon(HasStopped()));

    private InvalidOperationException HasStopped(Exception? during = null) => new($"Service '{engine.Model.Service}' has stopped.", during);

    private void Fill(List<Work> batch)
    {
        // A share is kept for requests, so that a steady stream of messages cannot shut them out.
        var size = engine.Options.BatchSize;
        var share = Math.Max(1, size / 8);
        while (batch.Count < size - (_admission.HasNext ? share : 0) && _work.TryDequeue(out var work))
        {
            if (work is PassedWork mark)
            {
                _occupation.Marks(mark);
            }
            else if (!work.ComesAgain || work is ConfirmedWork || !engine.Stopping.IsCancellationRequested)
            {
                batch.Add(work);
            }
        }

        while (batch.Count < size && _admission.TryTake(out var request))
        {
            if (!request.IsGivenUp)
            {
                batch.Add(request);
            }
        }
    }

    /// <summary>Rows of confirmed messages are deleted together with whatever is written next: that costs no commit of its own.</summary>
    private void AddConfirmed(List<Work> batch, bool evenAlone)
    {
        while ((batch.Count > 0 || evenAlone) && engine.Sender.TryTakeConfirmed(out var confirmed))
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
                // Another process, or another lane, changed a saga meanwhile: read again, decide again.
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
        var now = engine.Clock.Now;

        // 1. Begin, and load what the batch concerns.
        var request = new LoadRequest();
        foreach (var work in batch)
        {
            work.AddKeys(request, engine.Model.Routing);
        }

        BatchRun run;
        bool wakes;
        using (await engine.StoreTurn.TakeAsync())
        await using (var unit = await engine.Store.BeginAsync(request, CancellationToken.None))
        {
            // 2. Decide; handlers and local steps run here, inside the transaction.
            run = new BatchRun(engine, Calls, unit, request, now, engine.Stopping) { Careful = careful };
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
            wakes = unit.HasWoken && run.Changes.FreesLocks;
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
            engine.Sender.Send(run.Outgoing, [.. run.Changes.Outbox.Select(row => row.Id)], answered);
        }

        Delivery.AcknowledgeAll([.. batch.Select(work => work.Delivery).OfType<Delivery>().Where(delivery => !laterOn.Contains(delivery))]);

        // 6. Tell those who wait.
        engine.Waiters.Tell(run.Ended);
        Tell(run.Facts);

        if (run.EarliestDue is { } due)
        {
            engine.Due.NoLaterThan(due);
        }

        if (wakes && run.Serves)
        {
            engine.Due.Look();
        }

        _othersWait |= run.Streams?.Appended.Count > 0;
        if (engine.Projections.Appended(run.Streams) || (!run.Serves && run.WritesAnything))
        {
            engine.Store.WakeUp?.WakeOthers();
        }

        engine.StoreHealth.Works(engine.Clock.Now);
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
        // From the commit on, copies in other lanes must know of the calls that it begins.
        engine.Outside.Reserve(run.BegunOutside);
        try
        {
            await WriteOnceAsync(run, unit);
        }
        catch
        {
            engine.Outside.Release(run.BegunOutside);
            throw;
        }
    }

    private async Task WriteOnceAsync(BatchRun run, IUnitOfWork unit)
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
            engine.Sender.Unsent.Add(run.Changes.Sagas.Select(row => row.Id));
            throw;
        }

        run.Streams?.Committed();
    }
}
