using System.Globalization;
using Skald.Storage;

namespace Skald.Hosting;

/// <summary>Where pages end, as text that callers hand back.</summary>
internal static class Cursors
{
    public static string Write(PagePosition position) => FormattableString.Invariant($"{position.StartedAt}-{position.Id:N}");

    public static string Write(DuePosition position) => FormattableString.Invariant($"{position.At}-{position.Id:N}");

    /// <summary>By saga, and how many of its rows were shown: what else orders them is a secret of its steps.</summary>
    public static string WriteLedger(Guid scope, int shown) => FormattableString.Invariant($"{shown}-{scope:N}");

    public static (Guid Scope, int Shown)? ReadLedger(string? cursor) =>
        Read(cursor) is not { } read ? null : read.At is > 0 and < 1_000_000 ? (read.Id, (int)read.At) : throw NoCursor(cursor!); // Only null is read as null.

    public static PagePosition? ReadPage(string? cursor) => Read(cursor) is { } read ? new PagePosition(read.At, read.Id) : null;

    public static DuePosition? ReadDue(string? cursor) => Read(cursor) is { } read ? new DuePosition(read.At, read.Id) : null;

    private static (long At, Guid Id)? Read(string? cursor)
    {
        if (cursor is null)
        {
            return null;
        }

        var dash = cursor.LastIndexOf('-');
        return dash > 0 && long.TryParse(cursor.AsSpan(0, dash), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var at)
            && Guid.TryParseExact(cursor.AsSpan(dash + 1), "N", out var id)
            ? (at, id)
            : throw NoCursor(cursor);
    }

    private static ArgumentException NoCursor(string cursor) => new($"'{cursor}' is no cursor. Take the one that the page before gave.", nameof(cursor));
}
