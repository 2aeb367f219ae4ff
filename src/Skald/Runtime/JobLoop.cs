using Skald.Diagnostics;
using Skald.Storage;

namespace Skald.Runtime;

/// <summary>
/// Carries jobs on: an act that is done to all sagas that match, one after the other, at the rate that was asked for. One process of the service does so, the one that
/// removes what is old, too; when it is gone, another. It looks for jobs when it is told of one, and every minute in case whoever carried them is gone.
/// </summary>
/// <param name="setup">The service.</param>
/// <param name="store">Its store.</param>
/// <param name="lanes">Do the acts.</param>
internal sealed class JobLoop(ServiceSetup setup, StoreAccess store, Lanes lanes)
{
    private const int AtOnce = 16;
    private const int PageSize = 100;
    private const int MostLookedAt = 1000;

    private static readonly TimeSpan LooksEvery = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan LooksAgainAfter = TimeSpan.FromSeconds(1);

    private readonly Dictionary<Guid, Task> _carried = [];
    private volatile TaskCompletionSource _told = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>There may be a job to carry on.</summary>
    public void Look() => _told.TrySetResult();

    /// <summary>Runs until the service stops.</summary>
    public async Task RunAsync()
    {
        while (!setup.IsStopping)
        {
            var isTold = await WaitAsync();
            // Whoever told, or moved the clock on, does not wait for the answer of a database.
            await Task.Yield();
            if (setup.IsStopping || !store.Serves)
            {
                continue;
            }

            await TryAsync();
            if (isTold)
            {
                // Whoever tells of many things tells of a job, too, for all that is known: it costs a look a second at most.
                await setup.PauseAsync(LooksAgainAfter);
            }
        }

        await Task.WhenAll(_carried.Values);
    }

    /// <returns>Whether it was told of something.</returns>
    private async Task<bool> WaitAsync()
    {
        var told = _told;
        await Task.WhenAny(told.Task, setup.PauseAsync(LooksEvery));
        if (!told.Task.IsCompleted)
        {
            return false;
        }

        // Before the look: whoever tells from now on is heard again.
        _told = new(TaskCreationOptions.RunContinuationsAsynchronously);
        return true;
    }

    private async Task TryAsync()
    {
        try
        {
            var running = await store.Store.Operations.JobsAsync(JobState.Running, null, MostLookedAt, setup.Stopping);
            foreach (var id in _carried.Where(c => c.Value.IsCompleted).Select(c => c.Key).ToList())
            {
                _carried.Remove(id);
            }

            if (running.Count > 0 && await IsForThisInstanceAsync())
            {
                // Those that were begun first, first: none waits for ever.
                foreach (var job in running.Where(j => !_carried.ContainsKey(j.Id)).Reverse().Take(AtOnce - _carried.Count).ToList())
                {
                    _carried[job.Id] = CarryAsync(job.Id);
                }
            }
        }
        catch (Exception exception)
        {
            Note(exception, null);
        }
    }

    /// <summary>Goes on with a job until it is through, somebody stops it, or it is another process's.</summary>
    private async Task CarryAsync(Guid id)
    {
        try
        {
            JobPace? pace = null;
            while (!setup.IsStopping && await IsForThisInstanceAsync()
                && await store.Store.Operations.FindJobAsync(id, setup.Stopping) is { State: JobState.Running } job)
            {
                if (ActCodec.Decode(job.Act) is not { } act || ActCodec.DecodeFilter(job.Query) is not { } filter)
                {
                    await EndAsync(job, JobState.Suspended);
                    throw new NotSupportedException("Its act or its query cannot be read here, and it is suspended.");
                }

                pace ??= new JobPace(setup, job.Rate);
                await GoOnAsync(job, act, filter, pace);
            }
        }
        catch (Exception exception)
        {
            // It is as it was written last, and found again.
            Note(exception, id);
        }
        finally
        {
            Look();
        }
    }

    /// <summary>A page of sagas; it is read again when the job is not what it was.</summary>
    private async Task GoOnAsync(JobRow job, SagaAct act, InstanceFilter filter, JobPace pace)
    {
        var page = await store.Store.Operations.SagasAsync(filter, ActCodec.DecodePosition(job.Cursor), PageSize, setup.Stopping);
        if (page.Count == 0)
        {
            await EndAsync(job, JobState.Done);
            return;
        }

        foreach (var saga in page)
        {
            await pace.NextAsync();
            if (setup.IsStopping)
            {
                return;
            }

            var work = new JobItemWork(job, act, filter, new PagePosition(saga.StartedAt, saga.Id));
            lanes.Add(work);
            var (step, next) = await work.Done.WaitAsync(setup.Stopping);
            if (step == JobStep.Moved)
            {
                return;
            }

            job = next!; // Taken: written.
        }
    }

    private async Task EndAsync(JobRow job, JobState state)
    {
        var work = new JobChangeWork(
            job.Id,
            row => row is { State: JobState.Running } && row.Version == job.Version
                ? row with { Version = row.Version + 1, State = state, EndedAt = state == JobState.Done ? UnixTime.From(store.Now) : null }
                : null,
            null, null, null);
        lanes.Add(work);
        await work.Done.WaitAsync(setup.Stopping);
    }

    private async ValueTask<bool> IsForThisInstanceAsync()
    {
        if (store.Store.Retention is not { } retention)
        {
            return true;
        }

        using var turn = await store.Turn.TakeAsync();
        return await retention.IsForThisInstanceAsync(setup.Stopping);
    }

    private void Note(Exception exception, Guid? job)
    {
        // What is away is said by those who need it.
        if (!setup.IsStopping && exception is not (StoreUnavailableException or SagaConcurrencyException))
        {
            setup.Logger.JobFailed(setup.Service, job, exception);
        }
    }
}
