using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json.Nodes;

namespace Skald.AsyncApi;

/// <summary>HTML as it is written. Whatever is not a literal of this assembly goes through <see cref="Text"/>.</summary>
internal sealed class Html
{
    private readonly StringBuilder _html = new();

    /// <summary>A field as text; empty when there is none.</summary>
    public static string Of(JsonNode? node, string field) => node is JsonObject o && o[field] is JsonValue value ? value.ToString() : "";

    public Html Raw(string markup)
    {
        _html.Append(markup);
        return this;
    }

    public Html Text(string text)
    {
        _html.Append(HtmlEncoder.Default.Encode(text));
        return this;
    }

    /// <summary>Text whose names may be broken after dots and underscores; not for attributes.</summary>
    public Html Breakable(string text) =>
        Raw(HtmlEncoder.Default.Encode(text).Replace(".", ".<wbr>", StringComparison.Ordinal).Replace("_", "_<wbr>", StringComparison.Ordinal));

    /// <summary>An element without attributes; nothing when there is no text.</summary>
    public Html Element(string name, string text) => text.Length == 0 ? this : Raw($"<{name}>").Breakable(text).Raw($"</{name}>");

    /// <summary>A name as code.</summary>
    public Html Code(string name) => Element("code", name);

    public Html Link(string target, string text) => Raw("<a href=\"").Text(target).Raw("\">").Breakable(text).Raw("</a>");

    public override string ToString() => _html.ToString();
}
