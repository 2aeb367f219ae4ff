using System.Text.Json;
using Skald.Hosting;
using Skald.Messaging;
using Skald.Runtime;
using Skald.Storage;

namespace Skald;

/// <summary>What people and tools ask about one service. It reads the service's database, whether or not this process serves.</summary>
/// <remarks>Every member throws <see cref="StoreUnavailableException"/> when the database cannot be reached. Damaged rows are shown as such.</remarks>
public sealed partial class SkaldOperations
{
    private const long DefaultCap = 10_000;
    private readonly ServiceEngine _engine;

    internal SkaldOperations(ServiceEngine engine) => _engine = engine;

    private IOperations Store => _engine.Store.Operations;

    /// <summary>Looks at the database, for health checks: reads one row through an index.</summary>
    /// <exception cref="StoreUnavailableException">It cannot be reached.</exception>
    public async Task ProbeAsync(CancellationToken cancellationToken = default)
    {
        await Store.CountOutboxAsync(1, cancellationToken);
        _engine.StoreAnswers();
    }

    /// <summary>A line about the database for people. No secrets.</summary>
    public string StoreDescription => _engine.Store.Description;

    /// <summary>One saga; null when there is none.</summary>
    public async Task<SagaDetails?> FindSagaAsync(SagaId saga, CancellationToken cancellationToken = default) =>
        await Store.FindSagaAsync(saga.Value, cancellationToken) is { } row ? SagaViews.Details(_engine.Model, _engine.Serializer, row) : null;

    /// <summary>A saga that was there and has been removed; null when there is none that is still known of.</summary>
    public async Task<RemovedSaga?> FindRemovedAsync(SagaId saga, CancellationToken cancellationToken = default) =>
        await Store.FindRemovedAsync(saga.Value, cancellationToken) is { } row
            ? new RemovedSaga(new SagaId(row.Id), row.Definition, row.Key, (SagaStatus)row.Status, UnixTime.To(row.StartedAt), UnixTime.To(row.EndedAt), UnixTime.To(row.At))
            : null;

    /// <summary>A page of sagas, the latest started first.</summary>
    /// <exception cref="ArgumentException">The cursor is none, or the limit is out of range.</exception>
    public async Task<SagaPage> SagasAsync(SagaQuery query, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(query);
        if (query.Limit is < 1 or > 1000)
        {
            throw new ArgumentException($"A page has 1 to 1,000 sagas, not {query.Limit}.", nameof(query));
        }

        // One more than the page shows whether there is another.
        var rows = await Store.SagasAsync(Filter(query), Cursors.ReadPage(query.Cursor), query.Limit + 1, cancellationToken);
        var page = rows.Take(query.Limit).ToList();
        return new SagaPage(
            [.. page.Select(row => SagaViews.Of(_engine.Model, _engine.Serializer, row))],
            rows.Count > query.Limit ? Cursors.Write(new PagePosition(page[^1].StartedAt, page[^1].Id)) : null);
    }

    /// <summary>How many sagas match, counted up to a cap. Cursor and limit of the query do not matter.</summary>
    public async Task<CappedCount> CountSagasAsync(SagaQuery query, long cap = DefaultCap, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(query);
        return Capped(await Store.CountSagasAsync(Filter(query), cap, cancellationToken), cap);
    }

    /// <summary>How many sagas stand in each status, each counted up to a cap. A status without sagas is left out.</summary>
    public async Task<IReadOnlyDictionary<SagaStatus, CappedCount>> CountByStatusAsync(long cap = DefaultCap, CancellationToken cancellationToken = default)
    {
        var counts = new Dictionary<SagaStatus, CappedCount>();
        foreach (var status in Enum.GetValues<SagaStatus>())
        {
            if (await CountSagasAsync(new SagaQuery { Status = status }, cap, cancellationToken) is { Value: > 0 } count)
            {
                counts[status] = count;
            }
        }

        return counts;
    }

    /// <summary>What happened to a saga, oldest first.</summary>
    /// <param name="saga">The saga.</param>
    /// <param name="skip">How many of its stored rows to pass over; a row has the lines of one transaction.</param>
    /// <param name="limit">The most rows.</param>
    /// <param name="cancellationToken">Abandons the reading.</param>
    public Task<IReadOnlyList<TimelineEntry>> TimelineAsync(SagaId saga, int skip = 0, int limit = 10_000, CancellationToken cancellationToken = default) =>
        TimelineAsync(saga.Value, cancellationToken, skip, limit);

