using Skald.Decisions;
using Skald.Storage;

namespace Skald.Runtime;

/// <summary>What came of the attempt to do a job's act to its next saga.</summary>
internal enum JobStep
{
    /// <summary>It is written what came of it.</summary>
    Taken,

    /// <summary>The job is not as it was: somebody has stopped it, or carries it on as well. Nothing was done.</summary>
    Moved,
}

/// <summary>
/// A job's act on its next saga. The act, its item and how far the job is are one transaction: whoever goes on after a crash goes on after it, or with it, and
/// does it to none twice.
/// </summary>
/// <param name="job">The job, as it was when the saga was found.</param>
/// <param name="act">The act.</param>
/// <param name="filter">Which sagas are meant.</param>
/// <param name="target">The saga, and its place in the list.</param>
internal sealed class JobItemWork(JobRow job, SagaAct act, InstanceFilter filter, PagePosition target) : Work
{
    private readonly TaskCompletionSource<(JobStep, JobRow?)> _done = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly SagaId _saga = new(target.Id);
    private JobRow? _written;

    /// <summary>Whether it was taken, and the job after it.</summary>
    public Task<(JobStep Step, JobRow? Job)> Done => _done.Task;

    public override int? Affinity => _saga.GetHashCode();

    public override void AddKeys(LoadRequest request, EventRouting routing)
    {
        request.Sagas.Add(target.Id);
        request.Jobs.Add(job.Id);
    }

    public override async ValueTask ApplyAsync(BatchRun run)
    {
        _written = null;
        if (IsAsItWas(run))
        {
            var (outcome, detail) = await ActAsync(run);
            Write(run, outcome, detail);
        }
    }

    public override async ValueTask<bool> RecordFaultAsync(BatchRun run, Exception exception)
    {
        if (exception is LocalStepException)
        {
            await ApplyAsync(run);
            return true;
        }

        if (WakeWork.Passes(exception) || !IsAsItWas(run))
        {
            return false;
        }

        Write(run, JobItemOutcome.Failed, exception.Message);
        return true;
    }

    public override void Committed(Aftermath after) => _done.TrySetResult((_written is null ? JobStep.Moved : JobStep.Taken, _written));

    public override void Abandon(Exception exception) => _done.TrySetException(exception);

    private bool IsAsItWas(BatchRun run) => run.Loaded.Jobs.TryGetValue(job.Id, out var row) && row.Version == job.Version && row.State == JobState.Running && !run.Changes.Jobs.Exists(j => j.Id == job.Id);

    private async ValueTask<(JobItemOutcome Outcome, string? Detail)> ActAsync(BatchRun run)
    {
        if (run.Changes.RemovedSagas.Contains(target.Id) || run.Sagas.Find(_saga) is not { } saga)
        {
            return (JobItemOutcome.Failed, (await MissingSaga.WhyAsync(run, _saga)).Message);
        }

        if (!IsMeant(run, saga))
        {
            return (JobItemOutcome.Refused, $"it is {saga.Instance.Status.Word()} by now, and not meant any more");
        }

        await run.Sagas.UnstrandAsync(saga);

        try
        {
            var before = saga.Instance;
            var told = ActInputs.Of(saga.Plan, before, act, job.Reason, run.Serializer);
            saga.ActedOnBy(job.Actor, job.Reason ?? $"job {job.Id}");
            await run.Sagas.DecideAsync(saga, told);
            ActAudit.Acted(run, saga, before, act.Name, told, job.Actor, job.Reason);
            saga.ActedOnBy(null, null);
            return saga.Refused is { } why ? (JobItemOutcome.Refused, why) : (JobItemOutcome.Done, null);
        }
        catch (ArgumentException exception)
        {
            // Its definition has no such step, for one. Nothing was told to it.
            return (JobItemOutcome.Refused, exception.Message);
        }
    }

    /// <summary>Its turn may come long after it was found.</summary>
    private bool IsMeant(BatchRun run, SagaRun saga) => run.Loaded.Sagas.TryGetValue(target.Id, out var row) && filter.IsMetBy(
        row.Definition, (int)saga.Instance.Status, row.BusinessKey, row.StartedAt, saga.Changed ? UnixTime.From(run.Now) : row.UpdatedAt,
        saga.Instance.Failure?.Step, saga.Instance.Failure?.Type);

    private void Write(BatchRun run, JobItemOutcome outcome, string? detail)
    {
        var number = job.Done + job.Refused + job.Failed + 1;
        _written = job with
        {
            Version = job.Version + 1, Cursor = ActCodec.Encode(target), Done = job.Done + (outcome == JobItemOutcome.Done ? 1 : 0),
            Refused = job.Refused + (outcome == JobItemOutcome.Refused ? 1 : 0), Failed = job.Failed + (outcome == JobItemOutcome.Failed ? 1 : 0),
        };
        run.Changes.Jobs.Add(_written);
        run.Changes.JobItems.Add(new JobItemRow(job.Id, number, target.Id, outcome, detail, UnixTime.From(run.Now)));
        run.WritesAnything = true;
    }
}

/// <summary>Begins a job, or changes where it stands.</summary>
/// <param name="id">The job.</param>
/// <param name="change">The job as it shall be; null when nothing is to change. It gets null where there is none.</param>
/// <param name="act">What this is called in the audit; null when nobody did it.</param>
/// <param name="actor">Who.</param>
/// <param name="reason">Why.</param>
internal sealed class JobChangeWork(Guid id, Func<JobRow?, JobRow?> change, string? act, string? actor, string? reason) : Work
{
    private readonly TaskCompletionSource<JobRow?> _done = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private JobRow? _now;

    /// <summary>The job afterwards; null when there is none.</summary>
    public Task<JobRow?> Done => _done.Task;

    public override int? Affinity => id.GetHashCode();

    public override void AddKeys(LoadRequest request, EventRouting routing) => request.Jobs.Add(id);

    public override ValueTask ApplyAsync(BatchRun run)
    {
        var before = run.Changes.Jobs.FindLast(j => j.Id == id) is null ? run.Loaded.Jobs.GetValueOrDefault(id) : throw new SagaConcurrencyException($"Job {id} is changed by others in this batch.");
        _now = change(before) ?? before;
        if (_now is null || ReferenceEquals(_now, before))
        {
            return default;
        }

        run.Changes.Jobs.Add(_now);
        if (act is not null)
        {
            ActAudit.Write(run, actor, act, AuditKinds.Job, id.ToString(), reason, before is null ? null : Word(before.State), Word(_now.State));
        }

        run.WritesAnything = true;
        // Another process may be the one that carries it on.
        run.PassesOn = true;
        return default;
    }

    public override void Committed(Aftermath after) => _done.TrySetResult(_now);

    public override void Abandon(Exception exception) => _done.TrySetException(exception);

    private static string Word(JobState state) => state.ToString().ToLowerInvariant();
}
