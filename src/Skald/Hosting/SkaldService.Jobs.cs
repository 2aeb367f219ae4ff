using System.Text.Json;
using Skald.Hosting;
using Skald.Messaging;
using Skald.Runtime;
using Skald.Storage;

namespace Skald;

// One act on many sagas.
public sealed partial class SkaldService
{
    private const long MostMatched = 10_000;

    /// <summary>
    /// Begins to do an act to all sagas that match, one after the other, those started last first. It goes on whatever becomes of this process: one that serves carries it on, from where it was.
    /// A saga that is started later is not among them; one that does not match any more when its turn comes is left alone.
    /// </summary>
    /// <param name="act">The act.</param>
    /// <param name="query">Which sagas. Its cursor and its limit do not matter.</param>
    /// <param name="options">How fast, who and why.</param>
    /// <param name="cancellationToken">Gives the wait up; it may be begun all the same.</param>
    /// <returns>The job; the one that is there if it was begun before under the same <see cref="JobOptions.Id"/>.</returns>
    /// <exception cref="ArgumentException">The rate is out of range.</exception>
    public async Task<SagaJob> StartJobAsync(SagaAct act, SagaQuery query, JobOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(act);
        ArgumentNullException.ThrowIfNull(query);
        Engine.OwnCode.Refuse(nameof(StartJobAsync), "A person or a tool begins a job, from outside.");
        options ??= new JobOptions();
        if (options.RatePerSecond is not (>= 0.01 and <= 1000))
        {
            throw new ArgumentException($"A job acts on 0.01 to 1,000 sagas a second, not on {options.RatePerSecond}.", nameof(options));
        }

        // One that is started from now on is not meant.
        var (filter, now) = (SkaldOperations.Filter(query), UnixTime.From(Engine.Now));
        filter = filter with { StartedBefore = Math.Min(filter.StartedBefore ?? long.MaxValue, now + 1) };
        var row = new JobRow
        {
            Id = options.Id ?? Engine.NewId(), Version = 1, Act = ActCodec.Encode(act), Query = ActCodec.Encode(filter), Actor = options.Actor, Reason = options.Reason, Rate = options.RatePerSecond,
            Matched = await Store.Operations.CountSagasAsync(filter, MostMatched, cancellationToken), CreatedAt = now,
        };
        return (await ChangeJobAsync(row.Id, before => before is null ? row : null, "start-job", options.Actor, options.Reason, cancellationToken))!; // It was written.
    }

    /// <summary>One job; null when there is none.</summary>
    public async Task<SagaJob?> FindJobAsync(Guid job, CancellationToken cancellationToken = default) => await Store.Operations.FindJobAsync(job, cancellationToken) is { } row ? View(row) : null;

    /// <summary>Jobs, those begun last first, a page after the other.</summary>
    /// <param name="state">Where they stand; null for anywhere.</param>
    /// <param name="cursor">Where the page before ended, as <see cref="JobPage.Next"/> said; null for the first page.</param>
    /// <param name="limit">The most on one page: 1 to 1,000.</param>
    /// <param name="cancellationToken">Abandons the reading.</param>
    /// <exception cref="ArgumentException">The cursor is none, or the limit is out of range.</exception>
    public async Task<JobPage> JobsAsync(JobState? state = null, string? cursor = null, int limit = 100, CancellationToken cancellationToken = default)
    {
        SkaldOperations.Check(limit);
        var rows = await Store.Operations.JobsAsync(state, Cursors.ReadPage(cursor), limit + 1, cancellationToken);
        return new JobPage([.. rows.Take(limit).Select(View)], rows.Count > limit ? Cursors.Write(new PagePosition(rows[limit - 1].CreatedAt, rows[limit - 1].Id)) : null);
    }

    /// <summary>What a job has come to so far, in the order in which it was done.</summary>
    /// <param name="job">The job.</param>
    /// <param name="outcome">Only this; null for anything.</param>
    /// <param name="after">The last number of the page before; 0 for the first page.</param>
    /// <param name="limit">The most.</param>
    /// <param name="cancellationToken">Abandons the reading.</param>
    public async Task<IReadOnlyList<SagaJobItem>> JobItemsAsync(Guid job, JobItemOutcome? outcome = null, long after = 0, int limit = 100, CancellationToken cancellationToken = default) =>
    [
        .. (await Store.Operations.JobItemsAsync(job, outcome, after, limit, cancellationToken))
            .Select(row => new SagaJobItem(row.Number, new SagaId(row.Target), row.Outcome, row.Detail, UnixTime.To(row.At))),
    ];

