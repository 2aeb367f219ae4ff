using System.Text.RegularExpressions;
using Markdig.Syntax;
using Markdig.Syntax.Inlines;

namespace Skald.Site;

/// <summary>Follows the links between documents, from the ones that are pages to all that they lead to.</summary>
internal sealed partial class PageLinks
{
    private readonly Sources _sources;
    private readonly Dictionary<string, Page> _pages = new(StringComparer.Ordinal);
    private readonly Queue<string> _unread = [];
    private readonly List<string> _problems = [];

    private PageLinks(Sources sources) => _sources = sources;

    /// <summary>All pages, by their paths.</summary>
    public IReadOnlyList<Page> Pages => [.. _pages.Values.OrderBy(page => page.Source, StringComparer.Ordinal)];

    /// <summary>Links that lead nowhere.</summary>
    public IReadOnlyList<string> Problems => _problems;

    /// <summary>How many links lead from page to page.</summary>
    public int Count { get; private set; }

    /// <summary>Reads all documents and what they link to, and turns their links to files into links to pages.</summary>
    public static PageLinks Follow(Sources sources)
    {
        var links = new PageLinks(sources);
        sources.Documents().ToList().ForEach(links._unread.Enqueue);
        while (links._unread.TryDequeue(out var source))
        {
            links.ReadOne(source);
        }

        links.Pages.ToList().ForEach(links.Rewrite);
        return links;
    }

    /// <summary>The page that a document's link leads to, before or after it was rewritten; null when it leads out of the site.</summary>
    public Page? Target(Page from, LinkInline link) => Find(from, Original(link)) is { Path: { } path } ? _pages.GetValueOrDefault(path) : null;

    private void ReadOne(string source)
    {
        if (_pages.ContainsKey(source))
        {
            return;
        }

        var page = PageReader.Read(source, _sources.AddressOf(source), _sources.Read(source));
        _pages.Add(source, page);
        foreach (var link in page.Body.Descendants<LinkInline>().Where(IsInternal))
        {
            if (Find(page, Original(link)).Path is { } path)
            {
                _unread.Enqueue(path);
            }
        }
    }

    private void Rewrite(Page page)
    {
        foreach (var link in page.Body.Descendants<LinkInline>().Where(IsInternal))
        {
            var original = Original(link);
            var (path, anchor) = Find(page, original);
            if (path is null || link.IsImage)
            {
                _problems.Add($"{page.Source}: '{original}' is no file that can be a page");
                continue;
            }

            var target = _pages[path];
            if (anchor is not "" && !target.Anchors.Contains(anchor))
            {
                _problems.Add($"{page.Source}: '{original}' leads to no heading of {path}");
            }

            link.SetData(typeof(PageLinks), original);
            link.Url = (target == page && anchor is not "" ? "" : page.To(target)) + (anchor is "" ? "" : "#" + anchor);
            Count++;
        }
    }

    /// <summary>Where a link of a document leads to; no path when nothing is there.</summary>
    private (string? Path, string Anchor) Find(Page from, string url)
    {
        var (path, anchor) = url.Split('#', 2) is [var before, var after] ? (before, after) : (url, "");
        if (path is "")
        {
            return (from.Source, anchor);
        }

        if (path.StartsWith('/'))
        {
            return (null, anchor);
        }

        var parts = from.Source.Split('/').SkipLast(1).ToList();
        foreach (var part in path.Split('/', StringSplitOptions.RemoveEmptyEntries).Where(part => part is not "."))
        {
            if (part is not "..")
            {
                parts.Add(part);
            }
            else if (parts is [])
            {
                return (null, anchor);
            }
            else
            {
                parts.RemoveAt(parts.Count - 1);
            }
        }

        return (_sources.Find(string.Join('/', parts)), anchor);
    }

    private static string Original(LinkInline link) => link.GetData(typeof(PageLinks)) as string ?? link.Url ?? "";

    private static bool IsInternal(LinkInline link) => !Scheme().IsMatch(link.Url ?? "");

    [GeneratedRegex("^[a-z][a-z0-9+.-]*:", RegexOptions.IgnoreCase)]
    private static partial Regex Scheme();
}
