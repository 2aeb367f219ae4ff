using System.Net;
using Markdig.Extensions.Tables;
using Markdig.Renderers;
using Markdig.Renderers.Html;
using Markdig.Syntax;
using Skald.Site.Highlighting;

namespace Skald.Site;

/// <summary>A page's content as HTML.</summary>
internal static class Rendering
{
    public static string Html(MarkdownDocument body)
    {
        using var text = new StringWriter();
        var renderer = new HtmlRenderer(text);
        renderer.ObjectRenderers.Replace<CodeBlockRenderer>(new CodeWithLanguage());
        renderer.ObjectRenderers.Replace<HeadingRenderer>(new HeadingWithLink());
        renderer.ObjectRenderers.Add(new TableThatScrolls());
        renderer.Render(body);
        return text.ToString();
    }

    /// <summary>Code in a box that scrolls by itself.</summary>
    private sealed class CodeWithLanguage : HtmlObjectRenderer<CodeBlock>
    {
        protected override void Write(HtmlRenderer renderer, CodeBlock block)
        {
            var name = (block as FencedCodeBlock)?.Info;
            var code = block.Lines.ToString();
            var language = Language.Of(name, code);
            var box = $"<div class=\"code\" data-language=\"{WebUtility.HtmlEncode(language.Name)}\"><pre><code>{Highlighter.Html(code, language)}</code></pre></div>\n";
            renderer.Write(name == "mermaid" && Diagram.Read(code) is { } diagram
                ? $"{diagram.Html()}<details><summary>As Mermaid</summary>\n{box}</details>\n"
                : box);
        }
    }

    /// <summary>A heading that shows how to link to it.</summary>
    private sealed class HeadingWithLink : HtmlObjectRenderer<HeadingBlock>
    {
        protected override void Write(HtmlRenderer renderer, HeadingBlock heading)
        {
            var anchor = WebUtility.HtmlEncode(PageReader.AnchorOf(heading) ?? "");
            renderer.Write($"<h{heading.Level} id=\"{anchor}\">").WriteLeafInline(heading);
            if (heading.Level > 1)
            {
                renderer.Write($" <a class=\"anchor\" href=\"#{anchor}\" aria-label=\"Link to {WebUtility.HtmlEncode(PlainText.Of(heading))}\">#</a>");
            }

            renderer.Write($"</h{heading.Level}>\n");
        }
    }

    /// <summary>A table in a box that scrolls by itself.</summary>
    private sealed class TableThatScrolls : HtmlTableRenderer
    {
        protected override void Write(HtmlRenderer renderer, Table table)
        {
            renderer.Write("<div class=\"table\">");
            base.Write(renderer, table);
            renderer.Write("</div>\n");
        }
    }
}