    /// <summary>Ends a job before it is through. What it did stays done; when this returns it does nothing more.</summary>
    /// <param name="job">The job.</param>
    /// <param name="actor">Who wants it, for the audit; null when nobody is known.</param>
    /// <param name="reason">Why, for the audit.</param>
    /// <param name="cancellationToken">Gives the wait up; it may be ended all the same.</param>
    /// <returns>The job; as it was if it had ended before.</returns>
    /// <exception cref="KeyNotFoundException">There is no such job.</exception>
    public Task<SagaJob> StopJobAsync(Guid job, string? actor = null, string? reason = null, CancellationToken cancellationToken = default) =>
        MoveJobAsync(job, [JobState.Running, JobState.Suspended], JobState.Stopped, nameof(StopJobAsync), "stop-job", actor, reason, cancellationToken);

    /// <summary>Has a job wait until <see cref="ResumeJobAsync"/>. When this returns it does nothing more.</summary>
    /// <inheritdoc cref="StopJobAsync"/>
    public Task<SagaJob> SuspendJobAsync(Guid job, string? actor = null, string? reason = null, CancellationToken cancellationToken = default) =>
        MoveJobAsync(job, [JobState.Running], JobState.Suspended, nameof(SuspendJobAsync), "suspend-job", actor, reason, cancellationToken);

    /// <summary>Has a suspended job go on where it was.</summary>
    /// <inheritdoc cref="StopJobAsync"/>
    public Task<SagaJob> ResumeJobAsync(Guid job, string? actor = null, string? reason = null, CancellationToken cancellationToken = default) =>
        MoveJobAsync(job, [JobState.Suspended], JobState.Running, nameof(ResumeJobAsync), "resume-job", actor, reason, cancellationToken);

    private async Task<SagaJob> MoveJobAsync(Guid job, JobState[] from, JobState to, string member, string act, string? actor, string? reason, CancellationToken cancellationToken)
    {
        Engine.OwnCode.Refuse(member, "A person or a tool moves a job, from outside.");
        return await ChangeJobAsync(
            job, row => row is not null && from.Contains(row.State) ? row with { Version = row.Version + 1, State = to, EndedAt = to == JobState.Stopped ? UnixTime.From(Engine.Now) : null } : null,
            act, actor, reason, cancellationToken) ?? throw new KeyNotFoundException($"Service '{Name}' has no job {job}.");
    }

    private async Task<SagaJob?> ChangeJobAsync(Guid job, Func<JobRow?, JobRow?> change, string act, string? actor, string? reason, CancellationToken cancellationToken)
    {
        var work = new JobChangeWork(job, change, act, actor, reason);
        var row = await Engine.Lanes.AskAsync(work, work.Done, cancellationToken);
        Engine.Jobs.Look();
        return row is null ? null : View(row);
    }

    private SagaJob View(JobRow row) => new(row.Id, Shown(ActCodec.Decode(row.Act)), SkaldOperations.Query(ActCodec.DecodeFilter(row.Query) ?? new InstanceFilter()), row.State, row.Rate)
    {
        Actor = row.Actor, Reason = row.Reason, Matched = new CappedCount(row.Matched, row.Matched >= MostMatched), Done = row.Done, Refused = row.Refused, Failed = row.Failed,
        CreatedAt = UnixTime.To(row.CreatedAt), EndedAt = row.EndedAt is { } ended ? UnixTime.To(ended) : null,
    };

    /// <summary>An act as people may see it: it holds what somebody typed in.</summary>
    private SagaAct? Shown(SagaAct? act) => act switch
    {
        SagaAct.EditState edit => edit with { Patch = Hidden(edit.Patch, Engine.Model.Plans.Select(plan => plan.StateType)) },
        SagaAct.Raise raise => raise with { Body = Hidden(raise.Body, MessageCatalog.TypesNamed(raise.Event)) },
        _ => act,
    };

    private JsonElement Hidden(JsonElement json, IEnumerable<Type> types) => Json(Engine.Serializer.Redaction.Hide(JsonSerializer.SerializeToUtf8Bytes(json, ActJson.Default.JsonElement), types));
}
