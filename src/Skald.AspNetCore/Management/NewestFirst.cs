using System.Globalization;

namespace Skald.Management;

/// <summary>
/// Merges pages of which each is newest first. A page that does not say that it is the last one vouches for nothing older than where it ended: what others have
/// that is older comes with the next page.
/// </summary>
internal static class NewestFirst
{
    public static (IReadOnlyList<T> Items, string? Next) Merge<T>(IEnumerable<(IReadOnlyList<T> Items, string? Next)> pages, Func<T, (long At, Guid Id)> position, int limit)
    {
        var all = pages.ToList();
        var ends = all.Where(page => page.Next is not null).Select(page => Read(page.Next!)).ToList(); // Only those that have one.
        (long At, Guid Id)? end = ends.Count == 0 ? null : ends.Max();
        var items = all.SelectMany(page => page.Items).Where(item => end is not { } known || position(item).CompareTo(known) >= 0).OrderByDescending(position).ToList();
        return items.Count > limit
            ? (items[..limit], Write(position(items[limit - 1])))
            : (items, end is { } last ? Write(last) : null);
    }

    public static string Write((long At, Guid Id) position) => FormattableString.Invariant($"{position.At}-{position.Id:N}");

    /// <exception cref="ManagementException">It is no cursor.</exception>
    public static (long At, Guid Id) Read(string cursor)
    {
        var dash = cursor.LastIndexOf('-');
        return dash > 0 && long.TryParse(cursor.AsSpan(0, dash), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var at) && Guid.TryParseExact(cursor.AsSpan(dash + 1), "N", out var id)
            ? (at, id)
            : throw Refusals.BadRequest("The cursor is none.", "Take the one that the page before gave as 'next'.");
    }
}
