using Skald.Hosting;
using Skald.Storage;

namespace Skald;

// What is asked a page or a group at a time.
public sealed partial class SkaldOperations
{
    private const int MostOfPage = 1000;

    /// <summary>Parked sagas by definition, failed step and type of failure, each counted up to a cap.</summary>
    /// <param name="cap">Counts no further in each group.</param>
    /// <param name="limit">The most groups.</param>
    /// <param name="cancellationToken">Abandons the reading.</param>
    public Task<IReadOnlyList<FailureGroup>> ParkedGroupsAsync(long cap = DefaultCap, int limit = 100, CancellationToken cancellationToken = default) =>
        FailureGroupsAsync(new SagaQuery { Status = SagaStatus.Parked }, cap, limit, cancellationToken);

    /// <summary>Sagas that went wrong, by definition, status, failed step and type of failure, each counted up to a cap.</summary>
    /// <param name="query">Which: its definition, statuses, step and type of failure count.</param>
    /// <param name="cap">Counts no further in each group.</param>
    /// <param name="limit">The most groups.</param>
    /// <param name="cancellationToken">Abandons the reading.</param>
    public async Task<IReadOnlyList<FailureGroup>> FailureGroupsAsync(SagaQuery query, long cap = DefaultCap, int limit = 100, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(query);
        return
        [
            .. (await Store.FailureGroupsAsync(Filter(query), cap, limit, cancellationToken)).Select(row => new FailureGroup(
                row.Definition, (SagaStatus)row.Status, row.FailedStep, row.FailureType, Capped(row.Count, cap), UnixTime.To(row.OldestStartedAt), new SagaId(row.Newest))),
        ];
    }

    /// <summary>What this service has done and undone for a saga, whichever service's it is.</summary>
    public async Task<IReadOnlyList<LedgerEntry>> LedgerAsync(SagaId saga, int limit = MostOfPage, CancellationToken cancellationToken = default) =>
        [.. (await Store.LedgerAsync(saga.Value, limit, cancellationToken)).Where(row => row.Step.Length > 0).Select(Entry)];

    /// <summary>What this service has done and undone for all sagas, by saga, a page after the other.</summary>
    /// <param name="cursor">Where the page before ended, as <see cref="LedgerPage.Next"/> said; null for the first page.</param>
    /// <param name="limit">The most on one page: 1 to 1,000.</param>
    /// <param name="cancellationToken">Abandons the reading.</param>
    /// <exception cref="ArgumentException">The cursor is none, or the limit is out of range.</exception>
    public async Task<LedgerPage> LedgerPageAsync(string? cursor = null, int limit = MostOfPage, CancellationToken cancellationToken = default)
    {
        Check(limit);
        var (from, shown) = Cursors.ReadLedger(cursor) ?? (Guid.Empty, 0);
        var read = await Store.LedgerPageAsync(from, limit + shown + 1, cancellationToken);
        // Of the saga at which the page before ended, those that were on it.
        List<LedgerRow> rows = [.. read.Skip(read.TakeWhile(row => row.Scope == from).Take(shown).Count())];
        // Messages of no saga lie among them.
        return new LedgerPage([.. rows.Take(limit).Where(row => row.Step.Length > 0).Select(Entry)], rows.Count > limit ? End(rows.Take(limit), from, shown) : null);
    }

    /// <summary>The processes that serve it, and those that are gone and have not been forgotten yet, the latest first.</summary>
    public async Task<IReadOnlyList<ServiceInstance>> InstancesAsync(int limit = 100, CancellationToken cancellationToken = default) =>
        [.. (await Store.InstancesAsync(limit, cancellationToken)).Select(row => new ServiceInstance(row.Number, row.Name, !row.IsGone, Time(row.Since), Time(row.GoneAt), row.Plans))];

    /// <summary>When sagas look at their steps again, a page of sagas after the other, those that are woken soonest first.</summary>
    /// <param name="cursor">Where the page before ended, as <see cref="DuePage{T}.Next"/> said; null for the first page.</param>
    /// <param name="limit">The most sagas on one page: 1 to 1,000. One may wait for several steps.</param>
    /// <param name="cancellationToken">Abandons the reading.</param>
    /// <exception cref="ArgumentException">The cursor is none, or the limit is out of range.</exception>
    public Task<DuePage<TimerView>> TimerPageAsync(string? cursor = null, int limit = 100, CancellationToken cancellationToken = default) => PageAsync(
        cursor, limit, after => Store.WaitingSagasAsync(after, limit + 1, cancellationToken), row => new DuePosition(row.WakeAt ?? 0, row.Id), row => SagaViews.Timers(_engine.Model, row));

