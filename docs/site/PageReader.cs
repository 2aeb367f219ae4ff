using Markdig;
using Markdig.Extensions.AutoIdentifiers;
using Markdig.Extensions.Tables;
using Markdig.Renderers.Html;
using Markdig.Syntax;

namespace Skald.Site;

/// <summary>Reads a document: its title, its headings, its parts and what can be linked to.</summary>
internal static class PageReader
{
    private const int SummaryLength = 200;

    // HTML in a document is text: <Service> is a type's argument more often than a tag.
    private static readonly MarkdownPipeline Pipeline = new MarkdownPipelineBuilder()
        .UsePipeTables().UseAutoIdentifiers(AutoIdentifierOptions.GitHub).DisableHtml().Build();

    public static Page Read(string source, string address, string markdown)
    {
        var body = Markdown.Parse(markdown, Pipeline);
        NameRows(body);
        var headings = body.OfType<HeadingBlock>().Select(HeadingOf).ToList();
        var title = headings is [{ Level: 1 } first, ..] ? first : new Heading(1, "", source);
        var rows = body.Descendants<TableRow>().Select(AnchorOf).OfType<string>();
        return new Page(
            source,
            address,
            title.Text,
            Short(body.OfType<ParagraphBlock>().Select(PlainText.Of).FirstOrDefault() ?? ""),
            body,
            [.. headings.Where(heading => heading != title)],
            [.. SectionsOf(body, title)],
            headings.Select(heading => heading.Anchor).Concat(rows).ToHashSet(StringComparer.Ordinal));
    }

    /// <summary>An element's id; null when it has none.</summary>
    public static string? AnchorOf(MarkdownObject element) => element.TryGetAttributes()?.Id;

    private static Heading HeadingOf(HeadingBlock block) => new(block.Level, AnchorOf(block) ?? "", PlainText.Of(block));

    /// <summary>The rows of a table in which one looks up codes or ids are led to by them.</summary>
    private static void NameRows(MarkdownDocument body)
    {
        foreach (var table in body.OfType<Table>().Where(IsLookup))
        {
            foreach (var row in table.Skip(1).OfType<TableRow>())
            {
                row.GetAttributes().Id = PlainText.Of(row[0]);
            }
        }
    }

    private static bool IsLookup(Table table) => table[0] is TableRow { IsHeader: true } header && PlainText.Of(header[0]) is "Code" or "Id";

    private static IEnumerable<Section> SectionsOf(MarkdownDocument body, Heading title)
    {
        var (heading, anchor, text) = (title.Text, "", new List<string>());
        foreach (var block in body)
        {
            if (block is HeadingBlock next && HeadingOf(next) is var found && found != title)
            {
                yield return new Section(heading, anchor, string.Join(' ', text));
                (heading, anchor, text) = (found.Text, found.Anchor, []);
            }
            else if (block is Table table && IsLookup(table))
            {
                foreach (var row in table.Skip(1).OfType<TableRow>())
                {
                    yield return new Section(PlainText.Of(row[0]), AnchorOf(row)!, string.Join(' ', row.Skip(1).Select(PlainText.Of))); // NameRows has named them.
                }
            }
            else if (block is not HeadingBlock)
            {
                text.Add(PlainText.Of(block));
            }
        }

        yield return new Section(heading, anchor, string.Join(' ', text));
    }

    private static string Short(string text) => text.Length <= SummaryLength ? text : text[..text.LastIndexOf(' ', SummaryLength)] + " ...";
}
