using Skald.Decisions;
using Skald.Diagnostics;
using Skald.Messaging;
using Skald.Storage;

namespace Skald.Runtime;

/// <summary>
/// Finds what is due, claims it, and gives it to the lanes. It waits for none of them longer than for a share of the lease, and whatever goes wrong,
/// it looks again.
/// </summary>
/// <param name="setup">The service.</param>
/// <param name="store">Its store, which knows what is due.</param>
/// <param name="transport">While it is away, nothing is woken.</param>
/// <param name="broker">Asked before a deadline is judged.</param>
/// <param name="signal">When to look.</param>
/// <param name="claims">Takes note of what was claimed.</param>
/// <param name="absence">Learns from the pauses between looks.</param>
/// <param name="sender">Takes rows of the outbox that are due, and knows what is to be sent again.</param>
/// <param name="lanes">Take everything else.</param>
internal sealed class DueLoop(
    ServiceSetup setup, StoreAccess store, ITransport transport, BrokerWatch broker, DueSignal signal, DelayedClaims claims, Absence absence, Sender sender, Lanes lanes)
{
    private const int Least = 100;
    private const int Most = 500;

    // Who is gone is noticed by those that look.
    private const int LooksInALease = 4;

    private static readonly TimeSpan LooksAgainAfter = TimeSpan.FromMilliseconds(500);

    /// <summary>How much is taken at one look. Where a look keeps the lane waiting, hardly more than a batch.</summary>
    private readonly int _limit = store.Store.AllowsParallelUnits ? Most : Math.Clamp(setup.Options.BatchSize, Least, Most);

    private readonly TimeSpan _pause = LongestPause(setup.Options);
    private readonly StrangerWatch _strangers = new(LongestPause(setup.Options), setup.Options.Lease);

    /// <summary>The longest that should lie between two looks.</summary>
    public static TimeSpan LongestPause(SkaldOptions options) => options.Lease / LooksInALease;

    /// <summary>Runs until the service stops.</summary>
    public async Task RunAsync()
    {
        while (true)
        {
            await signal.WaitAsync();
            if (setup.IsStopping)
            {
                return;
            }

            if (!store.Serves)
            {
                continue;
            }

            try
            {
                await LookOnceAsync();
            }
            catch (StoreUnavailableException exception)
            {
                store.Fails(exception);
            }
            catch (Exception exception)
            {
                setup.Logger.LookFailed(setup.Service, exception);
            }
        }
    }

    private async Task LookOnceAsync()
    {
        // Whatever goes wrong from here on, there is a next look.
        signal.LookBegins(store.Now + LooksAgainAfter);
        using (await store.Turn.TakeAsync())
        {
            await store.Clock.AskAsync(CancellationToken.None);
        }

        if (setup.IsStopping)
        {
            return;
        }

        absence.LookBegins(store.Now);
        lanes.Relieve();
        foreach (var confirmed in sender.TakeConfirmed())
        {
            lanes.Add(confirmed);
        }

        if (transport.Problem is { } problem)
        {
            // Nobody runs into a deadline because our own transport is down, and what is due would only pile up in memory.
            absence.Ends(store.Now, problem);
        }
        else
        {
            await TakeAsync();
        }

        claims.Forget(store.Now);
        absence.LookEnded(store.Now);
    }

    private async Task TakeAsync()
    {
        // An answer may lie behind what waits already: no deadline passes because of us.
        var wakes = lanes.HaveRoom;
        var (due, now) = await AskAsync(wakes);
        store.Works();
        signal.LookEnded(due.Next);
        HandOut(due);
        // An answer that is here already is taken in before anybody's deadline is judged. What is not woken is found again when its claim ends.
        if (due.Sagas.Count + due.Flows.Count > 0)
        {
            await AskBrokerAsync();
            if (await PassAsync())
            {
                Wake(due, now);
            }
        }

        if (wakes && due.Sagas.Count < _limit && _strangers.IsToLook(now))
        {
            await LookForStrangersAsync(now);
        }

        await PassAsync();
        if (due.Sagas.Count == _limit || due.Flows.Count == _limit || due.Delayed.Count == _limit || due.Outbox.Count == _limit || due.Orphans.Count == _limit)
        {
            signal.Look();
        }
        else if (!wakes || !sender.Unsent.IsEmpty)
        {
            signal.NoLaterThan(now + LooksAgainAfter);
        }
    }

    /// <summary>What is nobody's is parked, so that people see it.</summary>
    private async Task LookForStrangersAsync(DateTimeOffset now)
    {
        Strangers found;
        using (await store.Turn.TakeAsync())
        {
            found = await store.Store.FindStrangersAsync(now, _limit, CancellationToken.None);
        }

        foreach (var saga in _strangers.Learn(found.Nobodys, now, again: found.Returned.Count == _limit))
        {
            lanes.Add(new StrandWork(saga, now + _pause));
        }

        foreach (var saga in found.Returned)
        {
            lanes.Add(new TakeOverWork(saga, SagaRow.OfNobodyWhoKnowsIt, sender.Unsent));
        }

        if (found.Returned.Count == _limit)
        {
            signal.Look();
        }
    }

    /// <summary>A broker that stands still keeps answers back, and nothing but its silence shows it: then deadlines say nothing.</summary>
    private async Task AskBrokerAsync()
    {
        if (!await broker.AnswersAsync() && !setup.IsStopping)
        {
            absence.Ends(store.Now, "its broker does not answer");
        }
    }

    /// <summary>Waits until the lanes are done with what they were given; not for one that is kept.</summary>
    private async Task<bool> PassAsync()
    {
        var passed = lanes.PassAsync();
        return await Task.WhenAny(passed, Task.Delay(_pause, setup.Time, setup.Stopping)) == passed && await passed;
    }

    private async Task<(DueWork Due, DateTimeOffset Now)> AskAsync(bool wakes)
    {
        using var turn = await store.Turn.TakeAsync();
        var now = store.Now;
        return (await store.Store.TakeDueAsync(now, setup.Options.Lease, _limit, wakes, CancellationToken.None), now);
    }

    private void Wake(DueWork due, DateTimeOffset foundAt)
    {
        // An answer may be in the batch of a lane that is kept.
        foreach (var saga in due.Sagas.Select(saga => new SagaId(saga)).Where(saga => !lanes.AreKeptWith(saga.GetHashCode())))
        {
            lanes.Add(new WakeWork(saga, new SagaInput.Woken(absence.Until, foundAt)));
        }

        foreach (var flow in due.Flows.Where(flow => !lanes.AreKeptWith(flow.GetHashCode())))
        {
            lanes.Add(new FlowWork(flow, foundAt));
        }
    }

    private void HandOut(DueWork due)
    {
        foreach (var row in due.Delayed)
        {
            claims.Add(row);
            lanes.Add(new MessageWork(row));
        }

        foreach (var orphan in due.Orphans)
        {
            lanes.Add(new TakeOverWork(orphan.Saga, orphan.Incarnation, sender.Unsent));
        }

        foreach (var saga in sender.Unsent.Next(_limit))
        {
            lanes.Add(new TakeOverWork(saga, null, sender.Unsent));
        }

        foreach (var unreadable in sender.Send(due.Outbox))
        {
            lanes.Add(unreadable);
        }
    }
}
