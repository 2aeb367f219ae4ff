using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace Skald.AsyncApi;

/// <summary>JSON as YAML 1.2 in block style. Strings that could be read as anything else are quoted.</summary>
internal static partial class YamlText
{
    private static readonly HashSet<string> Words = new(StringComparer.OrdinalIgnoreCase) { "true", "false", "null", "yes", "no", "on", "off", "y", "n" };

    public static string Of(JsonNode node)
    {
        var text = new StringBuilder();
        Write(text, node, 0, afterKey: false);
        return text.ToString();
    }

    private static void Write(StringBuilder text, JsonNode? node, int depth, bool afterKey)
    {
        switch (node)
        {
            case JsonObject { Count: > 0 } fields:
                Break(text, afterKey);
                foreach (var (name, value) in fields)
                {
                    Indent(text, depth).Append(Plain(name) ? name : Quoted(name)).Append(':');
                    Write(text, value, depth + 1, afterKey: true);
                }

                break;
            case JsonArray { Count: > 0 } items:
                Break(text, afterKey);
                foreach (var item in items)
                {
                    WriteItem(text, item, depth);
                }

                break;
            default:
                text.Append(afterKey ? " " : "").Append(Scalar(node)).Append('\n');
                break;
        }
    }

    /// <summary>The first line of an item stands beside its hyphen.</summary>
    private static void WriteItem(StringBuilder text, JsonNode? item, int depth)
    {
        var inner = new StringBuilder();
        Write(inner, item, depth + 1, afterKey: false);
        Indent(text, depth).Append("- ").Append(inner.ToString().AsSpan().TrimStart(' '));
    }

    private static void Break(StringBuilder text, bool afterKey)
    {
        if (afterKey)
        {
            text.Append('\n');
        }
    }

    private static StringBuilder Indent(StringBuilder text, int depth) => text.Append(' ', depth * 2);

    private static string Scalar(JsonNode? node) => node switch
    {
        null => "null",
        JsonObject => "{}",
        JsonArray => "[]",
        _ when node.GetValueKind() == JsonValueKind.String => node.GetValue<string>() is var value && Plain(value) ? value : Quoted(value),
        _ => node.ToJsonString(),
    };

    private static bool Plain(string value) => Harmless().IsMatch(value) && !Words.Contains(value);

    private static string Quoted(string value)
    {
        var text = new StringBuilder("\"");
        for (var i = 0; i < value.Length; i++)
        {
            var c = value[i];
            if (char.IsHighSurrogate(c) && i + 1 < value.Length && char.IsLowSurrogate(value[i + 1]))
            {
                text.Append(c).Append(value[++i]);
            }
            else
            {
                _ = c switch
                {
                    '"' or '\\' => text.Append('\\').Append(c),
                    '\n' => text.Append("\\n"),
                    < ' ' or (>= '\u007f' and <= '\u00a0') or '\u2028' or '\u2029' or '\ufeff' or (>= '\ufffe' and <= '\uffff') => Escaped(text, c),
                    _ when char.IsSurrogate(c) => Escaped(text, c),
                    _ => text.Append(c),
                };
            }
        }

        return text.Append('"').ToString();
    }

    private static StringBuilder Escaped(StringBuilder text, char c) => text.Append(CultureInfo.InvariantCulture, $"\\u{(int)c:x4}");

    // Begins with a letter or $, has no colon or hash that could end it, and no blank at either end.
    [GeneratedRegex(@"^[A-Za-z$][A-Za-z0-9_$.,;()/'-]*( [A-Za-z0-9_$.,;()/'-]+)*\z")]
    private static partial Regex Harmless();
}
