using Skald.Storage;

namespace Skald.JsonFile;

/// <summary>What a commit does to the document. If it throws, the document must be thrown away.</summary>
internal static class Committing
{
    public static void Apply(this Document document, Changes changes)
    {
        document.Sagas.Replace(changes.Sagas.Select(r => r with { StateIsUnchanged = false }), r => r.Id, r => r.Version);
        document.Flows.Replace(changes.Flows, r => r.Id, r => r.Version);
        // An answer is written once: as if each were the first version of its row.
        document.Requests.Replace(changes.Requests, r => r.Key, _ => 1);
        document.Jobs.Replace(changes.Jobs, r => r.Id, r => r.Version);
        document.JobItems.Replace(changes.JobItems, r => (r.Job, r.Number), _ => 1);
        document.Audit.Put([.. changes.Audit.Select((r, i) => r with { Number = document.Audit.Count + i + 1 })]);
        document.Append(changes.Events);
        document.Snapshots.Put(changes.Snapshots);
        document.Journal.AddRange(changes.Journal);
        document.Ledger.Put(changes.Ledger);
        document.Positions.Put(changes.Positions);
        document.Outbox.RemoveAll(changes.DeletedOutbox);
        document.Outbox.Put(changes.Outbox);
        document.Delayed.RemoveAll(changes.DeletedDelayed);
        document.Delayed.Put(changes.Delayed);
        document.DeadLetters.RemoveAll(changes.DeletedDeadLetters);
        document.DeadLetters.Put(changes.DeadLetters.Select(r => r with { Number = ++document.LastDeadLetter }));
        foreach (var owner in changes.ReleasedOwners)
        {
            changes.Lines.UnionWith(document.Release(owner));
        }

        var free = changes.Lines.Where(key => !document.Locks.ContainsKey(key));
        document.Remove(changes);
        document.Delayed.Put([.. free.Select(document.FirstInLine).OfType<DelayedRow>().Where(r => r.Due > changes.AsleepAfter).Select(r => r with { Due = changes.WakesAt })]);
    }

    private static void Replace<TKey, TRow>(this Table<TKey, TRow> table, IEnumerable<TRow> rows, Func<TRow, TKey> keyOf, Func<TRow, long> versionOf)
        where TKey : notnull
        where TRow : class
    {
        var last = rows.Reverse().DistinctBy(keyOf).Reverse().ToList();
        foreach (var row in last)
        {
            var before = table.Find(keyOf(row)) is { } kept ? versionOf(kept) : 0;
            if (versionOf(row) != before + 1)
            {
                throw new SagaConcurrencyException($"{typeof(TRow).Name} '{keyOf(row)}' is at version {before}, and cannot become version {versionOf(row)}.");
            }
        }

        table.Put(last);
    }

    private static void Append(this Document document, IEnumerable<EventRow> events)
    {
        foreach (var row in events)
        {
            var last = document.Events.FindLast(e => e.Event.Stream == row.Stream).Event?.Version ?? 0;
            if (row.Version != last + 1)
            {
                throw new SagaConcurrencyException($"Stream '{row.Stream}' is at version {last}, and cannot be followed by version {row.Version}.");
            }

            document.Events.Add(new StoredEvent(new EventPosition(0, document.Events.Count + 1), row));
        }
    }
}
