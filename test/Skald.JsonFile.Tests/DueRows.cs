using Skald.Storage;

namespace Skald.JsonFile;

/// <summary>Finding work whose time has come.</summary>
internal static class DueRows
{
    /// <summary>Claims in the document what is due.</summary>
    public static DueWork TakeDue(this Document document, DateTimeOffset now, TimeSpan claimFor, int limit, bool wakes, Presence presence)
    {
        // Rounded down, where what is stored is rounded up: nothing is due before its time.
        var at = now.ToUnixTimeMilliseconds();
        var until = UnixTime.From(now + claimFor);
        var sagas = document.Sagas.Claim(at, wakes ? limit : 0, r => presence.Knows(PlanOf(r)) ? r.WakeAt : null, r => r with { WakeAt = until });
        var flows = document.Flows.Claim(at, wakes ? limit : 0, r => r.WakeAt, r => r with { WakeAt = until });
        return new DueWork(
            [.. sagas.Select(r => r.Id)],
            [.. flows.Select(r => r.Id)],
            document.Delayed.Claim(at, limit, r => r.Plan is null || presence.Knows(r.Plan) ? r.Due : null, r => r with { Due = until }),
            document.Outbox.Claim(at, limit, r => r.ClaimedUntil, r => r with { ClaimedUntil = until }),
            document.FindOrphans(presence, limit),
            document.Times().Where(t => t > at).Min() is { } next ? UnixTime.To(next) : null);
    }

    private static List<TRow> Claim<TKey, TRow>(this Table<TKey, TRow> table, long at, int limit, Func<TRow, long?> due, Func<TRow, TRow> claim)
        where TKey : notnull
        where TRow : class
    {
        List<TRow> claimed = [.. table.Where(r => due(r) <= at).OrderBy(due).Take(limit).Select(claim)];
        table.Put(claimed);
        return claimed;
    }

    /// <summary>Sagas that name an instance which is gone, or nobody.</summary>
    private static List<Orphan> FindOrphans(this Document document, Presence presence, int limit)
    {
        if (presence.Number == 0)
        {
            return [];
        }

        HashSet<long> gone = [0, .. document.Joined.Where(presence.IsGone)];
        return [.. document.Sagas.Where(r => r.Incarnation is { } number && gone.Contains(number) && presence.Knows(PlanOf(r))).Take(limit).Select(r => new Orphan(r.Id, r.Incarnation ?? 0))];
    }

    /// <summary>Sagas of plans that no instance knows that lives, and those that were parked for that and are known here.</summary>
    public static Strangers FindStrangers(this Document document, DateTimeOffset now, int limit, Presence presence)
    {
        List<long> living = [.. document.Joined.Where(number => !presence.IsGone(number))];
        bool IsKnown(string plan) => document.IsKnown(plan, presence);
        bool IsNobodys(SagaRow row) => row.WakeAt <= now.ToUnixTimeMilliseconds() || (row.Incarnation is >= 0 and { } number && !living.Contains(number));
        return new Strangers(
            [.. document.Sagas.Where(r => r.Status != SagaStatus.Parked && IsNobodys(r) && !IsKnown(PlanOf(r))).Take(limit).Select(r => new Stranger(r.Id, PlanOf(r)))],
            [.. document.Sagas.Where(r => r.Incarnation == SagaRow.OfNobodyWhoKnowsIt && presence.Knows(PlanOf(r))).Take(limit).Select(r => r.Id)]);
    }

    /// <summary>Whether an instance knows a plan that lives.</summary>
    public static bool IsKnown(this Document document, string plan, Presence presence) =>
        document.Joined.Exists(number => !presence.IsGone(number) && (!document.Knows.TryGetValue(number, out var plans) || plans.Contains(plan)));

    private static string PlanOf(SagaRow row) => $"{row.Definition} {row.PlanVersion}";

    private static IEnumerable<long?> Times(this Document document) =>
    [
        .. document.Sagas.Select(r => r.WakeAt), .. document.Flows.Select(r => r.WakeAt),
        .. document.Delayed.Select(r => r.Due), .. document.Outbox.Select(r => r.ClaimedUntil),
    ];
}
