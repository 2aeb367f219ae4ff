using Skald.Definition;

namespace Skald.Storage;

/// <summary>The tables of the store in memory. Whoever uses them holds the store's lock.</summary>
internal sealed class MemoryTables
{
    private long _lastDeadLetter;

    public Dictionary<Guid, SagaRow> Sagas { get; } = [];

    public Dictionary<Guid, FlowRow> Flows { get; } = [];

    public Dictionary<string, RequestRow> Requests { get; } = [];

    public List<JournalRow> Journal { get; } = [];

    public Dictionary<(LedgerKey, bool, int), LedgerRow> Ledger { get; } = [];

    public Dictionary<PositionKey, long> Positions { get; } = [];

    public Dictionary<Guid, OutboxRow> Outbox { get; } = [];

    public Dictionary<Guid, DelayedRow> Delayed { get; } = [];

    public SortedDictionary<long, DeadLetterRow> DeadLetters { get; } = [];

    public Dictionary<Guid, RemovedRow> Removed { get; } = [];

    public Dictionary<long, InstanceRow> Instances { get; } = [];

    public List<AuditRow> Audit { get; } = [];

    public Dictionary<Guid, JobRow> Jobs { get; } = [];

    public SortedDictionary<(Guid Job, long Number), JobItemRow> JobItems { get; } = [];

    public Dictionary<string, string> Locks { get; } = [];

    public Dictionary<string, string> Tombstones { get; } = [];

    public void Load(LoadRequest request, Loaded loaded)
    {
        Copy(request.Sagas, Sagas, loaded.Sagas);
        Copy(request.Flows, Flows, loaded.Flows);
        Copy(request.Requests, Requests, loaded.Requests);
        Copy(request.Positions, Positions, loaded.Positions);
        Copy(request.Delayed, Delayed, loaded.Delayed);
        Copy(request.Jobs, Jobs, loaded.Jobs);
        loaded.Unhandled.UnionWith(request.Unhandled.Where(saga => Delayed.Values.Any(d => d.Saga == saga) || DeadLetters.Values.Any(d => d.Saga == saga)));
        loaded.Ledger.AddRange(Ledger.Values.Where(row => request.Ledger.Contains(row.Key)));
    }

    public DueWork TakeDue(DateTimeOffset now, TimeSpan claimFor, int limit, bool wakes, Func<string, bool> knows)
    {
        var time = now.ToUnixTimeMilliseconds();
        var until = UnixTime.From(now + claimFor);
        var sagas = Claim(Sagas, s => knows(PlanOf(s)) ? s.WakeAt : null, s => s with { WakeAt = until }, time, wakes ? limit : 0);
        var flows = Claim(Flows, f => f.WakeAt, f => f with { WakeAt = until }, time, wakes ? limit : 0);
        var delayed = Claim(Delayed, d => d.Plan is null || knows(d.Plan) ? d.Due : null, d => d with { Due = until }, time, limit);
        var outbox = Claim(Outbox, o => o.ClaimedUntil, o => o with { ClaimedUntil = until }, time, limit);
        long?[] next =
        [
            Sagas.Values.Where(s => s.WakeAt > time).Min(s => s.WakeAt), Flows.Values.Where(f => f.WakeAt > time).Min(f => f.WakeAt),
            Delayed.Values.Where(d => d.Due > time).Min(d => (long?)d.Due), Outbox.Values.Where(o => o.ClaimedUntil > time).Min(o => (long?)o.ClaimedUntil),
        ];
        return new DueWork([.. sagas.Select(s => s.Id)], [.. flows.Select(f => f.Id)], delayed, outbox, [], next.Min() is { } at ? UnixTime.To(at) : null);
    }

    private static List<TRow> Claim<TRow>(Dictionary<Guid, TRow> rows, Func<TRow, long?> due, Func<TRow, TRow> claimed, long now, int limit)
    {
        var found = rows.Where(row => due(row.Value) <= now).OrderBy(row => due(row.Value)).Take(limit).Select(row => (row.Key, Row: claimed(row.Value))).ToList();
        found.ForEach(claim => rows[claim.Key] = claim.Row);
        return found.ConvertAll(claim => claim.Row);
    }

