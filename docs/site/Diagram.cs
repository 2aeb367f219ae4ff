using System.Net;
using System.Text.RegularExpressions;

namespace Skald.Site;

/// <summary>An arrow of a diagram.</summary>
internal sealed record Arrow(string From, string Label, string To);

/// <summary>A flowchart or a diagram of states in Mermaid's words, shown as a table of its arrows: drawing it would take a library that is larger than all pages.</summary>
internal sealed partial record Diagram(IReadOnlyList<Arrow> Arrows)
{
    /// <summary>Reads a diagram; null when there is a line that is not understood.</summary>
    public static Diagram? Read(string code)
    {
        var lines = code.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        if (lines is not [var kind, .. var rest] || !Kind().IsMatch(kind))
        {
            return null;
        }

        var (names, arrows) = (new Dictionary<string, string>(StringComparer.Ordinal), new List<Arrow>());
        return rest.All(line => TryRead(line, names, arrows)) && arrows is not []
            ? new Diagram([.. arrows.Select(arrow => arrow with { From = Names(arrow.From, names, "(begin)"), To = Names(arrow.To, names, "(end)") })])
            : null;
    }

    /// <summary>The table.</summary>
    public string Html()
    {
        var rows = Arrows.Select(arrow => $"<tr><td>{Encode(arrow.From)}</td><td>{Encode(arrow.Label)}</td><td>{Encode(arrow.To)}</td></tr>\n");
        return $"<div class=\"table\"><table>\n<thead><tr><th>From</th><th>When</th><th>To</th></tr></thead>\n<tbody>\n{string.Concat(rows)}</tbody>\n</table></div>\n";
    }

    /// <summary>A line is nodes, and then any number of arrows with nodes, which begin where the last ended.</summary>
    private static bool TryRead(string line, Dictionary<string, string> names, List<Arrow> arrows)
    {
        if (Line().Match(line) is not { Success: true } match)
        {
            return false;
        }

        var nodes = match.Groups["nodes"].Captures.Select(capture => capture.Value).ToList();
        foreach (Match node in nodes.SelectMany(some => Node().Matches(some)))
        {
            if (node.Groups["text"] is { Success: true, Value: var text })
            {
                names[node.Groups["id"].Value] = LineBreak().Replace(text, " of ");
            }
        }

        var labels = match.Groups["arrow"].Captures.Select(capture => Label().Match(capture.Value).Groups[1].Value).ToList();
        arrows.AddRange(labels.Select((label, i) => new Arrow(nodes[i], label + match.Groups["note"].Value, nodes[i + 1])));
        return true;
    }

    private static string Names(string nodes, Dictionary<string, string> names, string outside) =>
        string.Join(", ", Node().Matches(nodes).Select(node => node.Groups["id"].Value).Select(id => id == "[*]" ? outside : names.GetValueOrDefault(id, id)));

    private static string Encode(string text) => WebUtility.HtmlEncode(text);

    private const string OneNode = """(?:\[\*\]|\w+)(?:[\[({]{1,2}"?[^"\])}]*"?[\])}]{1,2})?""";

    [GeneratedRegex(@"^(?:flowchart \w+|stateDiagram-v2)$")]
    private static partial Regex Kind();

    [GeneratedRegex($@"^(?<nodes>{OneNode}(?:\s*&\s*{OneNode})*)(?:\s*(?<arrow>-\.?->(?:\|[^|]*\|)?)\s*(?<nodes>{OneNode}(?:\s*&\s*{OneNode})*))*(?:\s*:\s*(?<note>.*))?$")]
    private static partial Regex Line();

    [GeneratedRegex("""(?<id>\[\*\]|\w+)(?:[\[({]{1,2}"?(?<text>[^"\])}]*)"?[\])}]{1,2})?""")]
    private static partial Regex Node();

    [GeneratedRegex(@"\|(.*)\|")]
    private static partial Regex Label();

    [GeneratedRegex(@"\s*<br\s*/?>\s*")]
    private static partial Regex LineBreak();
}
