using Skald.Storage;

namespace Skald.JsonFile;

/// <summary>What need not be kept for ever.</summary>
internal static class Removing
{
    public static void Remove(this Document document, Changes changes)
    {
        document.Sagas.RemoveAll(changes.RemovedSagas);
        document.Flows.RemoveAll(changes.RemovedFlows);
        var owners = changes.RemovedSagas.Concat(changes.RemovedFlows).ToHashSet();
        document.Journal.RemoveAll(r => owners.Contains(r.Owner));
        document.Removed.Put(changes.Removed);
        document.Ledger.RemoveAll([.. document.Ledger.Where(r => changes.Forgotten.Contains(Document.KeyOf(r))).Select(r => (Document.KeyOf(r), r.Undo, r.Attempt))]);
    }

    public static Ended FindEnded(this Document document, EndedQuery query, Presence presence) => new(
        [.. LongestEnded(document.Sagas.Where(r => r.Hold is null), r => r.EndedAt, (r, limits) => Goes(document, r, limits, presence), query).Select(r => r.Id)],
        [.. LongestEnded(document.Flows, r => r.EndedAt, (r, limits) => r.EndedAt < limits.Known, query).Select(r => r.Id)]);

    private static bool Goes(Document document, SagaRow row, (long Known, long Strangers) limits, Presence presence)
    {
        var plan = $"{row.Definition} {row.PlanVersion}";
        return presence.Knows(plan) ? row.EndedAt < limits.Known : row.EndedAt < limits.Strangers && !document.IsKnown(plan, presence);
    }

    private static IEnumerable<TRow> LongestEnded<TRow>(IEnumerable<TRow> rows, Func<TRow, long?> endedAt, Func<TRow, (long Known, long Strangers), bool> goes, EndedQuery query)
    {
        List<TRow> ended = [.. rows.Where(r => endedAt(r) is not null).OrderBy(endedAt)];
        var limits = query.Limits(ended.Count >= query.Most ? endedAt(ended[^(int)query.Most]) : null);
        return ended.Where(r => goes(r, limits)).Take(query.Limit);
    }

    /// <summary>Removes old rows of a kind, the oldest first, and says how many.</summary>
    public static int Remove(this Document document, OldRows kind, long before, int limit)
    {
        switch (kind)
        {
            case OldRows.Requests: return Remove(document.Requests, r => r.Key, r => r.At, _ => true, before, limit);
            case OldRows.Messages: return Remove(document.Ledger, r => (Document.KeyOf(r), r.Undo, r.Attempt), r => r.At, r => r.Step.Length == 0 && r.Outcome != Decisions.LedgerOutcome.Begun, before, limit);
            case OldRows.Removed: return Remove(document.Removed, r => r.Id, r => r.At, _ => true, before, limit);
            default:
                var old = document.Journal.Where(r => r.Version == 0 && r.At < DateTimeOffset.FromUnixTimeMilliseconds(before)).OrderBy(r => r.At).Take(limit).ToHashSet();
                return document.Journal.RemoveAll(old.Contains);
        }
    }

    private static int Remove<TKey, TRow>(Table<TKey, TRow> rows, Func<TRow, TKey> keyOf, Func<TRow, long> at, Func<TRow, bool> which, long before, int limit)
        where TKey : notnull
        where TRow : class
    {
        List<TKey> keys = [.. rows.Where(r => which(r) && at(r) < before).OrderBy(at).Take(limit).Select(keyOf)];
        rows.RemoveAll(keys);
        return keys.Count;
    }
}
