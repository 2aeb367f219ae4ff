using Skald.Diagnostics;
using Skald.Storage;

namespace Skald.Runtime;

/// <summary>
/// Tries a batch until each of its work is done, or it is recorded that it failed: if the batch fails as a whole, its work is done one by one. So the
/// culprit is found, and its neighbours never notice. An outage of the database is nobody's fault and goes on to the caller.
/// </summary>
/// <param name="setup">The service.</param>
/// <param name="transaction">Carries a batch out.</param>
/// <param name="comeAgain">Gives work to its lane once more, after a while.</param>
internal sealed class BatchAttempts(ServiceSetup setup, BatchTransaction transaction, Action<Work, TimeSpan> comeAgain)
{
    private const int Attempts = 5;

    private static readonly TimeSpan LaterIs = TimeSpan.FromSeconds(5);

    public static bool IsOutage(Exception exception) => exception is StoreUnavailableException;

    /// <summary>Carries the batch out. What is done leaves the list: if the database goes away half-way, only the rest is kept for later.</summary>
    /// <returns>What was done, if all of it was done together; else null.</returns>
    /// <exception cref="StoreUnavailableException">The database is away; what is left in the list is not done.</exception>
    public async Task<BatchRun?> RunAsync(List<Work> batch)
    {
        if (await TryTogetherAsync(batch) is { } run)
        {
            batch.Clear();
            return run;
        }

        while (batch.Count > 0)
        {
            await RunAloneAsync(batch[0]);
            batch.RemoveAt(0);
        }

        return null;
    }

    /// <summary>Neither doing it nor recording that it failed worked: others go on, and it is tried again after a while.</summary>
    public void LeaveForLater(Work work, Exception exception)
    {
        setup.Logger.WorkFailed(setup.Service, exception);
        if (work.ComesAgain)
        {
            comeAgain(work, LaterIs);
        }
        else
        {
            work.Abandon(exception);
        }
    }

    /// <summary>What is told to those whose work is not begun, or not finished, because the service stops.</summary>
    public InvalidOperationException HasStopped(Exception? during = null) => new($"Service '{setup.Service}' has stopped.", during);

    private async Task<BatchRun?> TryTogetherAsync(List<Work> batch)
    {
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                return await transaction.CommitAsync(batch, careful: attempt > 1);
            }
            catch (SagaConcurrencyException) when (attempt < Attempts)
            {
                // Another process, or another lane, changed a saga meanwhile: read again, decide again.
            }
            catch (OperationCanceledException) when (setup.IsStopping)
            {
                // Shutting down is no message's fault: unacknowledged, they come again, here or to another instance.
                batch.RemoveAll(work => work.Delivery is not null);
                return null;
            }
            catch (Exception exception) when (CallTimeoutException.In(exception)?.Work is { } late)
            {
                // It is known who it was: nobody waits for it once more. It leaves the list when that is recorded.
                await RecordFaultAsync(late, exception);
                batch.Remove(late);
            }
            catch (Exception exception) when (!IsOutage(exception))
            {
                return null;
            }
        }
    }

    private async Task RunAloneAsync(Work work)
    {
        work.LooksEverythingUp = true;
        try
        {
            await transaction.CommitAsync([work], careful: true);
        }
        catch (Exception exception) when (!IsOutage(exception))
        {
            if (setup.IsStopping && exception is OperationCanceledException)
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
        await transaction.CommitAsync(
            [work],
            async (run, faulty) =>
            {
                run.Sagas.Faults = faults;
                recorded = await faulty.RecordFaultAsync(run, exception);
            },
            () => recorded);
        return recorded;
    }
}