    public IReadOnlyList<Stranger> FindStrangers(HashSet<long> gone, DateTimeOffset now, int limit, Func<string, bool> isKnown) =>
    [
        .. Sagas.Values.Where(s => s.Status != SagaStatus.Parked && (s.WakeAt <= now.ToUnixTimeMilliseconds() || (s.Incarnation is { } of && gone.Contains(of))) && !isKnown(PlanOf(s)))
            .Take(limit).Select(s => new Stranger(s.Id, PlanOf(s))),
    ];

    private static string PlanOf(SagaRow row) => SagaPlan.NameOf(row.Definition, row.PlanVersion);

    public IReadOnlyList<Orphan> FindOrphans(HashSet<long> gone, int limit, Func<string, bool> knows) =>
        [.. from saga in Sagas.Values.Where(s => s.Incarnation is { } of && gone.Contains(of) && knows(PlanOf(s))).Take(limit) select new Orphan(saga.Id, saga.Incarnation ?? 0)];

    /// <exception cref="SagaConcurrencyException">A row is not what the changes replace.</exception>
    public void Check(Changes changes)
    {
        foreach (var saga in changes.Sagas)
        {
            Check("Saga", saga.Id, saga.Version - 1, Sagas.TryGetValue(saga.Id, out var old) ? old.Version : 0);
        }

        foreach (var flow in changes.Flows)
        {
            Check("Flow", flow.Id, flow.Version - 1, Flows.TryGetValue(flow.Id, out var old) ? old.Version : 0);
        }

        foreach (var job in changes.Jobs)
        {
            Check("Job", job.Id, job.Version - 1, Jobs.TryGetValue(job.Id, out var old) ? old.Version : 0);
        }

        if (changes.JobItems.GroupBy(i => (i.Job, i.Number)).FirstOrDefault(same => JobItems.ContainsKey(same.Key) || same.Count() > 1) is { Key: var twice })
        {
            throw new SagaConcurrencyException($"Job {twice.Job} has an item {twice.Number} already.");
        }

        if (changes.Requests.GroupBy(r => r.Key).FirstOrDefault(same => Requests.ContainsKey(same.Key) || same.Count() > 1) is { } taken)
        {
            throw new SagaConcurrencyException($"Request '{taken.Key}' was answered by another.");
        }
    }

    /// <summary>The lowest place in the line of a lock; the highest there is when nobody stands in it.</summary>
    public long FirstPlace(string key) => First(key)?.Place ?? long.MaxValue;

    /// <returns>Whether somebody who stood in the line of a lock is due now.</returns>
    public bool Apply(Changes changes)
    {
        foreach (var key in Locks.Where(l => changes.ReleasedOwners.Contains(l.Value)).Select(l => l.Key).ToList())
        {
            Locks.Remove(key);
            changes.Lines.Add(key);
        }

        changes.Sagas.ForEach(row => Sagas[row.Id] = row);
        changes.Flows.ForEach(row => Flows[row.Id] = row);
        changes.Requests.ForEach(row => Requests[row.Key] = row);
        Journal.AddRange(changes.Journal);
        changes.Ledger.ForEach(row => Ledger[(row.Key, row.Undo, row.Attempt)] = row);
        changes.Positions.ForEach(row => Positions[row.Key] = row.Version);
        changes.DeletedOutbox.ForEach(id => Outbox.Remove(id));
        changes.Outbox.ForEach(row => Outbox[row.Id] = row);
        changes.DeletedDelayed.ForEach(id => Delayed.Remove(id));
        changes.Delayed.ForEach(row => Delayed[row.Id] = row);
        changes.DeletedDeadLetters.ForEach(number => DeadLetters.Remove(number));
        changes.DeadLetters.ForEach(row => DeadLetters[++_lastDeadLetter] = row with { Number = _lastDeadLetter });
        changes.Audit.ForEach(row => Audit.Add(row with { Number = Audit.Count + 1 }));
        changes.Jobs.ForEach(row => Jobs[row.Id] = row);
        changes.JobItems.ForEach(row => JobItems[(row.Job, row.Number)] = row);
        Remove(changes);
        var woken = changes.Lines.Where(key => !Locks.ContainsKey(key)).Select(First).OfType<DelayedRow>().Where(row => row.Due > changes.AsleepAfter).ToList();
        woken.ForEach(row => Delayed[row.Id] = row with { Due = changes.WakesAt });
        return woken.Count > 0;
    }

