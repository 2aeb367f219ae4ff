using System.Globalization;
using System.Runtime.CompilerServices;
using Skald.Decisions;

namespace Skald.Storage;

/// <summary>Journal entries as text: a line each, with tabs between kind, step and detail.</summary>
internal static class JournalCodec
{
    /// <summary>Writes entries.</summary>
    public static string Encode(IReadOnlyList<JournalEntry> entries)
    {
        ArgumentNullException.ThrowIfNull(entries);
        var text = new DefaultInterpolatedStringHandler(0, 0, CultureInfo.InvariantCulture, stackalloc char[512]);
        // By index: no enumerator for each row.
        for (var i = 0; i < entries.Count; i++)
        {
            var entry = entries[i];
            text.AppendFormatted((int)entry.Kind);
            text.AppendLiteral("\t");
            text.AppendFormatted(entry.Step);
            text.AppendLiteral("\t");
            text.AppendFormatted(OneLine(entry.Detail));
            text.AppendLiteral("\n");
        }

        return text.ToStringAndClear();
    }

    /// <summary>Reads what <see cref="Encode"/> wrote.</summary>
    public static IReadOnlyList<JournalEntry> Decode(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        return [.. text.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(Entry)];
    }

    /// <summary>A line that cannot be read is shown as it is.</summary>
    private static JournalEntry Entry(string line)
    {
        var fields = line.Split('\t', 3);
        return fields.Length == 3 && int.TryParse(fields[0], NumberStyles.None, CultureInfo.InvariantCulture, out var kind) && Enum.IsDefined((JournalKind)kind)
            ? new JournalEntry((JournalKind)kind, fields[1].Length == 0 ? null : fields[1], fields[2].Length == 0 ? null : fields[2])
            : new JournalEntry(JournalKind.Unknown, null, line);
    }

    private static string? OneLine(string? text) =>
        text is null || text.AsSpan().IndexOfAny('\n', '\r', '\t') < 0 ? text : text.ReplaceLineEndings(" ").Replace('\t', ' ');
}
