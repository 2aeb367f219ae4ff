using Skald.Diagnostics;
using Skald.Messaging;
using Skald.Storage;

namespace Skald.Runtime;

/// <summary>
/// Carries a batch of a lane out, in one transaction: load, decide, write, commit, and what follows. A crash before the commit leaves nothing; after it,
/// everything that follows can be repeated.
/// </summary>
/// <param name="parts">What the work may use; outside calls are reserved here, inline projections applied.</param>
/// <param name="calls">The lane's call of code that is not ours.</param>
/// <param name="ownCode">Knows that such code runs inside a batch.</param>
/// <param name="sender">Told what may be committed and is not sent.</param>
/// <param name="aftermath">What follows the commit.</param>
internal sealed class BatchTransaction(BatchParts parts, CallWatch calls, OwnCode ownCode, Sender sender, Aftermath aftermath)
{
    private readonly ServiceSetup _setup = parts.Setup;
    private readonly StoreAccess _store = parts.Store;

    /// <param name="batch">The work, in its order.</param>
    /// <param name="apply">What is done with each; it is applied, unless said otherwise.</param>
    /// <param name="wanted">Asked before anything is written: if it is not wanted, nothing is.</param>
    /// <param name="careful">A second attempt: what looked new is looked up.</param>
    /// <returns>What was done; null when it was not wanted.</returns>
    public async Task<BatchRun?> CommitAsync(List<Work> batch, Func<BatchRun, Work, ValueTask>? apply = null, Func<bool>? wanted = null, bool careful = false)
    {
        var (run, wakes) = await TracedAsync(batch, apply, wanted, careful);
        if (run is not null)
        {
            aftermath.Follows(batch, run, wakes);
        }

        return run;
    }

    private async Task<(BatchRun? Run, bool Wakes)> TracedAsync(List<Work> batch, Func<BatchRun, Work, ValueTask>? apply, Func<bool>? wanted, bool careful)
    {
        var span = Tracing.IsOn ? Tracing.Commit(_setup.Service, batch.Count, batch.Select(work => (work as MessageWork)?.Envelope?.TraceParent)) : null;
        try
        {
            return await TransactAsync(batch, apply, wanted, careful);
        }
        catch (Exception exception)
        {
            span?.Failed(exception);
            throw;
        }
        finally
        {
            span?.End();
        }
    }

    private async Task<(BatchRun? Run, bool Wakes)> TransactAsync(List<Work> batch, Func<BatchRun, Work, ValueTask>? apply, Func<bool>? wanted, bool careful)
    {
        var now = _store.Now;
        var request = new LoadRequest();
        foreach (var work in batch)
        {
            work.AddKeys(request, _setup.Model.Routing);
        }

        using (await _store.Turn.TakeAsync())
        await using (var unit = await _store.Store.BeginAsync(request, CancellationToken.None))
        {
            var run = new BatchRun(parts, calls, unit, request, now) { Careful = careful };
            // Handlers and local steps run here, inside the transaction.
            using (ownCode.Enter())
            {
                await ApplyAsync(batch, run, unit, apply);
                if (wanted is not null && !wanted())
                {
                    return (null, false);
                }

                await run.Mail.PublishAppendedAsync();
                run.Complete();
                run.Bytes += batch.Sum(work => (long)work.Bytes);
                await parts.Projections.ApplyInlineAsync(run.Streams, unit, _setup.Stopping);
            }

            if (run.CarriesMessages)
            {
                run.Changes.Received.AddRange(batch.Select(w => w.Delivery).OfType<Delivery>());
                run.Changes.Sending.AddRange(_setup.Keys.Signs ? run.Outgoing.ConvertAll(_setup.Keys.Sign) : run.Outgoing);
            }

            await WriteAsync(run, unit);
            return (run, unit.HasWoken && run.Changes.FreesLocks);
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
        parts.Outside.Reserve(run.BegunOutside);
        try
        {
            await WriteOnceAsync(run, unit);
        }
        catch
        {
            parts.Outside.Release(run.BegunOutside);
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
            sender.Unsent.Add(run.Changes.Sagas.Select(row => row.Id));
            throw;
        }

        run.Streams?.Committed();
    }
}