    /// <summary>Messages that will be tried again, soonest first, a page after the other.</summary>
    /// <param name="cursor">Where the page before ended, as <see cref="DuePage{T}.Next"/> said; null for the first page.</param>
    /// <param name="limit">The most on one page: 1 to 1,000.</param>
    /// <param name="cancellationToken">Abandons the reading.</param>
    /// <exception cref="ArgumentException">The cursor is none, or the limit is out of range.</exception>
    public Task<DuePage<DelayedMessage>> DelayedPageAsync(string? cursor = null, int limit = 100, CancellationToken cancellationToken = default) => PageAsync<DelayedRow, DelayedMessage>(
        cursor, limit, after => Store.DelayedAsync(after, limit + 1, cancellationToken), row => new DuePosition(row.Due, row.Id), row => [Delayed(row)]);

    /// <summary>Messages that are committed and not yet confirmed by the transport, those that are longest free to be sent first, a page after the other.</summary>
    /// <inheritdoc cref="DelayedPageAsync" path="/param"/>
    /// <inheritdoc cref="DelayedPageAsync" path="/exception"/>
    public Task<DuePage<UnconfirmedMessage>> OutboxPageAsync(string? cursor = null, int limit = 100, CancellationToken cancellationToken = default) => PageAsync<OutboxRow, UnconfirmedMessage>(
        cursor, limit, after => Store.OutboxAsync(after, limit + 1, cancellationToken), row => new DuePosition(row.ClaimedUntil, row.Id),
        row => [new UnconfirmedMessage(row.Id, Envelope(row.Envelope), UnixTime.To(row.ClaimedUntil))]);

    /// <summary>Dead letters whose reasons are alike, each group counted up to a cap.</summary>
    /// <param name="cap">Counts no further in each group.</param>
    /// <param name="limit">The most groups.</param>
    /// <param name="cancellationToken">Abandons the reading.</param>
    public async Task<IReadOnlyList<DeadLetterGroup>> DeadLetterGroupsAsync(long cap = DefaultCap, int limit = 100, CancellationToken cancellationToken = default) =>
        [.. (await Store.DeadLetterGroupsAsync(cap, limit, cancellationToken)).Select(row => new DeadLetterGroup(row.Kind, Capped(row.Count, cap), UnixTime.To(row.OldestAt), row.Newest))];

    /// <summary>Dead letters of one group, oldest first.</summary>
    /// <param name="kind">The group, as <see cref="DeadLetterGroup.Kind"/> says.</param>
    /// <param name="after">The last number of the page before; 0 for the first page.</param>
    /// <param name="limit">The most.</param>
    /// <param name="cancellationToken">Abandons the reading.</param>
    public async Task<IReadOnlyList<DeadLetter>> DeadLettersOfKindAsync(string kind, long after = 0, int limit = 100, CancellationToken cancellationToken = default) =>
        [.. (await Store.DeadLettersOfKindAsync(kind, after, limit, cancellationToken)).Select(Shown)];

    /// <summary>What people did, the latest first. It is kept for good.</summary>
    /// <exception cref="ArgumentException">The limit is out of range.</exception>
    public async Task<IReadOnlyList<AuditEntry>> AuditAsync(AuditQuery query, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(query);
        Check(query.Limit);
        var filter = new AuditFilter { Actor = query.Actor, Act = query.Act, Kind = query.Kind, Target = query.Target };
        return
        [
            .. (await Store.AuditAsync(filter, query.Before, query.Limit, cancellationToken)).Select(row => new AuditEntry(
                row.Number, UnixTime.To(row.At), row.Actor, row.Act, row.Kind, row.Target, row.Reason, row.Before, row.After, row.Outcome)),
        ];
    }

    private static async Task<DuePage<T>> PageAsync<TRow, T>(
        string? cursor, int limit, Func<DuePosition?, ValueTask<IReadOnlyList<TRow>>> ask, Func<TRow, DuePosition> place, Func<TRow, IEnumerable<T>> view)
    {
        Check(limit);
        // One more than the page shows whether there is another.
        var rows = await ask(Cursors.ReadDue(cursor));
        return new DuePage<T>([.. rows.Take(limit).SelectMany(view)], rows.Count > limit ? Cursors.Write(place(rows[limit - 1])) : null);
    }

    internal static void Check(int limit)
    {
        if (limit is < 1 or > MostOfPage)
        {
            throw new ArgumentOutOfRangeException(nameof(limit), limit, "A page has 1 to 1,000 rows.");
        }
    }

    private static string End(IEnumerable<LedgerRow> page, Guid from, int shown)
    {
        var last = page.Last().Scope;
        return Cursors.WriteLedger(last, page.Count(row => row.Scope == last) + (last == from ? shown : 0));
    }

    private static LedgerEntry Entry(LedgerRow row) => new(new SagaId(row.Scope), row.Step, row.Undo, row.Attempt, row.Message, row.Outcome, row.ReplyType, UnixTime.To(row.At));

    private static DelayedMessage Delayed(DelayedRow row) => new(row.Id, Envelope(row.Envelope), row.Attempts, row.Waits, UnixTime.To(row.Due), row.Reason);

    private static DateTimeOffset? Time(long? at) => at is { } known ? UnixTime.To(known) : null;
}
