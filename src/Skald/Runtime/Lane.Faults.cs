using Skald.Diagnostics;
using Skald.Storage;

namespace Skald.Runtime;

// When a batch fails: find the culprit, record that it failed, leave its neighbours alone. And when the database is away.
internal sealed partial class Lane
{
    private async Task RunAloneAsync(Work work)
    {
        work.LooksEverythingUp = true;
        try
        {
            await CommitAsync([work], careful: true);
        }
        catch (Exception exception) when (!IsOutage(exception))
        {
            if (engine.Stopping.IsCancellationRequested && exception is OperationCanceledException)
            {
                // Shutting down is not the message's fault; unacknowledged, it comes again.
                work.Abandon(HasStopped(exception));
                return;
            }

            await RecordFaultAsync(work, exception);
        }
    }

    /// <summary>
    /// Records that work failed. That may run other local code (the undo of an earlier step), which may fail as well: then both
    /// are recorded. A saga has finitely many steps, so this ends.
    /// </summary>
    private async Task RecordFaultAsync(Work work, Exception exception)
    {
        var faults = new List<LocalStepException>();
        while (true)
        {
            if (exception is LocalStepException fault)
            {
                faults.Add(fault);
            }

            try
            {
                if (!await TryRecordFaultAsync(work, exception, faults))
                {
                    work.Abandon(exception);
                }

                return;
            }
            catch (LocalStepException another) when (!faults.Any(f => f.IsSame(another)))
            {
                exception = another;
            }
            catch (Exception unexpected) when (!IsOutage(unexpected))
            {
                LeaveForLater(work, unexpected);
                return;
            }
        }
    }

    private async Task<bool> TryRecordFaultAsync(Work work, Exception exception, List<LocalStepException> faults)
    {
        var recorded = false;
        await CommitAsync(
            [work],
            async (run, faulty) =>
            {
                run.Faults = faults;
                recorded = await faulty.RecordFaultAsync(run, exception);
            },
            () => recorded);
        return recorded;
    }

    /// <summary>Neither doing it nor recording that it failed worked: others go on, and it is tried again after a while.</summary>
    private void LeaveForLater(Work work, Exception exception)
    {
        engine.Logger.WorkFailed(engine.Model.Service, exception);
        if (work.ComesAgain)
        {
            _ = AddAfterAsync(work, TimeSpan.FromSeconds(5));
        }
        else
        {
            work.Abandon(exception);
        }
    }

    /// <summary>Gives it to the lane after a while.</summary>
    public async Task AddAfterAsync(Work work, TimeSpan delay)
    {
        await Task.Delay(delay, engine.Time, engine.Stopping).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        Add(work);
    }

    private static bool IsOutage(Exception exception) => exception is StoreUnavailableException;

    /// <summary>The database could not be reached or written: nothing is lost, everything that can wait is tried again.</summary>
    private async Task OutageAsync(List<Work> batch, Exception exception)
    {
        engine.StoreHealth.Fails(engine.Clock.Now, exception);
        foreach (var work in batch)
        {
            if (work.ComesAgain && !engine.Stopping.IsCancellationRequested)
            {
                _work.Enqueue(work);
            }
            else
            {
                work.Abandon(exception);
            }
        }

        await Task.Delay(TimeSpan.FromSeconds(1), engine.Time, engine.Stopping).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }
}
