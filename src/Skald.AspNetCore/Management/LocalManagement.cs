using System.Text;
using System.Text.Json;
using Skald.Messaging;

namespace Skald.Management;

/// <summary>One service of this process. <see cref="MergedManagement"/> puts several together.</summary>
/// <param name="service">The service.</param>
/// <param name="options">What the application adds; the defaults unless given.</param>
public sealed partial class LocalManagement(SkaldService service, LocalManagementOptions? options = null) : IManagement
{
    private readonly SkaldService _service = service ?? throw new ArgumentNullException(nameof(service));
    private readonly LocalManagementOptions _options = options ?? new LocalManagementOptions();
    private readonly ActMemory _acts = new();
    private readonly RebuildRuns _rebuilds = new();
    private readonly MetricRing _metrics = MetricRing.Shared;

    private SagaReader Reader => field ??= new SagaReader(_service);

    private ChangeLog Changed => field ??= new ChangeLog(this, _options.Time);

    private DateTimeOffset Now => _options.Time.GetUtcNow();

    /// <summary>The service's full name.</summary>
    public string Service => _service.Name;

    /// <inheritdoc/>
    public Task<Page<ServiceInfo>> ServicesAsync(CancellationToken cancellationToken = default) => Task.FromResult(new Page<ServiceInfo>([ServiceInfos.Of(_service, Reader.Description, _options.AsyncApi)]));

    /// <inheritdoc/>
    public Task<Page<DefinitionInfo>> DefinitionsAsync(CancellationToken cancellationToken = default) => Task.FromResult(new Page<DefinitionInfo>([.. Reader.Definitions()]));

    /// <inheritdoc/>
    public Task<Page<SagaItem>> SagasAsync(SagaListQuery query, CancellationToken cancellationToken = default) => AskAsync(async () =>
    {
        Asked.Check(query);
        var now = Now;
        if (!IsMeant(query))
        {
            return new Page<SagaItem>([]);
        }

        var (sagas, next) = await new SagaSearch(_service, Asked.Query(query.Q), now).PageAsync(query.Cursor, query.Limit, cancellationToken);
        return new Page<SagaItem>([.. sagas.Select(saga => Reader.Item(saga, now))]) { Next = next };
    });

    /// <inheritdoc/>
    public Task<SagaCounts> CountSagasAsync(string? q, CancellationToken cancellationToken = default) => AskAsync(async () =>
        Counting.Of((await new SagaSearch(_service, Asked.Query(q), Now).CountAsync(cancellationToken)).ToDictionary(one => one.Key.Word(), one => one.Value)));

    /// <inheritdoc/>
    public Task<SagaDetail?> FindSagaAsync(string service, string id, CancellationToken cancellationToken = default) => AskAsync(service, async () =>
    {
        if (await DetailsAsync(id, cancellationToken) is not { } found)
        {
            return null;
        }

        var (now, saga) = (Now, found.Summary);
        return new SagaDetail
        {
            Saga = Reader.Item(saga, now),
            Headline = Sentences.Headline(saga, Reader.Facts(saga), now),
            Plan = Reader.Plan(saga, now),
            State = found.State,
            StateHidden = found.State is null ? "It is no JSON." : null,
            Timers = Timers(saga),
            Acts = await new ActOffers(_service, saga, Reader.Facts(saga)).AllAsync(cancellationToken),
            Links = LinkTemplate.Fill(_options.Links, _service.Name, saga, found.TraceParent),
            TraceParent = found.TraceParent,
        };
    });

