using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using System.Threading.Channels;
using Skald.Management;

namespace Skald.Dashboard.Tests.Fake;

/// <summary>Answers with the samples, and remembers what is done to them.</summary>
internal sealed partial class FakeManagement : IManagement
{
    private static readonly MissingService[] Away = [new(Samples.Billing, "It did not answer within 2 s."), new("http://10.0.0.7:5080", "Nobody listens there.")];
    private readonly ConcurrentDictionary<string, SagaItem> _sagas = new(Samples.Sagas.ToDictionary(s => s.Id));
    private readonly ConcurrentDictionary<Channel<Change>, bool> _listeners = new();
    private long _changes;

    /// <summary>What was done, in words.</summary>
    public ConcurrentQueue<string> Done { get; } = new();

    /// <summary>How many follow what changes.</summary>
    public int Listeners => _listeners.Count;

    /// <summary>Thrown by every question; null for none.</summary>
    public ManagementProblem? Problem { get; set; }

    /// <summary>Whether there is nothing at all.</summary>
    public bool IsEmpty { get; set; }

    /// <summary>Whether some services do not answer.</summary>
    public bool IsPartial { get; set; }

    private IReadOnlyList<MissingService> Missing => IsPartial ? Away : [];

    /// <summary>Something happens to a saga, or a new one is there.</summary>
    public void Change(SagaItem saga)
    {
        _sagas[saga.Id] = saga;
        var change = new Change(Interlocked.Increment(ref _changes), "saga", saga.Service, saga.Id) { Saga = saga };
        foreach (var listener in _listeners.Keys)
        {
            listener.Writer.TryWrite(change);
        }
    }

    public Task<Page<ServiceInfo>> ServicesAsync(CancellationToken cancellationToken = default) => Answer(Others.Services);

    public Task<Page<DefinitionInfo>> DefinitionsAsync(CancellationToken cancellationToken = default) => Answer(Others.Definitions);

    public async Task<Page<SagaItem>> SagasAsync(SagaListQuery query, CancellationToken cancellationToken = default)
    {
        var found = Find(query.Q).OrderByDescending(s => s.StartedAt).ToList();
        var skip = query.Cursor is null ? 0 : int.Parse(query.Cursor, null);
        var page = await Answer(found.Skip(skip).Take(query.Limit).ToList());
        return page with { Next = skip + query.Limit < found.Count && !IsEmpty ? $"{skip + query.Limit}" : null };
    }

    public async Task<SagaCounts> CountSagasAsync(string? q, CancellationToken cancellationToken = default)
    {
        var found = (await Answer(Find(q).ToList())).Items;
        return new SagaCounts(
            new CappedCount(IsEmpty ? 0 : 10_000, !IsEmpty),
            found.GroupBy(s => s.Status).ToDictionary(g => g.Key, g => g.Key is "completed" ? new CappedCount(10_000, true) : new CappedCount(g.Count(), false))) { Missing = Missing };
    }

    public async Task<SagaDetail?> FindSagaAsync(string service, string id, CancellationToken cancellationToken = default) =>
        (await Answer(_sagas.Values.Where(s => s.Id == id && s.Service == service).ToList())).Items is [var saga] ? Samples.Detail(saga) : null;

    public async Task<Timeline> TimelineAsync(string service, string id, int skip = 0, int limit = 200, CancellationToken cancellationToken = default)
    {
        await Answer<int>([]);
        return Histories.Of(_sagas[id], skip, limit);
    }

    public async Task<Exchanges> ExchangesAsync(string service, string id, CancellationToken cancellationToken = default)
    {
        await Answer<int>([]);
        return Histories.Exchanges(_sagas[id]);
    }

    public Task<Page<SagaGroup>> SagaGroupsAsync(string? q, CancellationToken cancellationToken = default) => Answer(Others.Groups);

