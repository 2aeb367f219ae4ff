using Skald.Storage;

namespace Skald.JsonFile;

/// <summary>Finding work whose time has come.</summary>
internal static class DueRows
{
    /// <summary>Claims outbox rows in the document, and finds everything else that is due.</summary>
    public static DueWork TakeDue(this Document document, DateTimeOffset now, TimeSpan claimFor, int limit, Presence presence)
    {
        // Rounded down, where what is stored is rounded up: nothing is due before its time.
        var at = now.ToUnixTimeMilliseconds();
        var until = UnixTime.From(now + claimFor);
        List<OutboxRow> claimed = [.. document.Outbox.Where(r => r.ClaimedUntil <= at).OrderBy(r => r.ClaimedUntil).Take(limit).Select(r => r with { ClaimedUntil = until })];
        document.Outbox.Put(claimed);
        return new DueWork(
            [.. document.Sagas.Where(r => r.WakeAt <= at).OrderBy(r => r.WakeAt).Take(limit).Select(r => r.Id)],
            [.. document.Flows.Where(r => r.WakeAt <= at).OrderBy(r => r.WakeAt).Take(limit).Select(r => r.Id)],
            [.. document.Delayed.Where(r => r.Due <= at).OrderBy(r => r.Due).Take(limit)],
            claimed,
            document.FindOrphans(presence, limit),
            document.Times().Where(t => t > at).Min() is { } next ? UnixTime.To(next) : null);
    }

    /// <summary>Sagas that name an instance which is gone, or nobody.</summary>
    private static List<Orphan> FindOrphans(this Document document, Presence presence, int limit)
    {
        if (presence.Number == 0)
        {
            return [];
        }

        HashSet<long> gone = [0, .. document.Joined.Where(presence.IsGone)];
        return [.. document.Sagas.Where(r => r.Incarnation is { } number && gone.Contains(number)).Take(limit).Select(r => new Orphan(r.Id, r.Incarnation ?? 0))];
    }

    private static IEnumerable<long?> Times(this Document document) =>
    [
        .. document.Sagas.Select(r => r.WakeAt), .. document.Flows.Select(r => r.WakeAt),
        .. document.Delayed.Select(r => r.Due), .. document.Outbox.Select(r => r.ClaimedUntil),
    ];
}
