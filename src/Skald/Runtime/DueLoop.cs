using System.Collections.Concurrent;
using Skald.Decisions;
using Skald.Diagnostics;
using Skald.Messaging;
using Skald.Storage;

namespace Skald.Runtime;

/// <summary>
/// Finds what is due, claims it, and gives it to the lanes. It waits for none of them longer than for a share of the lease, and whatever goes wrong,
/// it looks again.
/// </summary>
internal sealed class DueLoop : IDisposable
{
    private const int Limit = 500;

    // Who is gone is noticed by those that look.
    private const int LooksInALease = 4;

    private static readonly TimeSpan LooksAgainAfter = TimeSpan.FromSeconds(1);

    private readonly ServiceEngine _engine;
    private readonly AsyncSignal _signal = new();
    private readonly DueTimer _timer;
    private readonly TimeSpan _pause;
    private readonly Retention _retention;

    // Until when delayed messages are this process's, by their ids: one that waits for long in its lane may be claimed again meanwhile.
    private readonly ConcurrentDictionary<Guid, long> _delayed = new();

    public DueLoop(ServiceEngine engine)
    {
        _engine = engine;
        _pause = engine.Options.Lease / LooksInALease;
        _timer = new DueTimer(engine.Time, () => engine.Clock.Now, _pause, Look);
        Absence = new Absence(engine.Model.Service, _pause, engine.Logger);
        _retention = new Retention(engine.Store.Retention, engine.Options.RequestsKeptFor);
    }

    /// <summary>When nobody here could have seen an answer.</summary>
    public Absence Absence { get; }

    /// <summary>Looks as soon as possible.</summary>
    public void Look() => _signal.Set();

    /// <summary>Looks at that time, or before.</summary>
    public void NoLaterThan(DateTimeOffset due) => _timer.NoLaterThan(due);

    /// <summary>Runs until the engine stops.</summary>
    public async Task RunAsync()
    {
        while (true)
        {
            await _signal.WaitAsync();
            if (_engine.Stopping.IsCancellationRequested)
            {
                return;
            }

            if (!_engine.Serves)
            {
                continue;
            }

            try
            {
                await LookOnceAsync();
            }
            catch (StoreUnavailableException exception)
            {
                _engine.StoreHealth.Fails(_engine.Clock.Now, exception);
            }
            catch (Exception exception)
            {
                _engine.Logger.LookFailed(_engine.Model.Service, exception);
            }
        }
    }

    public void Dispose() => _timer.Dispose();

    /// <summary>Whether a delayed message, as it is stored, is claimed by this process.</summary>
    public bool HasClaimed(DelayedRow stored) => _delayed.TryGetValue(stored.Id, out var until) && until == stored.Due;

    private async Task LookOnceAsync()
    {
        // Whatever goes wrong from here on, there is a next look.
        _timer.LookBegins(_engine.Clock.Now + LooksAgainAfter);
        using (await _engine.StoreTurn.TakeAsync())
        {
            await _engine.Clock.AskAsync(CancellationToken.None);
        }

        if (_engine.Stopping.IsCancellationRequested)
        {
            return;
        }

        Absence.LookBegins(_engine.Clock.Now);
        _engine.Lanes.Relieve();
        foreach (var confirmed in _engine.Sender.TakeConfirmed())
        {
            _engine.Lanes.Add(confirmed);
        }

        if (_engine.Transport.Problem is { } problem)
        {
            // Nobody runs into a deadline because our own transport is down, and what is due would only pile up in memory.
            Absence.Ends(_engine.Clock.Now, problem);
        }
        else
        {
            await TakeAsync();
        }

        Forget(_engine.Clock.Now);
        Absence.LookEnded(_engine.Clock.Now);
    }

    private void Forget(DateTimeOffset now)
    {
        foreach (var (id, until) in _delayed)
        {
            if (until < now.ToUnixTimeMilliseconds())
            {
                _delayed.TryRemove(id, out _);
            }
        }
    }

    private async Task TakeAsync()
    {
        // An answer may lie behind what waits already: no deadline passes because of us.
        var wakes = _engine.Lanes.HaveRoom;
        var (due, now) = await AskAsync(wakes);
        _engine.StoreHealth.Works(now);
        _timer.LookEnded(due.Next);
        HandOut(due);
        // An answer that is here already is taken in before anybody's deadline is judged. What is not woken is found again when its claim ends.
        if (due.Sagas.Count + due.Flows.Count > 0 && await PassAsync())
        {
            Wake(due, now);
        }

        await PassAsync();
        if (due.Sagas.Count == Limit || due.Flows.Count == Limit || due.Delayed.Count == Limit || due.Outbox.Count == Limit || due.Orphans.Count == Limit)
        {
            Look();
        }
        else if (!wakes || !_engine.Sender.Unsent.IsEmpty)
        {
            _timer.NoLaterThan(now + LooksAgainAfter);
        }

        if (!_engine.Stopping.IsCancellationRequested)
        {
            await RemoveAsync(now);
        }
    }

    /// <summary>Waits until the lanes are done with what they were given; not for one that is kept.</summary>
    private async Task<bool> PassAsync()
    {
        var passed = _engine.Lanes.PassAsync();
        return await Task.WhenAny(passed, Task.Delay(_pause, _engine.Time, _engine.Stopping)) == passed && await passed;
    }

    private async Task RemoveAsync(DateTimeOffset now)
    {
        using var turn = await _engine.StoreTurn.TakeAsync();
        if (await _retention.RemoveAsync(now))
        {
            Look();
        }
    }

    private async Task<(DueWork Due, DateTimeOffset Now)> AskAsync(bool wakes)
    {
        using var turn = await _engine.StoreTurn.TakeAsync();
        var now = _engine.Clock.Now;
        return (await _engine.Store.TakeDueAsync(now, _engine.Options.Lease, Limit, wakes, CancellationToken.None), now);
    }

    private void Wake(DueWork due, DateTimeOffset foundAt)
    {
        // An answer may be in the batch of a lane that is kept.
        foreach (var saga in due.Sagas.Select(saga => new SagaId(saga)).Where(saga => !_engine.Lanes.AreKeptWith(saga.GetHashCode())))
        {
            _engine.Lanes.Add(new SagaWork(saga, new SagaInput.Woken(Absence.Until, foundAt), mustExist: false));
        }

        foreach (var flow in due.Flows.Where(flow => !_engine.Lanes.AreKeptWith(flow.GetHashCode())))
        {
            _engine.Lanes.Add(new FlowWork(flow, foundAt));
        }
    }

    private void HandOut(DueWork due)
    {
        foreach (var row in due.Delayed)
        {
            _delayed[row.Id] = row.Due;
            _engine.Lanes.Add(new MessageWork(row));
        }

        foreach (var orphan in due.Orphans)
        {
            _engine.Lanes.Add(new TakeOverWork(orphan.Saga, orphan.Incarnation, _engine.Sender.Unsent));
        }

        foreach (var saga in _engine.Sender.Unsent.Next(Limit))
        {
            _engine.Lanes.Add(new TakeOverWork(saga, null, _engine.Sender.Unsent));
        }

        foreach (var unreadable in _engine.Sender.Send(due.Outbox))
        {
            _engine.Lanes.Add(unreadable);
        }
    }
}