    public Task<IReadOnlyList<LedgerItem>> LedgerAsync(string service, string saga, CancellationToken cancellationToken = default) => Task.FromResult<IReadOnlyList<LedgerItem>>([]);

    public Task<IReadOnlyList<TimelineItem>> FlowTimelineAsync(string service, string id, CancellationToken cancellationToken = default) => Task.FromResult<IReadOnlyList<TimelineItem>>([]);

    public Task<Page<LetterGroup>> DeadLetterGroupsAsync(CancellationToken cancellationToken = default) => Answer(Others.LetterGroups);

    public Task<Page<ProcessItem>> ProcessesAsync(CancellationToken cancellationToken = default) => Answer(Others.Processes);

    public Task<Page<AuditItem>> AuditAsync(AuditListQuery query, CancellationToken cancellationToken = default) => Answer(Others.Audit);

    public Task<Page<JobItem>> JobsAsync(JobListQuery query, CancellationToken cancellationToken = default) => Answer(Others.Jobs.Where(j => query.Status is null || j.Status == query.Status).ToList());

    public Task<JobItem?> FindJobAsync(string service, string id, CancellationToken cancellationToken = default) => Task.FromResult(Others.Jobs.FirstOrDefault(j => j.Id == id));

    public Task<Page<JobLine>> JobLinesAsync(string service, string id, long after = 0, int limit = 200, CancellationToken cancellationToken = default) => Answer(Others.JobLines);

    public async Task<JobForecast> PreviewJobAsync(JobRequest request, CancellationToken cancellationToken = default)
    {
        var query = SagaQueryText.Parse(request.Q) with { Services = request.Service is { } service ? [service] : [] };
        var first = (await SagasAsync(new SagaListQuery { Q = query.ToString() }, cancellationToken)).Items;
        return new JobForecast(new CappedCount(first.Count, false), first);
    }

    public Task<JobItem> StartJobAsync(JobRequest request, ActTerms terms, CancellationToken cancellationToken = default)
    {
        Done.Enqueue($"job {request.Act?.Act} {request.Service} {request.Q} {request.PerSecond} {request.Act?.Reason}");
        return Task.FromResult(Others.Jobs[0]);
    }

    public Task<JobItem> MoveJobAsync(string service, string id, string move, ActRequest request, ActTerms terms, CancellationToken cancellationToken = default)
    {
        Done.Enqueue($"{move} {id}");
        return Task.FromResult(Others.Jobs[0] with { Status = "suspended" });
    }

    public Task<Page<FlowItem>> FlowsAsync(FlowListQuery query, CancellationToken cancellationToken = default) =>
        Answer(Others.Flows.Where(f => query.Status is null || f.Status == query.Status).ToList());

    public Task<FlowDetail?> FindFlowAsync(string service, string id, CancellationToken cancellationToken = default) =>
        Task.FromResult(Others.Flows.FirstOrDefault(f => f.Id == id) is { } flow ? Others.Detail(flow) with { Missing = Missing } : null);

    public Task<Page<TimerItem>> TimersAsync(ListQuery query, CancellationToken cancellationToken = default) => Answer(Others.Timers);

    public Task<Page<DeadLetterItem>> DeadLettersAsync(ListQuery query, CancellationToken cancellationToken = default) =>
        Answer(Others.Letters.Where(l => query.Service is null || l.Service == query.Service).ToList());

    public Task<DeadLetterDetail?> FindDeadLetterAsync(string service, long number, CancellationToken cancellationToken = default) =>
        Task.FromResult(Others.Letters.FirstOrDefault(l => l.Number == number) is { } letter ? Others.Detail(letter) : null);

    public Task<Page<DelayedItem>> DelayedAsync(ListQuery query, CancellationToken cancellationToken = default) => Answer(Others.Delayed);

    public Task<StreamHistory?> StreamAsync(string service, string aggregate, string id, long after = 0, int limit = 200, CancellationToken cancellationToken = default) =>
        Task.FromResult(id == "B-2207" ? Others.Stream : null);

