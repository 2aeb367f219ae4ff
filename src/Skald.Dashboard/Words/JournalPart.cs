using System.Globalization;
using Skald.Management;

namespace Skald.Dashboard.Words;

/// <summary>Which part of a journal is shown.</summary>
internal static class JournalPart
{
    public static bool IsPart(Timeline journal) => journal.Skip > 0 || journal.Next is not null;

    public static string Of(Timeline journal) =>
        $"{N(journal.Skip + 1)} to {N(journal.Next ?? journal.Total ?? journal.Skip + journal.Items.Count)}{(journal.Total is { } total ? $" of {N(total)}" : "")}";

    private static string N(long value) => value.ToString("N0", CultureInfo.InvariantCulture);
}
