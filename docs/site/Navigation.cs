using Markdig.Extensions.Tables;
using Markdig.Syntax;
using Markdig.Syntax.Inlines;

namespace Skald.Site;

/// <summary>A line of the navigation.</summary>
internal sealed record Entry(string Text, Page Page);

/// <summary>Lines of the navigation under a heading.</summary>
/// <param name="Title">The heading.</param>
/// <param name="Entries">In the order in which they are read.</param>
/// <param name="IsOpen">Whether they are shown on pages of other groups too.</param>
internal sealed record Group(string Title, IReadOnlyList<Entry> Entries, bool IsOpen);

/// <summary>All pages in the order in which somebody would read them: the map's tables, what it names beside them, and the rest by folder.</summary>
internal sealed class Navigation(IReadOnlyList<Group> groups)
{
    // Those that the map does not name one by one, in this order.
    private static readonly (string Title, string Folder)[] Folders = [("Samples", "samples"), ("Packages", "src"), ("Decisions", "docs/decisions")];

    private readonly List<Entry> _order = [.. groups.SelectMany(group => group.Entries)];

    /// <summary>In order.</summary>
    public IReadOnlyList<Group> Groups => groups;

    /// <summary>The group that a page is in; null for listings and code, which are reached by links alone.</summary>
    public Group? Of(Page page) => groups.FirstOrDefault(group => group.Entries.Any(entry => entry.Page == page));

    /// <summary>What stands before and after a page.</summary>
    public (Entry? Before, Entry? After) Around(Page page)
    {
        var place = _order.FindIndex(entry => entry.Page == page);
        return place < 0 ? (null, null) : (_order.ElementAtOrDefault(place - 1), _order.ElementAtOrDefault(place + 1));
    }

    /// <summary>Reads the map.</summary>
    public static Navigation Of(IReadOnlyList<Page> pages, Page map, PageLinks links)
    {
        var tables = map.Body.OfType<Table>()
            .Select(table => new Group(PlainText.Of(((TableRow)table[0])[0]), [.. Entries(table, map, links)], IsOpen: true))
            .ToList();
        if (tables is [var first, ..])
        {
            tables[0] = first with { Entries = [.. first.Entries.Take(1).Select(entry => entry with { Text = "Start" }), new Entry("All guides", map), .. first.Entries.Skip(1)] };
        }

        var named = tables.SelectMany(table => table.Entries).Select(entry => entry.Page).ToHashSet();
        var beside = map.Body.OfType<ParagraphBlock>().SelectMany(paragraph => Entries(paragraph, map, links)).Where(entry => named.Add(entry.Page)).ToList();
        var rest = pages.Where(page => page.IsDocument && !named.Contains(page)).ToLookup(page => FolderOf(page.Source));
        return new Navigation(
        [
            .. tables,
            new Group("Reference", [.. beside.Where(entry => entry.Page.IsDocument).Select(entry => entry with { Text = entry.Page.Title }), .. Titles(rest["other"])], IsOpen: true),
            .. Folders.Select(group => new Group(group.Title, Titles(rest[group.Folder]), IsOpen: false)),
        ]);
    }

    private static IEnumerable<Entry> Entries(Block block, Page map, PageLinks links) =>
        from link in (block is LeafBlock { Inline: { } inline } ? inline : (MarkdownObject)block).Descendants<LinkInline>()
        let target = links.Target(map, link)
        where target is not null
        select new Entry(PlainText.Of((Inline)link), target);

    private static List<Entry> Titles(IEnumerable<Page> pages) => [.. pages.Select(page => new Entry(page.Title, page))];

    private static string FolderOf(string source) =>
        source.StartsWith("docs/decisions/", StringComparison.Ordinal) ? "docs/decisions"
        : source.Split('/')[0] switch { "templates" => "src", "samples" or "src" => source.Split('/')[0], _ => "other" };
}
