using System.Runtime.CompilerServices;

namespace Skald.Management;

/// <summary>Services that are behind the API of another process.</summary>
/// <remarks>
/// It says nothing of who asks: what lets the client in, such as a token, is in the <see cref="HttpClient"/>, and so is how long an answer may take
/// (<see cref="HttpClient.Timeout"/>). Redirects are not meant to be followed: an act must arrive where it was sent.
/// </remarks>
public sealed partial class HttpManagement : IManagement
{
    private readonly HttpQuestions _questions;

    /// <param name="http">How it is asked; it stays the caller's.</param>
    /// <param name="prefix">Where the process has its pages and API, such as <c>https://shop.example/skald</c>.</param>
    /// <exception cref="ArgumentException">The address is not that of a process.</exception>
    public HttpManagement(HttpClient http, Uri prefix)
    {
        ArgumentNullException.ThrowIfNull(http);
        ArgumentNullException.ThrowIfNull(prefix);
        if (!prefix.IsAbsoluteUri || prefix.Scheme is not ("http" or "https"))
        {
            throw new ArgumentException($"'{prefix}' is no http or https address. Name the one under which the process has its pages, such as https://shop.example/skald.", nameof(prefix));
        }

        _questions = new HttpQuestions(http, prefix);
    }

    /// <inheritdoc/>
    public Task<Page<ServiceInfo>> ServicesAsync(CancellationToken cancellationToken = default) =>
        _questions.GetAsync<Page<ServiceInfo>>(ApiPath.To("services"), cancellationToken);

    /// <inheritdoc/>
    public Task<Page<DefinitionInfo>> DefinitionsAsync(CancellationToken cancellationToken = default) =>
        _questions.GetAsync<Page<DefinitionInfo>>(ApiPath.To("definitions"), cancellationToken);

    /// <inheritdoc/>
    public Task<Page<SagaItem>> SagasAsync(SagaListQuery query, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(query);
        return _questions.GetAsync<Page<SagaItem>>(ApiPath.To("sagas").With("q", query.Q).With(query), cancellationToken);
    }

    /// <inheritdoc/>
    public Task<SagaCounts> CountSagasAsync(string? q, CancellationToken cancellationToken = default) =>
        _questions.GetAsync<SagaCounts>(ApiPath.To("sagas", "counts").With("q", q), cancellationToken);

    /// <inheritdoc/>
    public Task<SagaDetail?> FindSagaAsync(string service, string id, CancellationToken cancellationToken = default) =>
        _questions.FindAsync<SagaDetail>(ApiPath.To("sagas", service, id), cancellationToken);

    /// <inheritdoc/>
    public Task<Timeline> TimelineAsync(string service, string id, int skip = 0, int limit = ManagementLimits.LargestPage, CancellationToken cancellationToken = default) =>
        _questions.GetAsync<Timeline>(ApiPath.To("sagas", service, id, "timeline").With("skip", skip).With("limit", limit), cancellationToken);

    /// <inheritdoc/>
    public Task<Exchanges> ExchangesAsync(string service, string id, CancellationToken cancellationToken = default) =>
        _questions.GetAsync<Exchanges>(ApiPath.To("sagas", service, id, "exchanges"), cancellationToken);

    /// <inheritdoc/>
    public Task<Page<FlowItem>> FlowsAsync(FlowListQuery query, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(query);
        return _questions.GetAsync<Page<FlowItem>>(ApiPath.To("flows").With("status", query.Status).With("flow", query.Flow).With(query), cancellationToken);
    }

    /// <inheritdoc/>
    public Task<FlowDetail?> FindFlowAsync(string service, string id, CancellationToken cancellationToken = default) =>
        _questions.FindAsync<FlowDetail>(ApiPath.To("flows", service, id), cancellationToken);

    /// <inheritdoc/>
    public Task<IReadOnlyList<TimelineItem>> FlowTimelineAsync(string service, string id, CancellationToken cancellationToken = default) =>
        _questions.GetAsync<IReadOnlyList<TimelineItem>>(ApiPath.To("flow-timelines", service, id), cancellationToken);

    /// <inheritdoc/>
    public Task<Page<TimerItem>> TimersAsync(ListQuery query, CancellationToken cancellationToken = default) => ListAsync<TimerItem>("timers", query, cancellationToken);

