using System.Net;
using System.Text;
using System.Text.RegularExpressions;

namespace Skald.Site.Highlighting;

/// <summary>Code as HTML, each word that has a kind in a span with that kind as its class.</summary>
internal static class Highlighter
{
    private static readonly string[] Kinds = ["comment", "string", "number", "keyword", "call", "type"];

    public static string Html(string code, Language language) =>
        language == Language.Console ? Console(code)
        : language.Words is { } words ? Marked(code, words)
        : WebUtility.HtmlEncode(code);

    private static string Marked(string code, Regex words)
    {
        var html = new StringBuilder();
        var end = 0;
        foreach (Match word in words.Matches(code))
        {
            html.Append(WebUtility.HtmlEncode(code[end..word.Index])).Append(Span(Kinds.First(kind => word.Groups[kind].Success), WebUtility.HtmlEncode(word.Value)));
            end = word.Index + word.Length;
        }

        return html.Append(WebUtility.HtmlEncode(code[end..])).ToString();
    }

    /// <summary>Lines after a prompt are commands, which the copy button takes; the others are what they print.</summary>
    private static string Console(string code)
    {
        var (lines, isCommand) = (new List<string>(), false);
        foreach (var line in code.Split('\n'))
        {
            var begins = line.StartsWith("$ ", StringComparison.Ordinal);
            isCommand = begins || (isCommand && lines[^1].EndsWith("\\</span>", StringComparison.Ordinal));
            var prompt = begins ? Span("prompt", "$ ") : "";
            var rest = begins ? line[2..] : line;
            lines.Add(isCommand ? $"{prompt}<span class=\"command\">{Marked(rest, Language.Shell.Words!)}</span>" : Span("output", WebUtility.HtmlEncode(line))); // Shell has words.
        }

        return string.Join('\n', lines);
    }

    private static string Span(string kind, string html) => html.Length == 0 ? "" : $"<span class=\"{kind}\">{html}</span>";
}