    private void Remove(Changes changes)
    {
        changes.RemovedSagas.ForEach(id => Sagas.Remove(id));
        changes.RemovedFlows.ForEach(id => Flows.Remove(id));
        Journal.RemoveAll(row => changes.RemovedSagas.Contains(row.Owner) || changes.RemovedFlows.Contains(row.Owner));
        changes.Removed.ForEach(row => Removed[row.Id] = row);
        foreach (var key in Ledger.Keys.Where(key => changes.Forgotten.Contains(key.Item1)).ToList())
        {
            Ledger.Remove(key);
        }
    }

    public Ended FindEnded(EndedQuery query, Func<string, bool> knows, Func<string, bool> isKnown) => new(
        Longest(
            Sagas.Values.Where(s => s is { EndedAt: not null, Hold: null }), s => s.Id, s => s.EndedAt,
            (s, limits) => knows(PlanOf(s)) ? s.EndedAt < limits.Known : s.EndedAt < limits.Strangers && !isKnown(PlanOf(s)), query),
        Longest(Flows.Values.Where(f => f.EndedAt is not null), f => f.Id, f => f.EndedAt, (f, limits) => f.EndedAt < limits.Known, query));

    private static List<Guid> Longest<TRow>(IEnumerable<TRow> ended, Func<TRow, Guid> id, Func<TRow, long?> endedAt, Func<TRow, (long Known, long Strangers), bool> goes, EndedQuery query)
    {
        List<TRow> rows = [.. ended.OrderBy(endedAt)];
        var limits = query.Limits(rows.Count >= query.Most ? endedAt(rows[^(int)query.Most]) : null);
        return [.. rows.Where(row => goes(row, limits)).Take(query.Limit).Select(id)];
    }

    public int RemoveOld(OldRows kind, long before, int limit)
    {
        switch (kind)
        {
            case OldRows.Requests: return Remove(Requests, Requests.Values.Where(r => r.At < before).OrderBy(r => r.At).Take(limit).Select(r => r.Key));
            case OldRows.Messages: return Remove(Ledger, Ledger.Where(l => l.Value.Step.Length == 0 && l.Value.Outcome != Decisions.LedgerOutcome.Begun && l.Value.At < before).OrderBy(l => l.Value.At).Take(limit).Select(l => l.Key));
            case OldRows.Removed: return Remove(Removed, Removed.Values.Where(r => r.At < before).OrderBy(r => r.At).Take(limit).Select(r => r.Id));
            default:
                List<JournalRow> lines = [.. Journal.Where(j => j.Version == 0 && j.At < UnixTime.To(before)).OrderBy(j => j.At).Take(limit)];
                lines.ForEach(line => Journal.Remove(line));
                return lines.Count;
        }
    }

    private static int Remove<TKey, TRow>(Dictionary<TKey, TRow> rows, IEnumerable<TKey> keys) where TKey : notnull => keys.ToList().Count(rows.Remove);

    private DelayedRow? First(string key) => Delayed.Values.Where(d => d.Line == key).MinBy(d => d.Place);

    private static void Check(string what, Guid id, long replaces, long stored)
    {
        if (replaces != stored)
        {
            throw new SagaConcurrencyException($"{what} {id} is no longer at version {replaces}.");
        }
    }

    private static void Copy<TKey, TRow>(HashSet<TKey> keys, Dictionary<TKey, TRow> from, Dictionary<TKey, TRow> to) where TKey : notnull
    {
        foreach (var key in keys)
        {
            if (from.TryGetValue(key, out var row))
            {
                to[key] = row;
            }
        }
    }
}
