namespace Skald.Management.Tests;

/// <summary>The API of another process, which never answers.</summary>
internal sealed class Elsewhere(SemaphoreSlim never) : IManagement
{
    public Task<Page<ServiceInfo>> ServicesAsync(CancellationToken cancellationToken = default) => NeverAsync<Page<ServiceInfo>>(cancellationToken);

    public Task<Page<DefinitionInfo>> DefinitionsAsync(CancellationToken cancellationToken = default) => NeverAsync<Page<DefinitionInfo>>(cancellationToken);

    public Task<Page<SagaItem>> SagasAsync(SagaListQuery query, CancellationToken cancellationToken = default) => NeverAsync<Page<SagaItem>>(cancellationToken);

    public Task<SagaCounts> CountSagasAsync(string? q, CancellationToken cancellationToken = default) => NeverAsync<SagaCounts>(cancellationToken);

    public Task<Page<SagaGroup>> SagaGroupsAsync(string? q, CancellationToken cancellationToken = default) => NeverAsync<Page<SagaGroup>>(cancellationToken);

    public Task<SagaDetail?> FindSagaAsync(string service, string id, CancellationToken cancellationToken = default) => NeverAsync<SagaDetail?>(cancellationToken);

    public Task<Timeline> TimelineAsync(string service, string id, int skip = 0, int limit = 200, CancellationToken cancellationToken = default) => NeverAsync<Timeline>(cancellationToken);

    public Task<Exchanges> ExchangesAsync(string service, string id, CancellationToken cancellationToken = default) => NeverAsync<Exchanges>(cancellationToken);

    public Task<IReadOnlyList<LedgerItem>> LedgerAsync(string service, string saga, CancellationToken cancellationToken = default) => NeverAsync<IReadOnlyList<LedgerItem>>(cancellationToken);

    public Task<BalanceReport> BalanceAsync(string? cursor = null, int limit = 500, CancellationToken cancellationToken = default) => NeverAsync<BalanceReport>(cancellationToken);

    public Task<Books> BooksAsync(string? cursor = null, int limit = 500, CancellationToken cancellationToken = default) => NeverAsync<Books>(cancellationToken);

    public Task<Page<FlowItem>> FlowsAsync(FlowListQuery query, CancellationToken cancellationToken = default) => NeverAsync<Page<FlowItem>>(cancellationToken);

    public Task<FlowDetail?> FindFlowAsync(string service, string id, CancellationToken cancellationToken = default) => NeverAsync<FlowDetail?>(cancellationToken);

    public Task<IReadOnlyList<TimelineItem>> FlowTimelineAsync(string service, string id, CancellationToken cancellationToken = default) => NeverAsync<IReadOnlyList<TimelineItem>>(cancellationToken);

    public Task<Page<TimerItem>> TimersAsync(ListQuery query, CancellationToken cancellationToken = default) => NeverAsync<Page<TimerItem>>(cancellationToken);

    public Task<Page<DeadLetterItem>> DeadLettersAsync(ListQuery query, CancellationToken cancellationToken = default) => NeverAsync<Page<DeadLetterItem>>(cancellationToken);

    public Task<Page<LetterGroup>> DeadLetterGroupsAsync(CancellationToken cancellationToken = default) => NeverAsync<Page<LetterGroup>>(cancellationToken);

    public Task<DeadLetterDetail?> FindDeadLetterAsync(string service, long number, CancellationToken cancellationToken = default) => NeverAsync<DeadLetterDetail?>(cancellationToken);

    public Task<Page<DelayedItem>> DelayedAsync(ListQuery query, CancellationToken cancellationToken = default) => NeverAsync<Page<DelayedItem>>(cancellationToken);

    public Task<StreamHistory?> StreamAsync(string service, string aggregate, string id, long after = 0, int limit = 200, CancellationToken cancellationToken = default) => NeverAsync<StreamHistory?>(cancellationToken);

    public Task<Page<ProjectionItem>> ProjectionsAsync(CancellationToken cancellationToken = default) => NeverAsync<Page<ProjectionItem>>(cancellationToken);

    public Task<Page<AuditItem>> AuditAsync(AuditListQuery query, CancellationToken cancellationToken = default) => NeverAsync<Page<AuditItem>>(cancellationToken);

    public Task<Page<JobItem>> JobsAsync(JobListQuery query, CancellationToken cancellationToken = default) => NeverAsync<Page<JobItem>>(cancellationToken);

    public Task<JobItem?> FindJobAsync(string service, string id, CancellationToken cancellationToken = default) => NeverAsync<JobItem?>(cancellationToken);

    public Task<Page<JobLine>> JobLinesAsync(string service, string id, long after = 0, int limit = 200, CancellationToken cancellationToken = default) => NeverAsync<Page<JobLine>>(cancellationToken);

    public Task<JobForecast> PreviewJobAsync(JobRequest request, CancellationToken cancellationToken = default) => NeverAsync<JobForecast>(cancellationToken);

    public Task<JobItem> StartJobAsync(JobRequest request, ActTerms terms, CancellationToken cancellationToken = default) => NeverAsync<JobItem>(cancellationToken);

    public Task<JobItem> MoveJobAsync(string service, string id, string move, ActRequest request, ActTerms terms, CancellationToken cancellationToken = default) => NeverAsync<JobItem>(cancellationToken);

    public Task<Page<ProcessItem>> ProcessesAsync(CancellationToken cancellationToken = default) => NeverAsync<Page<ProcessItem>>(cancellationToken);

    public Task<MetricsReport> MetricsAsync(CancellationToken cancellationToken = default) => NeverAsync<MetricsReport>(cancellationToken);

    public IAsyncEnumerable<Change> ChangesAsync(CancellationToken cancellationToken = default) => throw new NotSupportedException();

    public Task<ActForecast> PreviewAsync(string service, string id, ActRequest act, CancellationToken cancellationToken = default) => NeverAsync<ActForecast>(cancellationToken);

    public Task<ActResult> ActAsync(string service, string id, ActRequest act, ActTerms terms, CancellationToken cancellationToken = default) => NeverAsync<ActResult>(cancellationToken);

    public Task<DeadLetterResult> ReplayAsync(string service, long number, DeadLetterRequest request, ActTerms terms, CancellationToken cancellationToken = default) => NeverAsync<DeadLetterResult>(cancellationToken);

    public Task<ProjectionItem> RetryProjectionAsync(string service, string name, ActTerms terms, CancellationToken cancellationToken = default) => NeverAsync<ProjectionItem>(cancellationToken);

    public Task<ProjectionItem> SkipEventAsync(string service, string name, ProjectionSkip skip, ActTerms terms, CancellationToken cancellationToken = default) => NeverAsync<ProjectionItem>(cancellationToken);

    public Task<ProjectionItem> RebuildProjectionAsync(string service, string name, ActTerms terms, CancellationToken cancellationToken = default) => NeverAsync<ProjectionItem>(cancellationToken);

    private async Task<T> NeverAsync<T>(CancellationToken cancellationToken)
    {
        await never.WaitAsync(cancellationToken);
        throw new InvalidOperationException("It was released.");
    }
}
