namespace Skald.Management;

/// <summary>
/// Merges what waits for its time. A part goes on by when its sagas are woken, which may be before any of their steps is due, and is shown nowhere: so each part goes
/// on from a cursor of its own, which it gave itself.
/// </summary>
/// <param name="limit">How many things there are on a page, each with all of its rows.</param>
/// <param name="row">Which thing a row is of, and when its time comes.</param>
internal sealed class SoonestFirst<T>(int limit, Func<T, (string Of, DateTimeOffset Due)> row)
{
    /// <summary>How many things of each part belong to the page that comes next, and whether those are all that it gave.</summary>
    public IReadOnlyList<(int Taken, bool IsAll)> Share(IEnumerable<IReadOnlyList<T>> parts)
    {
        var lists = parts.Select(Due).ToList();
        var taken = new int[lists.Count];
        foreach (var (part, _) in Heads.Merge(lists.Select((list, part) => list.Select(due => (Part: part, Due: due))), one => one.Due).Take(limit))
        {
            taken[part]++;
        }

        return [.. taken.Select((count, part) => (count, count == lists[part].Count))];
    }

    public IReadOnlyList<T> Ordered(IEnumerable<T> rows) => [.. rows.OrderBy(one => row(one).Due).ThenBy(one => row(one).Of, StringComparer.Ordinal)];

    /// <summary>When the time of each of a part's things comes, or of any behind it: none may keep those behind it waiting.</summary>
    private List<DateTimeOffset> Due(IReadOnlyList<T> rows)
    {
        var due = new List<DateTimeOffset>();
        string? last = null;
        foreach (var (of, at) in rows.Reverse().Select(row))
        {
            var soonest = due.Count > 0 && due[^1] < at ? due[^1] : at;
            if (of == last)
            {
                due[^1] = soonest;
            }
            else
            {
                due.Add(soonest);
            }

            last = of;
        }

        due.Reverse();
        return due;
    }
}

/// <summary>Where a list goes on in each of its parts.</summary>
internal static class PartCursors
{
    /// <summary>Of a part that has nothing more.</summary>
    public const string Ended = "";

    /// <exception cref="ManagementException">It is no cursor.</exception>
    public static Dictionary<string, string> Read(string? cursor)
    {
        var cursors = new Dictionary<string, string>();
        foreach (var part in (cursor ?? "").Split(',', StringSplitOptions.RemoveEmptyEntries))
        {
            if (part.Split('=') is not [{ Length: > 0 } name, var own])
            {
                throw Refusals.BadRequest("The cursor is none.", "Take the one that the page before gave as 'next'.");
            }

            cursors[Uri.UnescapeDataString(name)] = Uri.UnescapeDataString(own);
        }

        return cursors;
    }

    public static string Write(IReadOnlyDictionary<string, string> cursors) =>
        string.Join(',', cursors.OrderBy(part => part.Key, StringComparer.Ordinal).Select(part => $"{Uri.EscapeDataString(part.Key)}={Uri.EscapeDataString(part.Value)}"));
}
