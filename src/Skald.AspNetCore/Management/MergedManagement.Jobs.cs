namespace Skald.Management;

// What people did, and what they have done to many.
public sealed partial class MergedManagement
{
    /// <inheritdoc/>
    public async Task<Page<AuditItem>> AuditAsync(AuditListQuery query, CancellationToken cancellationToken = default)
    {
        Asked.Check(query);
        AuditCursor.Read(query.Cursor);
        var (answers, missing) = await _parts.AskAsync((part, token) => part.AuditAsync(query, token), cancellationToken);
        return AuditCursor.Page(answers.SelectMany(answer => answer.Items), query.Cursor, query.Limit, answers.Any(answer => answer.Next is not null)) with { Missing = [.. missing, .. answers.SelectMany(answer => answer.Missing)] };
    }

    /// <inheritdoc/>
    public async Task<Page<JobItem>> JobsAsync(JobListQuery query, CancellationToken cancellationToken = default)
    {
        Asked.Check(query);
        JobItems.StateOf(query.Status);
        return await NewestAsync((part, token) => part.JobsAsync(query, token), query, job => (job.StartedAt.ToUnixTimeMilliseconds(), Guid.Parse(job.Id)), cancellationToken);
    }

    /// <inheritdoc/>
    public async Task<JobItem?> FindJobAsync(string service, string id, CancellationToken cancellationToken = default) =>
        await OneAsync(service, (part, token) => part.FindJobAsync(service, id, token), cancellationToken);

    /// <inheritdoc/>
    public async Task<Page<JobLine>> JobLinesAsync(string service, string id, long after = 0, int limit = ManagementLimits.LargestPage, CancellationToken cancellationToken = default) =>
        await OneAsync(service, (part, token) => part.JobLinesAsync(service, id, after, limit, token), cancellationToken);

    /// <inheritdoc/>
    public async Task<JobForecast> PreviewJobAsync(JobRequest request, CancellationToken cancellationToken = default) =>
        await OneAsync(ServiceOf(request), (part, token) => part.PreviewJobAsync(request, token), cancellationToken);

    /// <inheritdoc/>
    public async Task<JobItem> StartJobAsync(JobRequest request, ActTerms terms, CancellationToken cancellationToken = default) =>
        await _parts.DoAsync(ServiceOf(request), part => part.StartJobAsync(request, terms, cancellationToken), cancellationToken);

    /// <inheritdoc/>
    public async Task<JobItem> MoveJobAsync(string service, string id, string move, ActRequest request, ActTerms terms, CancellationToken cancellationToken = default) =>
        await _parts.DoAsync(service, part => part.MoveJobAsync(service, id, move, request, terms, cancellationToken), cancellationToken);

    private static string ServiceOf(JobRequest request)
    {
        ArgumentNullException.ThrowIfNull(request);
        return request.Service ?? throw Refusals.BadRequest("'service' is missing.", "A job is of one service: name it.");
    }
}
