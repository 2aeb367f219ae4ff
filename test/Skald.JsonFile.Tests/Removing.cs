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
        [.. LongestEnded(document.Sagas.Where(r => r.Hold is null && (presence.Knows(PlanOf(r)) || !document.IsKnown(PlanOf(r), presence))), r => r.EndedAt, r => presence.Knows(PlanOf(r)) ? query.Before : query.StrangersBefore, query).Select(r => r.Id)],
        [.. LongestEnded(document.Flows, r => r.EndedAt, _ => query.Before, query).Select(r => r.Id)]);

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

    private static string PlanOf(SagaRow row) => $"{row.Definition} {row.PlanVersion}";

    private static IEnumerable<TRow> LongestEnded<TRow>(IEnumerable<TRow> rows, Func<TRow, long?> endedAt, Func<TRow, long> before, EndedQuery query)
    {
        List<TRow> ended = [.. rows.Where(r => endedAt(r) is not null).OrderBy(endedAt)];
        var tooMany = query.Most is not { } most || ended.Count <= most ? long.MinValue : most == 0 ? long.MaxValue : endedAt(ended[ended.Count - (int)most]);
        return ended.Where(r => endedAt(r) < before(r) || endedAt(r) < tooMany).Take(query.Limit);
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
