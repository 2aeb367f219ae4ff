namespace Skald.Management;

/// <summary>
/// What people see of services and do to them: pages, the command line and the HTTP API have no other way in. Everything it answers is immutable, made of words and
/// times, and the same whether the services are in this process, behind the API of another, or both.
/// </summary>
/// <remarks>
/// Lists are bounded, newest first unless said otherwise, and go on at <see cref="Page{T}.Next"/>. An answer that several services have to give names those that did
/// not (<see cref="Page{T}.Missing"/>); a question to one service that cannot answer throws. It does not ask who may do what: whoever lets people in does.
/// </remarks>
/// <exception cref="ManagementException">Every member throws it when there is no answer: its <see cref="ManagementException.Problem"/> says why, and what to do.</exception>
public interface IManagement
{
    /// <summary>The services, by name: what they run, say and hear.</summary>
    Task<Page<ServiceInfo>> ServicesAsync(CancellationToken cancellationToken = default);

    /// <summary>The definitions of sagas, by service, name and version.</summary>
    Task<Page<DefinitionInfo>> DefinitionsAsync(CancellationToken cancellationToken = default);

    /// <summary>A page of sagas, the latest started first. It may be short, and even empty, while <see cref="Page{T}.Next"/> says that there may be more: what cannot be found by an index is looked for in a bounded number of rows.</summary>
    Task<Page<SagaItem>> SagasAsync(SagaListQuery query, CancellationToken cancellationToken = default);

    /// <summary>How many sagas match, by status, each counted up to a cap.</summary>
    /// <param name="q">The query as people type it, which <see cref="SagaQueryText"/> reads; null for all sagas.</param>
    /// <param name="cancellationToken">Abandons the question.</param>
    Task<SagaCounts> CountSagasAsync(string? q, CancellationToken cancellationToken = default);

    /// <summary>Sagas that went wrong, by definition, status, failed step and kind of error, the most first.</summary>
    /// <param name="q">Which: its statuses, definitions, services, and the step count. Null for those that are parked.</param>
    /// <param name="cancellationToken">Abandons the question.</param>
    Task<Page<SagaGroup>> SagaGroupsAsync(string? q, CancellationToken cancellationToken = default);

    /// <summary>One saga; null when there is none, and never was as far as anybody knows.</summary>
    Task<SagaDetail?> FindSagaAsync(string service, string id, CancellationToken cancellationToken = default);

    /// <summary>What happened to a saga, oldest first.</summary>
    /// <param name="service">Whose it is.</param>
    /// <param name="id">The saga.</param>
    /// <param name="skip">How many of its transactions to pass over.</param>
    /// <param name="limit">The most transactions; 1 to 200.</param>
    /// <param name="cancellationToken">Abandons the question.</param>
    Task<Timeline> TimelineAsync(string service, string id, int skip = 0, int limit = ManagementLimits.LargestPage, CancellationToken cancellationToken = default);

    /// <summary>A saga's messages over all services, ordered by their causes.</summary>
    Task<Exchanges> ExchangesAsync(string service, string id, CancellationToken cancellationToken = default);

    /// <summary>What one service has done and undone for a saga, whosever that is; empty when it had no part in it.</summary>
    Task<IReadOnlyList<LedgerItem>> LedgerAsync(string service, string saga, CancellationToken cancellationToken = default);

    /// <summary>
    /// Whether effects balance, by the sagas' ids, a piece after the other: the ledgers of all services are held against what the sagas say. It ends where
    /// <see cref="BalanceReport.Next"/> is null.
    /// </summary>
    /// <param name="cursor">Where the piece before ended; null for the first.</param>
    /// <param name="limit">The most sagas of each service, and about as many rows of its ledger; 1 to 1,000.</param>
    /// <param name="cancellationToken">Abandons the question.</param>
    Task<BalanceReport> BalanceAsync(string? cursor = null, int limit = ManagementLimits.UsualBooks, CancellationToken cancellationToken = default);