    /// <inheritdoc/>
    public Task<Page<DeadLetterItem>> DeadLettersAsync(ListQuery query, CancellationToken cancellationToken = default) => ListAsync<DeadLetterItem>("dead-letters", query, cancellationToken);

    /// <inheritdoc/>
    public Task<DeadLetterDetail?> FindDeadLetterAsync(string service, long number, CancellationToken cancellationToken = default) =>
        _questions.FindAsync<DeadLetterDetail>(ApiPath.To("dead-letters", service, ApiPath.Text(number)), cancellationToken);

    /// <inheritdoc/>
    public Task<Page<DelayedItem>> DelayedAsync(ListQuery query, CancellationToken cancellationToken = default) => ListAsync<DelayedItem>("delayed", query, cancellationToken);

    /// <inheritdoc/>
    public Task<StreamHistory?> StreamAsync(
        string service, string aggregate, string id, long after = 0, int limit = ManagementLimits.LargestPage, CancellationToken cancellationToken = default) =>
        _questions.FindAsync<StreamHistory>(ApiPath.To("streams", service, aggregate, id).With("after", after).With("limit", limit), cancellationToken);

    /// <inheritdoc/>
    public Task<Page<ProjectionItem>> ProjectionsAsync(CancellationToken cancellationToken = default) =>
        _questions.GetAsync<Page<ProjectionItem>>(ApiPath.To("projections"), cancellationToken);

    /// <inheritdoc/>
    public Task<MetricsReport> MetricsAsync(CancellationToken cancellationToken = default) => _questions.GetAsync<MetricsReport>(ApiPath.To("metrics"), cancellationToken);

    /// <inheritdoc/>
    public async IAsyncEnumerable<Change> ChangesAsync([EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        await foreach (var change in _questions.ListenAsync<Change>(ApiPath.To("events"), cancellationToken))
        {
            yield return change;
        }
    }

    /// <inheritdoc/>
    public Task<ActForecast> PreviewAsync(string service, string id, ActRequest act, CancellationToken cancellationToken = default) =>
        _questions.PostAsync<ActRequest, ActForecast>(ApiPath.To("sagas", service, id, "acts").With("dryRun", "true"), act, new ActTerms(), cancellationToken);

    /// <inheritdoc/>
    public Task<ActResult> ActAsync(string service, string id, ActRequest act, ActTerms terms, CancellationToken cancellationToken = default) =>
        _questions.PostAsync<ActRequest, ActResult>(ApiPath.To("sagas", service, id, "acts"), act, terms, cancellationToken);

    /// <inheritdoc/>
    public Task<DeadLetterResult> ReplayAsync(string service, long number, DeadLetterRequest request, ActTerms terms, CancellationToken cancellationToken = default) =>
        _questions.PostAsync<DeadLetterRequest, DeadLetterResult>(ApiPath.To("dead-letters", service, ApiPath.Text(number), "replay"), request, terms, cancellationToken);

    /// <inheritdoc/>
    public Task<ProjectionItem> RetryProjectionAsync(string service, string name, ActTerms terms, CancellationToken cancellationToken = default) =>
        _questions.PostAsync<ProjectionItem>(ApiPath.To("projections", service, name, "retry"), terms, cancellationToken);

    /// <inheritdoc/>
    public Task<ProjectionItem> SkipEventAsync(string service, string name, ProjectionSkip skip, ActTerms terms, CancellationToken cancellationToken = default) =>
        _questions.PostAsync<ProjectionSkip, ProjectionItem>(ApiPath.To("projections", service, name, "skip"), skip, terms, cancellationToken);

    /// <inheritdoc/>
    public Task<ProjectionItem> RebuildProjectionAsync(string service, string name, ActTerms terms, CancellationToken cancellationToken = default) =>
        _questions.PostAsync<ProjectionItem>(ApiPath.To("projections", service, name, "rebuild"), terms, cancellationToken);

    private Task<Page<T>> ListAsync<T>(string list, ListQuery query, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(query);
        return _questions.GetAsync<Page<T>>(ApiPath.To(list).With(query), cancellationToken);
    }
}
