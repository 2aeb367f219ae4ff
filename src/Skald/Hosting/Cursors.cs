using System.Globalization;
using Skald.Storage;

namespace Skald.Hosting;

/// <summary>Where a page of sagas or flows ended, as callers keep it.</summary>
internal static class Cursors
{
    public static string Write(PagePosition position) => FormattableString.Invariant($"{position.StartedAt}-{position.Id:N}");

    /// <exception cref="ArgumentException">It is none.</exception>
    public static PagePosition? Read(string? cursor)
    {
        if (cursor is null)
        {
            return null;
        }

        var dash = cursor.LastIndexOf('-');
        return dash > 0 && long.TryParse(cursor.AsSpan(0, dash), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var at)
            && Guid.TryParseExact(cursor.AsSpan(dash + 1), "N", out var id)
            ? new PagePosition(at, id)
            : throw new ArgumentException($"'{cursor}' is no cursor. Take the one that the page before gave.", nameof(cursor));
    }
}