    /// <summary>What <see cref="BalanceAsync"/> is judged from: what services know of the effects of sagas, by the sagas' ids.</summary>
    /// <inheritdoc cref="BalanceAsync" path="/param"/>
    Task<Books> BooksAsync(string? cursor = null, int limit = ManagementLimits.UsualBooks, CancellationToken cancellationToken = default);

    /// <summary>Flows, the latest started first.</summary>
    Task<Page<FlowItem>> FlowsAsync(FlowListQuery query, CancellationToken cancellationToken = default);

    /// <summary>One flow; null when there is none.</summary>
    /// <param name="service">The service that owns it.</param>
    /// <param name="id">The id that its events carry.</param>
    /// <param name="cancellationToken">Abandons the question.</param>
    Task<FlowDetail?> FindFlowAsync(string service, string id, CancellationToken cancellationToken = default);

    /// <summary>What one service published and received in a flow, whoever owns that; oldest first. Empty when it had no part in it.</summary>
    Task<IReadOnlyList<TimelineItem>> FlowTimelineAsync(string service, string id, CancellationToken cancellationToken = default);

    /// <summary>When sagas look at their steps again, soonest first.</summary>
    Task<Page<TimerItem>> TimersAsync(ListQuery query, CancellationToken cancellationToken = default);

    /// <summary>Messages that cannot be handled; of each service the oldest first.</summary>
    Task<Page<DeadLetterItem>> DeadLettersAsync(ListQuery query, CancellationToken cancellationToken = default);

    /// <summary>The same by what their reasons have in common, the most first.</summary>
    Task<Page<LetterGroup>> DeadLetterGroupsAsync(CancellationToken cancellationToken = default);

    /// <summary>One of them with its body; null when there is none.</summary>
    Task<DeadLetterDetail?> FindDeadLetterAsync(string service, long number, CancellationToken cancellationToken = default);

    /// <summary>Messages that are tried again later, soonest first.</summary>
    Task<Page<DelayedItem>> DelayedAsync(ListQuery query, CancellationToken cancellationToken = default);

    /// <summary>The history of an aggregate, oldest first; null when there is none.</summary>
    /// <param name="service">Whose it is.</param>
    /// <param name="aggregate">The kind of aggregate.</param>
    /// <param name="id">The aggregate.</param>
    /// <param name="after">Only events after this version.</param>
    /// <param name="limit">The most events; 1 to 200.</param>
    /// <param name="cancellationToken">Abandons the question.</param>
    Task<StreamHistory?> StreamAsync(string service, string aggregate, string id, long after = 0, int limit = ManagementLimits.LargestPage, CancellationToken cancellationToken = default);

    /// <summary>The projections of events, by service and name.</summary>
    Task<Page<ProjectionItem>> ProjectionsAsync(CancellationToken cancellationToken = default);

    /// <summary>The processes that serve, and those that are gone and not forgotten, by service and the latest first.</summary>
    Task<Page<ProcessItem>> ProcessesAsync(CancellationToken cancellationToken = default);

    /// <summary>How much the services do, as this process has counted since it was first asked.</summary>
    Task<MetricsReport> MetricsAsync(CancellationToken cancellationToken = default);

    /// <summary>What people did, the latest first.</summary>
    Task<Page<AuditItem>> AuditAsync(AuditListQuery query, CancellationToken cancellationToken = default);

    /// <summary>Jobs, those begun last first.</summary>
    Task<Page<JobItem>> JobsAsync(JobListQuery query, CancellationToken cancellationToken = default);

    /// <summary>One job; null when there is none.</summary>
    Task<JobItem?> FindJobAsync(string service, string id, CancellationToken cancellationToken = default);

    /// <summary>What a job has come to so far, in the order in which it was done; <see cref="Page{T}.Next"/> is the number to go on after.</summary>
    Task<Page<JobLine>> JobLinesAsync(string service, string id, long after = 0, int limit = ManagementLimits.LargestPage, CancellationToken cancellationToken = default);