    public Task<Page<ProjectionItem>> ProjectionsAsync(CancellationToken cancellationToken = default) => Answer(Others.Projections);

    public async Task<MetricsReport> MetricsAsync(CancellationToken cancellationToken = default)
    {
        await Answer<int>([]);
        return Others.Metrics with { Missing = Missing, Services = IsEmpty ? [] : Others.Metrics.Services };
    }

    public async IAsyncEnumerable<Change> ChangesAsync([EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        var channel = Channel.CreateUnbounded<Change>();
        _listeners[channel] = true;
        try
        {
            await foreach (var change in channel.Reader.ReadAllAsync(cancellationToken))
            {
                yield return change;
            }
        }
        finally
        {
            _listeners.TryRemove(channel, out _);
        }
    }

    public Task<ActForecast> PreviewAsync(string service, string id, ActRequest act, CancellationToken cancellationToken = default) => Task.FromResult(Others.Forecast(_sagas[id], act));

    public Task<ActResult> ActAsync(string service, string id, ActRequest act, ActTerms terms, CancellationToken cancellationToken = default)
    {
        var saga = _sagas[id];
        if (terms.Version != saga.Version)
        {
            throw new ManagementException(new ManagementProblem(412, ProblemCodes.MovedOn, $"The saga has moved on: it is at version {saga.Version}, and the act was meant for version {terms.Version}.") { Version = saga.Version });
        }

        Done.Enqueue($"{act.Act} {act.Step} {act.Reason} at {terms.Version}".Replace("  ", " ", StringComparison.Ordinal));
        Change(saga with { Version = saga.Version + 1, Status = act.Act is "compensate" ? "compensating" : "running" });
        return Task.FromResult(new ActResult(service, id, act.Act!, saga.Version + 1, "running", "it was done", false)); // Every act has a name.
    }

    public Task<DeadLetterResult> ReplayAsync(string service, long number, DeadLetterRequest request, ActTerms terms, CancellationToken cancellationToken = default)
    {
        Done.Enqueue($"replay {service} {number} {request.Reason}");
        return Task.FromResult(new DeadLetterResult(service, number, "put-back", "it is on its way to its handler"));
    }

    public Task<ProjectionItem> RetryProjectionAsync(string service, string name, ActTerms terms, CancellationToken cancellationToken = default) => Noted($"retry {name}", name);

    public Task<ProjectionItem> SkipEventAsync(string service, string name, ProjectionSkip skip, ActTerms terms, CancellationToken cancellationToken = default) => Noted($"skip {name} {skip.Position} {skip.Reason}", name);

    public Task<ProjectionItem> RebuildProjectionAsync(string service, string name, ActTerms terms, CancellationToken cancellationToken = default) => Noted($"rebuild {name}", name);

    private Task<ProjectionItem> Noted(string what, string name)
    {
        Done.Enqueue(what);
        return Task.FromResult(Others.Projections.First(p => p.Name == name));
    }

    private IEnumerable<SagaItem> Find(string? q)
    {
        var query = SagaQueryText.Parse(q);
        return _sagas.Values.Where(s =>
            (query.Statuses.Count == 0 || query.Statuses.Any(x => x.Word() == s.Status)) && (query.Definitions.Count == 0 || query.Definitions.Contains(s.Definition))
            && (query.Services.Count == 0 || query.Services.Contains(s.Service)) && (query.Step is null || s.Step == query.Step || s.FailedStep == query.Step)
            && (query.Word is null || s.Id == query.Word || s.Key == query.Word) && (query.Key is null || s.Key == query.Key));
    }

    private async Task<Page<T>> Answer<T>(IReadOnlyList<T> items)
    {
        await Task.Yield();
        return Problem is { } problem ? throw new ManagementException(problem) : new Page<T>(IsEmpty ? [] : items) { Missing = Missing };
    }
}
