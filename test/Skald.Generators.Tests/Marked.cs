using System.Text;
using System.Text.RegularExpressions;

namespace Skald.Generators.Tests;

/// <summary>Source in which the places of diagnostics are marked: <c>{|SKALD103:Step("a")|}</c>.</summary>
/// <param name="Source">The source without the marks.</param>
/// <param name="Diagnostics">Their ids and the text that each is about, as it is compared.</param>
internal sealed partial record Marked(string Source, IReadOnlyList<string> Diagnostics)
{
    public static Marked From(string text)
    {
        var (source, found, open, last) = (new StringBuilder(), new List<(int At, string Id, int End)>(), new Stack<(string Id, int At)>(), 0);
        foreach (Match mark in Mark().Matches(text))
        {
            source.Append(text, last, mark.Index - last);
            last = mark.Index + mark.Length;
            if (mark.Value == "|}")
            {
                var (id, at) = open.Pop();
                found.Add((at, id, source.Length));
            }
            else
            {
                open.Push((mark.Groups[1].Value, source.Length));
            }
        }

        var plain = source.Append(text, last, text.Length - last).ToString();
        return new Marked(plain, [.. found.OrderBy(f => f.At).ThenBy(f => f.Id, StringComparer.Ordinal).Select(f => Shown(f.Id, f.At, plain[f.At..f.End]))]);
    }

    public static string Shown(string id, int at, string text) => $"{id} at {at}: {text}";

    [GeneratedRegex(@"\{\|(SKALD\d+):|\|\}")]
    private static partial Regex Mark();
}
