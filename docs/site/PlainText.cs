using System.Text;
using System.Text.RegularExpressions;
using Markdig.Syntax;
using Markdig.Syntax.Inlines;

namespace Skald.Site;

/// <summary>What a part of a document says, in one line and without marks.</summary>
internal static partial class PlainText
{
    public static string Of(Block block)
    {
        var text = new StringBuilder();
        Append(block, text);
        return Blanks().Replace(text.ToString(), " ").Trim();
    }

    private static void Append(Block block, StringBuilder text)
    {
        switch (block)
        {
            case ContainerBlock container:
                container.ToList().ForEach(child => Append(child, text));
                break;
            case LeafBlock { Inline: { } inline }:
                Append(inline, text);
                break;
            case CodeBlock code:
                text.Append(code.Lines.ToString());
                break;
        }

        text.Append(' ');
    }

    public static string Of(Inline inline)
    {
        var text = new StringBuilder();
        Append(inline, text);
        return text.ToString();
    }

    private static void Append(Inline inline, StringBuilder text)
    {
        switch (inline)
        {
            case LiteralInline literal:
                text.Append(literal.Content.AsSpan());
                break;
            case CodeInline code:
                text.Append(code.Content);
                break;
            case AutolinkInline link:
                text.Append(link.Url);
                break;
            case HtmlEntityInline entity:
                text.Append(entity.Transcoded.AsSpan());
                break;
            case LineBreakInline:
                text.Append(' ');
                break;
            case ContainerInline container:
                container.ToList().ForEach(child => Append(child, text));
                break;
        }
    }

    [GeneratedRegex(@"\s+")]
    private static partial Regex Blanks();
}