    internal async Task<IReadOnlyList<TimelineEntry>> TimelineAsync(Guid owner, CancellationToken cancellationToken, int skip = 0, int limit = 10_000) =>
    [
        .. from row in await Store.JournalAsync(owner, skip, limit, cancellationToken)
           from entry in JournalCodec.Decode(row.Entries)
           select new TimelineEntry(row.At, row.Version, entry.Kind, entry.Step, entry.Detail, row.Actor, row.Reason),
    ];

    /// <summary>When sagas look at their steps again, the sagas that are woken soonest first.</summary>
    public async Task<IReadOnlyList<TimerView>> TimersAsync(int limit = 100, CancellationToken cancellationToken = default) =>
        [.. (await Store.WaitingSagasAsync(null, limit, cancellationToken)).SelectMany(row => SagaViews.Timers(_engine.Model, row)).Take(limit)];

    /// <summary>Messages that will be tried again, soonest first.</summary>
    public async Task<IReadOnlyList<DelayedMessage>> DelayedAsync(int limit = 100, CancellationToken cancellationToken = default) =>
    [
        .. (await Store.DelayedAsync(null, limit, cancellationToken)).Select(Delayed),
    ];

    /// <summary>How many messages are committed and not yet confirmed by the transport, counted up to a cap.</summary>
    public async Task<CappedCount> CountOutboxAsync(long cap = DefaultCap, CancellationToken cancellationToken = default) =>
        Capped(await Store.CountOutboxAsync(cap, cancellationToken), cap);

    /// <summary>Messages that cannot be handled, oldest first.</summary>
    /// <param name="after">The last number of the page before; 0 for the first page.</param>
    /// <param name="limit">The most.</param>
    /// <param name="cancellationToken">Abandons the reading.</param>
    public async Task<IReadOnlyList<DeadLetter>> DeadLettersAsync(long after = 0, int limit = 100, CancellationToken cancellationToken = default) =>
        [.. (await Store.DeadLettersAsync(after, limit, cancellationToken)).Select(Shown)];

    /// <summary>As people may see it.</summary>
    private DeadLetter Shown(DeadLetterRow row)
    {
        var letter = Letter(row);
        return letter.Envelope is null ? letter : letter with { Body = _engine.Serializer.Redaction.Hide(letter.Body, MessageCatalog.TypesNamed(letter.Envelope.Type)) };
    }

    internal static DeadLetter Letter(DeadLetterRow row)
    {
        var envelope = Envelope(row.Envelope);
        // It names secrets.
        return new DeadLetter(row.Number, envelope, envelope is not null && Farewell.Is(envelope) ? default : row.Body, row.Reason, row.Attempts, UnixTime.To(row.At));
    }

    private static Envelope? Envelope(ReadOnlyMemory<byte> bytes)
    {
        try
        {
            return bytes.IsEmpty ? null : EnvelopeCodec.Decode(bytes);
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private static CappedCount Capped(long value, long cap) => new(value, value >= cap);

    internal static InstanceFilter Filter(SagaQuery query)
    {
        long? updated = query.UpdatedBefore is { } changed ? UnixTime.From(changed) : null;
        return new InstanceFilter
        {
            Definition = query.Definition,
            Statuses = query.Status is { } only ? [(int)only] : query.Statuses is { } some ? [.. some.Select(s => (int)s)] : null,
            Key = query.Key is { } key ? SagaCodec.Key(key) : null,
            // What has not changed since then was started before.
            StartedBefore = query.StartedBefore is { } before ? Math.Min(UnixTime.From(before), updated ?? long.MaxValue) : updated,
            StartedFrom = query.StartedFrom is { } from ? UnixTime.From(from) : null,
            UpdatedBefore = updated,
            FailedStep = query.FailedStep,
            FailureType = query.FailureType,
        };
    }

    /// <summary>What a filter was made of.</summary>
    internal static SagaQuery Query(InstanceFilter filter) => new()
    {
        Definition = filter.Definition, Statuses = filter.Statuses is { } statuses ? [.. statuses.Select(s => (SagaStatus)s)] : null, Key = filter.Key, StartedBefore = Time(filter.StartedBefore),
        StartedFrom = Time(filter.StartedFrom), UpdatedBefore = Time(filter.UpdatedBefore), FailedStep = filter.FailedStep, FailureType = filter.FailureType,
    };
}
