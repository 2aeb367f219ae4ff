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

    /// <summary>An element without attributes; nothing when there is no text.</summary>
    public Html Element(string name, string text) => text.Length == 0 ? this : Raw($"<{name}>").Text(text).Raw($"</{name}>");

    /// <summary>A name as code, which may be broken after dots and underscores.</summary>
    public Html Code(string name) => name.Length == 0 ? this : Raw("<code>")
        .Raw(HtmlEncoder.Default.Encode(name).Replace(".", ".<wbr>", StringComparison.Ordinal).Replace("_", "_<wbr>", StringComparison.Ordinal))
        .Raw("</code>");

    public Html Link(string target, string text) => Raw("<a href=\"").Text(target).Raw("\">").Text(text).Raw("</a>");

    public override string ToString() => _html.ToString();
}
