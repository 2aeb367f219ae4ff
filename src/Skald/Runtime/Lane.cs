using System.Collections.Concurrent;

namespace Skald.Runtime;

/// <summary>
/// A loop of a service. Whatever has arrived becomes the next batch, without waiting for more: one message at low
/// load costs one message's latency, under load one commit carries hundreds.
/// </summary>
internal sealed class Lane
{
    private static readonly TimeSpan MayKeepThread = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan TriesAgainAfter = TimeSpan.FromMilliseconds(500);

    private readonly ServiceSetup _setup;
    private readonly StoreAccess _store;
    private readonly Sender _sender;
    private readonly UnderWay _underWay;
    private readonly BatchAttempts _attempts;
    private readonly bool _isOneOfSeveral;
    private readonly BatchBound _bound;
    private readonly ConcurrentQueue<Work> _work = new();
    private readonly Admission _admission;
    private readonly AsyncSignal _signal = new();
    private readonly Occupation _occupation;
    private bool _takesRequest;
    private volatile bool _closed;

    /// <param name="setup">The service.</param>
    /// <param name="store">Told when it cannot be used.</param>
    /// <param name="sender">Knows which rows can be deleted.</param>
    /// <param name="underWay">Bounds what is under way.</param>
    /// <param name="backpressure">Says whether new sagas wait.</param>
    /// <param name="isOneOfSeveral">Whether others look at what its batch concerns.</param>
    /// <param name="transaction">Makes what carries its batches out, and watches over calls of code that is not ours.</param>
    public Lane(
        ServiceSetup setup, StoreAccess store, Sender sender, UnderWay underWay, Backpressure backpressure, bool isOneOfSeveral, Func<CallWatch, BatchTransaction> transaction)
    {
        (_setup, _store, _sender, _underWay, _isOneOfSeveral) = (setup, store, sender, underWay, isOneOfSeveral);
        Calls = new CallWatch(setup.Options.CallDeadline, setup.Time, setup.Logger, setup.Stopping);
        _bound = new BatchBound(setup.Options.BatchSize);
        _attempts = new BatchAttempts(setup, transaction(Calls), (work, delay) => _ = AddAfterAsync(work, delay));
        _admission = new Admission(setup.Service, setup.Options, backpressure, setup.Time);
        _occupation = new Occupation(setup.Time);
    }

    /// <summary>The call of code that is not ours which is under way.</summary>
    public CallWatch Calls { get; }

    /// <summary>How much work lies before it, requests aside.</summary>
    public int Waiting => _work.Count;

    /// <summary>How many requests wait.</summary>
    public int Asked => _admission.Queued;

    /// <summary>Whether it is in the middle of a batch.</summary>
    public bool IsBusy => !_occupation.IsNone;

    /// <summary>Whether something keeps it in one batch.</summary>
    public bool IsKept => _occupation.IsLong;

    /// <summary>Whether it is kept, and what keeps it may concern this.</summary>
    public bool IsKeptWith(int affinity) => _occupation.IsLongWith(affinity);

    /// <summary>Whether it has nothing to do.</summary>
    public bool IsIdle => _work.IsEmpty && _admission.Waiting == 0 && _occupation.IsNone;

    /// <summary>Gives up what it has not begun, in its order.</summary>
    public (List<Work> Work, List<Work> Requests) GiveBack()
    {
        var given = new List<Work>();
        while (_work.TryDequeue(out var work))
        {
            given.Add(work);
        }

        return (given, _admission.TakeAll());
    }

    /// <summary>Requests that have waited for too long are refused; the others may have their turn.</summary>
    public void RefuseOverdue()
    {
        _admission.RefuseOverdue();
        _signal.Set();
    }

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

    /// <summary>Runs until the service stops; what was begun is finished.</summary>
    public async Task RunAsync()
    {
        var batch = new List<Work>(_setup.Options.BatchSize);
        var yielded = _setup.Time.GetTimestamp();
        while (true)
        {
            try
            {
                Fill(batch);
                var filled = batch.Count;
                AddConfirmed(batch, evenAlone: _setup.IsStopping);
                if (batch.Count > 0)
                {
                    _occupation.Begins(_isOneOfSeveral ? ConcernsOf(batch) : []);
                    var run = await _attempts.RunAsync(batch);
                    _occupation.Ends(well: true);
                    if (run is not null)
                    {
                        _bound.Learn(filled, run.Bytes);
                    }

                    await _underWay.BoundAsync();
                    if (run?.Streams?.Appended.Count > 0 || _setup.Time.GetElapsedTime(yielded) > MayKeepThread)
                    {
                        // A store whose calls block, as SQLite's, would keep the thread from everybody else while there is work; projections wait for it.
                        await Task.Yield();
                        yielded = _setup.Time.GetTimestamp();
                    }
                }
                else if (_setup.IsStopping)
                {
                    break;
                }
                else
                {
                    _occupation.Ends(well: true);
                    await _signal.WaitAsync();
                }
            }
            catch (Exception exception) when (BatchAttempts.IsOutage(exception))
            {
                _occupation.Ends(well: false);
                await OutageAsync(batch, exception);
                batch.Clear();
            }
            catch (Exception exception)
            {
                _occupation.Ends(well: false);
                batch.ForEach(work => _attempts.LeaveForLater(work, exception));
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

            if (work.AlsoConcerns(_setup.Model.Routing) is { } another)
            {
                concerns.Add(another);
            }
        }

        return [.. concerns];
    }

    private void AbandonRequests() => _admission.TakeAll().ForEach(request => request.Abandon(_attempts.HasStopped()));

    private void Fill(List<Work> batch)
    {
        // A share is kept for requests, so that a steady stream of messages cannot shut them out; of what goes one by one, every second.
        var size = _bound.Size;
        _takesRequest = _admission.Waiting > 0 && (size > 1 || !_takesRequest);
        var share = _takesRequest ? Math.Max(1, size / 8) : 0;
        // And nobody who asks waits for all that is due.
        var due = _takesRequest ? Math.Max(1, size / 8) : size;
        while (batch.Count < size - share && _work.TryPeek(out var next) && (next is not WakeWork || due-- > 0) && _work.TryDequeue(out var work))
        {
            if (work is PassedWork mark)
            {
                _occupation.Marks(mark);
            }
            else if (!work.ComesAgain || work is ConfirmedWork || !_setup.IsStopping)
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

        if (batch.Count == 0 && !_work.IsEmpty)
        {
            // The share was kept for somebody who has gone.
            _signal.Set();
        }
    }

    /// <summary>Rows of confirmed messages are deleted together with whatever is written next: that costs no commit of its own.</summary>
    private void AddConfirmed(List<Work> batch, bool evenAlone)
    {
        while ((batch.Count > 0 || evenAlone) && _sender.TryTakeConfirmed(out var confirmed))
        {
            batch.Add(confirmed);
        }
    }

    private async Task AddAfterAsync(Work work, TimeSpan delay)
    {
        await _setup.PauseAsync(delay);
        Add(work);
    }

    /// <summary>The database could not be reached or written: nothing is lost, everything that can wait is tried again.</summary>
    private async Task OutageAsync(List<Work> batch, Exception exception)
    {
        _store.Fails(exception);
        foreach (var work in batch)
        {
            if (work.ComesAgain && !_setup.IsStopping)
            {
                _work.Enqueue(work);
            }
            else
            {
                work.Abandon(exception);
            }
        }

        await _setup.PauseAsync(TriesAgainAfter);
    }
}