    /// <inheritdoc/>
    public Task<Timeline> TimelineAsync(string service, string id, int skip = 0, int limit = ManagementLimits.LargestPage, CancellationToken cancellationToken = default) => AskAsync(service, async () =>
    {
        Asked.Check(limit);
        ArgumentOutOfRangeException.ThrowIfNegative(skip);
        var saga = await MustBeAsync(id, cancellationToken);
        var entries = await _service.Operations.TimelineAsync(saga.Id, skip, limit, cancellationToken);
        // Lines of one transaction have its version and time; one more transaction shows whether there is another.
        var rows = new JournalRows(_service.Operations, saga.Id);
        var isAll = !await rows.HasAsync(skip + limit, cancellationToken);
        // Who begins at the beginning wants to know how much there is; who goes on knows it by then.
        var total = isAll ? skip + entries.Select(entry => (entry.Version, entry.At)).Distinct().Count()
            : skip == 0 ? await rows.CountAsync(limit + 1, saga.Revision, cancellationToken)
            : (long?)null;
        return new Timeline([.. entries.Select(entry => TimelineItems.Of(_service.Name, entry))], skip, isAll ? null : skip + limit, total);
    });

    /// <inheritdoc/>
    public Task<Exchanges> ExchangesAsync(string service, string id, CancellationToken cancellationToken = default) => AskAsync(service, async () =>
    {
        var saga = await MustBeAsync(id, cancellationToken);
        var entries = await _service.Operations.TimelineAsync(saga.Id, 0, ExchangeReader.MostRows, cancellationToken);
        return new ExchangeReader(_service.Name, Reader.PlanOf(saga), Reader).Read(entries) with
        {
            IsCut = await new JournalRows(_service.Operations, saga.Id).HasAsync(ExchangeReader.MostRows, cancellationToken),
        };
    });

    /// <inheritdoc/>
    public Task<Page<TimerItem>> TimersAsync(ListQuery query, CancellationToken cancellationToken = default) => AskAsync(async () =>
    {
        Asked.Check(query);
        var page = IsMeant(query) ? await _service.Operations.TimerPageAsync(query.Cursor, query.Limit, cancellationToken) : new DuePage<TimerView>([], null);
        return new Page<TimerItem>([.. page.Items.Select(timer => new TimerItem(_service.Name, timer.Saga.ToString(), timer.Definition, timer.Step, timer.Reason, timer.Due))]) { Next = page.Next };
    });

    /// <inheritdoc/>
    public Task<Page<DelayedItem>> DelayedAsync(ListQuery query, CancellationToken cancellationToken = default) => AskAsync(async () =>
    {
        Asked.Check(query);
        var page = IsMeant(query) ? await _service.Operations.DelayedPageAsync(query.Cursor, query.Limit, cancellationToken) : new DuePage<DelayedMessage>([], null);
        return new Page<DelayedItem>([.. page.Items.Select(message => MessageInfos.Delayed(_service.Name, message))]) { Next = page.Next };
    });

    /// <inheritdoc/>
    public Task<Page<DeadLetterItem>> DeadLettersAsync(ListQuery query, CancellationToken cancellationToken = default) => AskAsync(async () =>
    {
        Asked.Check(query);
        if (!IsMeant(query) || LetterCursor.AfterIn(_service.Name, query.Cursor) is not { } after)
        {
            return new Page<DeadLetterItem>([]);
        }

        var letters = await _service.Operations.DeadLettersAsync(after, query.Limit + 1, cancellationToken);
        return LetterCursor.Page(letters.Select(letter => MessageInfos.Letter(_service.Name, letter)), query.Limit);
    });

    /// <inheritdoc/>
    public Task<DeadLetterDetail?> FindDeadLetterAsync(string service, long number, CancellationToken cancellationToken = default) => AskAsync(service, async () =>
        await LetterAsync(number, cancellationToken) is { } letter ? MessageInfos.Detail(_service.Name, letter) : null);

    /// <inheritdoc/>
    public Task<MetricsReport> MetricsAsync(CancellationToken cancellationToken = default) => AskAsync(async () =>
    {
        var open = new Dictionary<string, CappedCount>();
        foreach (var status in (SagaStatus[])[SagaStatus.Running, SagaStatus.Compensating, SagaStatus.Parked])
        {
            open[status.Word()] = await _service.Operations.CountSagasAsync(new SagaQuery { Status = status }, ManagementLimits.LargestCount, cancellationToken);
        }

        var outbox = await _service.Operations.CountOutboxAsync(ManagementLimits.LargestCount, cancellationToken);
        var lags = new Dictionary<string, double>();
        foreach (var projection in _service.Projections)
        {
            lags[projection.Name] = (await projection.StatusAsync(cancellationToken)).Lag.TotalSeconds;
        }

        return _metrics.Report(_service.Name, Now) is var report ? report with { Services = [report.Services[0] with { Open = open, Outbox = outbox, ProjectionLagSeconds = lags }] } : report;
    });

