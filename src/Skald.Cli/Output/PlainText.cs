using System.Globalization;
using System.Text;

namespace Skald.Cli.Output;

/// <summary>
/// Text as it can be shown: what would move a cursor, ring a bell, colour a line or turn a word around is written as what it is. Whoever starts a saga
/// chooses names and words that are shown to those who operate it.
/// </summary>
internal static class PlainText
{
    /// <summary>Text for one line.</summary>
    public static string Of(string text) => Written(text, Says);

    /// <summary>JSON, with its line breaks. In JSON these characters stand within strings only, and mean the same when they are written like this.</summary>
    public static string OfJson(string json) => Written(json, c => c is '\n' ? null : Escaped(c));

    private static string Written(string text, Func<char, string?> written)
    {
        if (!text.Any(Hides))
        {
            return text;
        }

        var shown = new StringBuilder(text.Length + 16);
        foreach (var c in text)
        {
            _ = (Hides(c) ? written(c) : null) is { } other ? shown.Append(other) : shown.Append(c);
        }

        return shown.ToString();
    }

    // Format characters are the marks that turn writing around, and those of no width, behind which a name looks like another one.
    private static bool Hides(char c) => char.GetUnicodeCategory(c) is
        UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator;

    private static string Says(char c) => c switch
    {
        '\n' => "\\n",
        '\r' => "\\r",
        '\t' => "\\t",
        _ => Escaped(c),
    };

    private static string Escaped(char c) => $"\\u{(int)c:x4}";
}