    /// <summary>Says which sagas a job would act on, and begins nothing.</summary>
    Task<JobForecast> PreviewJobAsync(JobRequest request, CancellationToken cancellationToken = default);

    /// <summary>Begins to do an act to all sagas of a service that match. A repeat under the same key is about the same job, whichever process is asked.</summary>
    Task<JobItem> StartJobAsync(JobRequest request, ActTerms terms, CancellationToken cancellationToken = default);

    /// <summary>Stops, suspends or resumes a job. When this returns, one that is stopped or suspended does nothing more.</summary>
    /// <param name="service">Whose it is.</param>
    /// <param name="id">The job.</param>
    /// <param name="move"><c>stop</c>, <c>suspend</c> or <c>resume</c>.</param>
    /// <param name="request">Why; only its reason counts.</param>
    /// <param name="terms">By whom.</param>
    /// <param name="cancellationToken">Gives the wait up; it may be done all the same.</param>
    Task<JobItem> MoveJobAsync(string service, string id, string move, ActRequest request, ActTerms terms, CancellationToken cancellationToken = default);

    /// <summary>Sagas and flows as they change, from now on, until the wait is given up. Several changes of one between two looks are one.</summary>
    IAsyncEnumerable<Change> ChangesAsync(CancellationToken cancellationToken = default);

    /// <summary>Says what an act would do, and does nothing.</summary>
    Task<ActForecast> PreviewAsync(string service, string id, ActRequest act, CancellationToken cancellationToken = default);

    /// <summary>Does an act to a saga.</summary>
    /// <param name="service">Whose it is.</param>
    /// <param name="id">The saga.</param>
    /// <param name="act">What is to be done, and why.</param>
    /// <param name="terms">By whom, and at which version.</param>
    /// <param name="cancellationToken">Gives the wait up; it may be done all the same.</param>
    /// <exception cref="ManagementException">Also when the saga has moved on (412) or its state refuses the act (409): nothing was done.</exception>
    Task<ActResult> ActAsync(string service, string id, ActRequest act, ActTerms terms, CancellationToken cancellationToken = default);

    /// <summary>Puts a dead letter back to work.</summary>
    Task<DeadLetterResult> ReplayAsync(string service, long number, DeadLetterRequest request, ActTerms terms, CancellationToken cancellationToken = default);

    /// <summary>Tries again at once what a projection stands still at.</summary>
    Task<ProjectionItem> RetryProjectionAsync(string service, string name, ActTerms terms, CancellationToken cancellationToken = default);

    /// <summary>Leaves out the one event at which a projection stands still, for good.</summary>
    Task<ProjectionItem> SkipEventAsync(string service, string name, ProjectionSkip skip, ActTerms terms, CancellationToken cancellationToken = default);

    /// <summary>Begins to build a projection anew, beside its live rows; <see cref="ProjectionItem.Rebuild"/> tells how far that is.</summary>
    Task<ProjectionItem> RebuildProjectionAsync(string service, string name, ActTerms terms, CancellationToken cancellationToken = default);
}

/// <summary>The bounds of what is asked.</summary>
public static class ManagementLimits
{
    /// <summary>The most rows on one page.</summary>
    public const int LargestPage = 200;

    /// <summary>As many as there are on a page unless said otherwise.</summary>
    public const int UsualPage = 50;

    /// <summary>The most sagas in a piece of books.</summary>
    public const int LargestBooks = 1000;

    /// <summary>As many sagas as there are in a piece of books unless said otherwise.</summary>
    public const int UsualBooks = 500;

    /// <summary>More than this is not counted.</summary>
    public const int LargestCount = 10_000;

    /// <summary>The largest body of a message that is shown, in bytes.</summary>
    public const int LargestBodyBytes = 256 * 1024;

    /// <summary>The longest key by which a repeat is recognised, in characters.</summary>
    public const int LongestKey = 200;
}