    /// <inheritdoc/>
    public IAsyncEnumerable<Change> ChangesAsync(CancellationToken cancellationToken = default) => Changed.FollowAsync(cancellationToken);

    private IReadOnlyList<TimerItem> Timers(SagaSummary saga) =>
    [
        .. saga.Steps.Where(step => step.Due is not null).OrderBy(step => step.Due)
            .Select(step => new TimerItem(_service.Name, saga.Id.ToString(), saga.Definition, step.Name, TimerWords.Reason(step.State), step.Due!.Value)), // Only those that have one.
    ];

    private bool IsMeant(ListQuery query) => query.Service is null || query.Service == _service.Name;

    private async Task<DeadLetter?> LetterAsync(long number, CancellationToken cancellationToken) =>
        number > 0 && await _service.Operations.DeadLettersAsync(number - 1, 1, cancellationToken) is [{ } letter] && letter.Number == number ? letter : null;

    /// <exception cref="ManagementException">It has been removed.</exception>
    private async Task<SagaDetails?> DetailsAsync(string id, CancellationToken cancellationToken)
    {
        if (!SagaId.TryParse(id, out var saga))
        {
            return null;
        }

        return await _service.Operations.FindSagaAsync(saga, cancellationToken)
            ?? (await _service.Operations.FindRemovedAsync(saga, cancellationToken) is { } removed ? throw Refusals.Removed(removed) : null);
    }

    private async Task<SagaSummary> MustBeAsync(string id, CancellationToken cancellationToken) =>
        (await DetailsAsync(id, cancellationToken))?.Summary ?? throw Refusals.NoSaga(_service.Name, id);

    private Task<T> AskAsync<T>(string service, Func<Task<T>> ask) => service == _service.Name ? AskAsync(ask) : throw Refusals.NoService(service, [_service.Name]);

    private Task<T> AskAsync<T>(Func<Task<T>> ask) => Asked.OfAsync(_service, ask);
}

/// <summary>What an application adds to what is shown of its services.</summary>
public sealed record LocalManagementOptions
{
    /// <summary>Where the service's AsyncAPI document is; null when it is nowhere.</summary>
    public string? AsyncApi { get; init; }

    /// <summary>Addresses elsewhere that are shown with every saga.</summary>
    public IReadOnlyList<LinkTemplate> Links { get; init; } = [];

    /// <summary>The clock by which it is said how long something still takes.</summary>
    public TimeProvider Time { get; init; } = TimeProvider.System;
}

/// <summary>An address elsewhere, such as of a trace.</summary>
/// <param name="Text">What it leads to, such as <c>trace</c>.</param>
/// <param name="Address">The address, with <c>{service}</c>, <c>{id}</c>, <c>{definition}</c>, <c>{key}</c> and <c>{traceId}</c> in the places of those. A saga that lacks one of them has no such link.</param>
public sealed record LinkTemplate(string Text, string Address)
{
    internal static IReadOnlyList<LinkItem> Fill(IReadOnlyList<LinkTemplate> templates, string service, SagaSummary saga, string? traceParent)
    {
        var values = new Dictionary<string, string?>
        {
            ["{service}"] = service,
            ["{id}"] = saga.Id.ToString(),
            ["{definition}"] = saga.Definition,
            ["{key}"] = saga.Key,
            ["{traceId}"] = traceParent?.Split('-') is [_, var trace, ..] ? trace : null,
        };
        return
        [
            .. from template in templates
               where values.All(value => value.Value is not null || !template.Address.Contains(value.Key, StringComparison.Ordinal))
               select new LinkItem(template.Text, values.Aggregate(template.Address, (address, value) => address.Replace(value.Key, Uri.EscapeDataString(value.Value ?? ""), StringComparison.Ordinal))),
        ];
    }
}
