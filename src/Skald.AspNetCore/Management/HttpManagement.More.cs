namespace Skald.Management;

// What people did, jobs, and what things have in common.
public sealed partial class HttpManagement
{
    /// <inheritdoc/>
    public Task<Page<SagaGroup>> SagaGroupsAsync(string? q, CancellationToken cancellationToken = default) =>
        _questions.GetAsync<Page<SagaGroup>>(ApiPath.To("sagas", "groups").With("q", q), cancellationToken);

    /// <inheritdoc/>
    public Task<IReadOnlyList<LedgerItem>> LedgerAsync(string service, string saga, CancellationToken cancellationToken = default) =>
        _questions.GetAsync<IReadOnlyList<LedgerItem>>(ApiPath.To("ledgers", service, saga), cancellationToken);

    /// <inheritdoc/>
    public Task<BalanceReport> BalanceAsync(string? cursor = null, int limit = ManagementLimits.UsualBooks, CancellationToken cancellationToken = default) =>
        _questions.GetAsync<BalanceReport>(ApiPath.To("balance").With("cursor", cursor).With("limit", limit), cancellationToken);

    /// <inheritdoc/>
    public Task<Books> BooksAsync(string? cursor = null, int limit = ManagementLimits.UsualBooks, CancellationToken cancellationToken = default) =>
        _questions.GetAsync<Books>(ApiPath.To("books").With("cursor", cursor).With("limit", limit), cancellationToken);

    /// <inheritdoc/>
    public Task<Page<LetterGroup>> DeadLetterGroupsAsync(CancellationToken cancellationToken = default) =>
        _questions.GetAsync<Page<LetterGroup>>(ApiPath.To("dead-letters", "groups"), cancellationToken);

    /// <inheritdoc/>
    public Task<Page<ProcessItem>> ProcessesAsync(CancellationToken cancellationToken = default) => _questions.GetAsync<Page<ProcessItem>>(ApiPath.To("processes"), cancellationToken);

    /// <inheritdoc/>
    public Task<Page<AuditItem>> AuditAsync(AuditListQuery query, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(query);
        return _questions.GetAsync<Page<AuditItem>>(
            ApiPath.To("audit").With("actor", query.Actor).With("act", query.Act).With("kind", query.Kind).With("target", query.Target).With(query), cancellationToken);
    }

    /// <inheritdoc/>
    public Task<Page<JobItem>> JobsAsync(JobListQuery query, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(query);
        return _questions.GetAsync<Page<JobItem>>(ApiPath.To("jobs").With("status", query.Status).With(query), cancellationToken);
    }

    /// <inheritdoc/>
    public Task<JobItem?> FindJobAsync(string service, string id, CancellationToken cancellationToken = default) =>
        _questions.FindAsync<JobItem>(ApiPath.To("jobs", service, id), cancellationToken);

    /// <inheritdoc/>
    public Task<Page<JobLine>> JobLinesAsync(string service, string id, long after = 0, int limit = ManagementLimits.LargestPage, CancellationToken cancellationToken = default) =>
        _questions.GetAsync<Page<JobLine>>(ApiPath.To("jobs", service, id, "lines").With("after", after).With("limit", limit), cancellationToken);

    /// <inheritdoc/>
    public Task<JobForecast> PreviewJobAsync(JobRequest request, CancellationToken cancellationToken = default) =>
        _questions.PostAsync<JobRequest, JobForecast>(ApiPath.To("jobs").With("dryRun", "true"), request, new ActTerms(), cancellationToken);

    /// <inheritdoc/>
    public Task<JobItem> StartJobAsync(JobRequest request, ActTerms terms, CancellationToken cancellationToken = default) =>
        _questions.PostAsync<JobRequest, JobItem>(ApiPath.To("jobs"), request, terms, cancellationToken);

    /// <inheritdoc/>
    public Task<JobItem> MoveJobAsync(string service, string id, string move, ActRequest request, ActTerms terms, CancellationToken cancellationToken = default) =>
        _questions.PostAsync<ActRequest, JobItem>(ApiPath.To("jobs", service, id, move), request, terms, cancellationToken);
}
