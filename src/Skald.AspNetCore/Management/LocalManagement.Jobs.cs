namespace Skald.Management;

// What people did, and what they have done to many.
public sealed partial class LocalManagement
{
    private const int FirstShown = 20;

    /// <inheritdoc/>
    public Task<Page<AuditItem>> AuditAsync(AuditListQuery query, CancellationToken cancellationToken = default) => AskAsync(async () =>
    {
        Asked.Check(query);
        if (!IsMeant(query))
        {
            return new Page<AuditItem>([]);
        }

        var asked = new AuditQuery { Actor = query.Actor, Act = query.Act, Kind = query.Kind, Target = query.Target, Before = AuditCursor.Read(query.Cursor).GetValueOrDefault(_service.Name), Limit = query.Limit + 1 };
        var entries = await _service.Operations.AuditAsync(asked with { Before = asked.Before is 0 ? null : asked.Before }, cancellationToken);
        return AuditCursor.Page(
            entries.Select(e => new AuditItem(_service.Name, e.Number, e.At, e.Actor, e.Act, e.Kind, e.Target, e.Reason, e.Before, e.After, e.Outcome)), query.Cursor, query.Limit);
    });

    /// <inheritdoc/>
    public Task<Page<JobItem>> JobsAsync(JobListQuery query, CancellationToken cancellationToken = default) => AskAsync(async () =>
    {
        Asked.Check(query);
        if (!IsMeant(query))
        {
            return new Page<JobItem>([]);
        }

        var page = await _service.JobsAsync(JobItems.StateOf(query.Status), query.Cursor, query.Limit, cancellationToken);
        return new Page<JobItem>([.. page.Jobs.Select(job => JobItems.Of(_service.Name, job, Now))]) { Next = page.Next };
    });

    /// <inheritdoc/>
    public Task<JobItem?> FindJobAsync(string service, string id, CancellationToken cancellationToken = default) => AskAsync(service, async () =>
        Guid.TryParse(id, out var job) && await _service.FindJobAsync(job, cancellationToken) is { } found ? JobItems.Of(_service.Name, found, Now) : null);

    /// <inheritdoc/>
    public Task<Page<JobLine>> JobLinesAsync(string service, string id, long after = 0, int limit = ManagementLimits.LargestPage, CancellationToken cancellationToken = default) => AskAsync(service, async () =>
    {
        Asked.Check(limit);
        var job = JobOf(id);
        var lines = await _service.JobItemsAsync(job, null, after, limit + 1, cancellationToken);
        return new Page<JobLine>([.. lines.Take(limit).Select(line => new JobLine(line.Number, line.Saga.ToString(), Words.Of(line.Outcome), line.Detail, line.At))])
        {
            Next = lines.Count > limit ? FormattableString.Invariant($"{lines[limit - 1].Number}") : null,
        };
    });

    /// <inheritdoc/>
    public Task<JobForecast> PreviewJobAsync(JobRequest request, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(request);
        return AskAsync(request.Service ?? "", async () =>
        {
            var (query, now) = (JobItems.Query(Asked.Query(request.Q), _service.Name, Now), Now);
            var total = await _service.Operations.CountSagasAsync(query, ManagementLimits.LargestCount, cancellationToken);
            var first = await _service.Operations.SagasAsync(query with { Limit = FirstShown }, cancellationToken);
            return new JobForecast(total, [.. first.Sagas.Select(saga => Reader.Item(saga, now))]);
        });
    }

    /// <inheritdoc/>
    public Task<JobItem> StartJobAsync(JobRequest request, ActTerms terms, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(request);
        ArgumentNullException.ThrowIfNull(terms);
        ActRequests.CheckKey(terms.Key);
        return AskAsync(request.Service ?? "", async () =>
        {
            var act = request.Act ?? throw Refusals.BadRequest("'act' is missing.", "Say what is to be done to each saga.");
            if (ActRequests.IsHold(act))
            {
                throw Refusals.BadRequest($"'{act.Act}' is done to one saga at a time.");
            }

            var (query, asked) = (JobItems.Query(Asked.Query(request.Q), _service.Name, Now), ActRequests.Read(act));
            var options = new JobOptions { Id = JobItems.IdOf(terms), RatePerSecond = request.PerSecond ?? new JobOptions().RatePerSecond, Actor = terms.Actor, Reason = act.Reason };
            var job = JobItems.Of(_service.Name, await _service.StartJobAsync(asked, query, options, cancellationToken), Now);
            return terms.Key is not { } key || JobItems.IsSame(job, ActRequests.Of(asked, act.Reason), JobItems.Text(query, Now), options.RatePerSecond) ? job : throw Refusals.KeyUsedBefore(key);
        });
    }

    /// <inheritdoc/>
    public Task<JobItem> MoveJobAsync(string service, string id, string move, ActRequest request, ActTerms terms, CancellationToken cancellationToken = default) => AskAsync(service, async () =>
    {
        ArgumentNullException.ThrowIfNull(request);
        ArgumentNullException.ThrowIfNull(terms);
        var (job, actor, reason) = (JobOf(id), terms.Actor, request.Reason);
        return JobItems.Of(
            _service.Name,
            move switch
            {
                "stop" => await _service.StopJobAsync(job, actor, reason, cancellationToken),
                "suspend" => await _service.SuspendJobAsync(job, actor, reason, cancellationToken),
                "resume" => await _service.ResumeJobAsync(job, actor, reason, cancellationToken),
                _ => throw Refusals.BadRequest($"A job is not moved by '{move}'.", "Use stop, suspend or resume."),
            },
            Now);
    });

    private Guid JobOf(string id) => Guid.TryParse(id, out var job) ? job : throw Refusals.NotFound($"job '{id}' in service '{_service.Name}'");
}
