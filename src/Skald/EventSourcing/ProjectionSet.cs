using System.Runtime.CompilerServices;
using Microsoft.Extensions.Logging;
using Skald.Diagnostics;
using Skald.Messaging;
using Skald.Storage;

namespace Skald.EventSourcing;

/// <summary>The events of one service: what they mean, their history, and everything that follows them.</summary>
internal sealed class ProjectionSet
{
    private const int HistoryPage = 500;

    private readonly string _service;
    private readonly IStore _store;
    private readonly MessageSerializer _serializer;
    private readonly List<Projection> _inline = [];
    private readonly List<ProjectionHandle> _projections = [];
    private bool _runs;

    public ProjectionSet(
        string service, AggregateModel model, IReadOnlyList<(Projection, ProjectionBuilder)> projections, IServiceProvider provider,
        IStore store, MessageSerializer serializer, SkaldOptions options, TimeProvider time, ILogger logger)
    {
        (_service, Model, _store, _serializer, Recent) = (service, model, store, serializer, new RecentStreams(time));
        foreach (var (projection, builder) in projections)
        {
            if (builder.IsInline)
            {
                _inline.Add(projection);
                continue;
            }

            // Checked: it has a store.
            var runner = new ProjectionRunner(
                service, projection, builder.Store!(provider, projection), builder.PageSize, Log, new EventReader(model, serializer), options, time, logger);
            _projections.Add(new ProjectionHandle(runner, new EventReader(model, serializer), time, logger));
        }
    }

    public AggregateModel Model { get; }

    private IEventLog Log => _store.EventLog ?? throw new NotSupportedException($"The store of service '{_service}' keeps no events.");

    public RecentStreams Recent { get; }

    public IReadOnlyList<ProjectionHandle> Projections => _projections;

    public IEnumerable<string> InlineSchema => _inline.SelectMany(p => p.Schema);

    public static void Check(string service, AggregateModel model, IReadOnlyList<(Projection Projection, ProjectionBuilder Builder)> projections, List<string> problems)
    {
        var names = new HashSet<string>();
        foreach (var (projection, builder) in projections)
        {
            var name = projection.Name;
            if (name.Length is 0 or > 40 || !char.IsAsciiLetterLower(name[0]) || name.Any(c => c is not ((>= 'a' and <= 'z') or (>= '0' and <= '9') or '_')))
            {
                problems.Add(ErrorCodes.ProjectionName(service, name));
            }

            if (!names.Add(name))
            {
                problems.Add(ErrorCodes.ProjectionTwice(service, name));
            }

            if (!builder.IsInline && builder.Store is null)
            {
                problems.Add(ErrorCodes.ProjectionWithoutStore(service, name));
            }

            if (builder.PageSize is < 1 or > ProjectionBuilder.LargestPage)
            {
                problems.Add(ErrorCodes.ProjectionPage(service, name, builder.PageSize));
            }

            if (!model.Any)
            {
                problems.Add(ErrorCodes.NoAggregates(service, name));
            }
        }
    }

    public void Start()
    {
        _runs = true;
        _projections.ForEach(p => p.Start());
    }

    public void Wake() => _projections.ForEach(p => p.Wake());

    public Task StopAsync() => Task.WhenAll(_projections.Select(p => p.StopAsync()));

    public async ValueTask DisposeAsync()
    {
        foreach (var projection in _projections)
        {
            await projection.DisposeAsync();
        }
    }

    /// <summary>Writes the rows of inline projections, in the transaction that appends.</summary>
    public async ValueTask ApplyInlineAsync(EventSession? session, IUnitOfWork unit, CancellationToken cancellationToken)
    {
        if (session is not { Appended.Count: > 0 } || _inline.Count == 0)
        {
            return;
        }

        var transaction = unit.Transaction ?? throw new InvalidOperationException("The in-memory store has no tables for inline projections. Use UseSqlite(...).");
        foreach (var projection in _inline)
        {
            await projection.ApplyAsync(session.Appended, new ProjectionContext(transaction, cancellationToken));
        }
    }

    /// <summary>The batch is committed: whoever follows its events is woken.</summary>
    /// <returns>True when other processes have to be told, because the projections do not run here.</returns>
    public bool Appended(EventSession? session)
    {
        if (session is not { Appended.Count: > 0 and var count })
        {
            return false;
        }

        Quietly.Tell(() => SkaldMeter.Appended.Add(count, new KeyValuePair<string, object?>("service", _service)));
        Wake();
        return !_runs;
    }

    public async IAsyncEnumerable<RecordedEvent> HistoryAsync(Type state, string id, long afterVersion, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var stream = Model.PlanOf(state).Stream(id);
        var reader = new EventReader(Model, _serializer);
        while (true)
        {
            var page = await Log.ReadStreamAsync(stream, afterVersion, HistoryPage, cancellationToken);
            foreach (var stored in page)
            {
                afterVersion = stored.Event.Version;
                yield return reader.Read(stored.Position, stored.Event);
            }

            if (page.Count < HistoryPage)
            {
                yield break;
            }
        }
    }

    public async Task<(long Version, object? State)> LoadAsync(Type state, string id, CancellationToken cancellationToken)
    {
        var plan = Model.PlanOf(state);
        var snapshot = plan.Shape is null ? null : await Log.FindSnapshotAsync(plan.Stream(id), plan.Shape, cancellationToken);
        var (version, folded) = snapshot is null ? (0L, (object?)null) : (snapshot.Version, plan.ReadSnapshot(snapshot, _serializer));
        await foreach (var recorded in HistoryAsync(state, id, version, cancellationToken))
        {
            (version, folded) = (recorded.Version, plan.Evolve(folded, recorded.Event));
        }

        return (version, folded);
    }
}
