using System.Net;
using System.Text;

namespace Skald.Site;

/// <summary>What all pages have around their content.</summary>
internal sealed class Layout(Navigation navigation)
{
    public string Of(Page page)
    {
        var isHome = page.Address == "index.html";
        var title = isHome ? "Skald: sagas on .NET" : $"{page.Title} · Skald";
        return $"""
            <!doctype html>
            <html lang="en" data-root="{page.Root}">
            <head>
            <meta charset="utf-8">
            <meta name="viewport" content="width=device-width, initial-scale=1">
            <title>{Encode(title)}</title>
            <meta name="description" content="{Encode(page.Summary)}">
            <link rel="icon" href="{page.Root}assets/icon.png">
            <link rel="stylesheet" href="{page.Root}assets/site.css">
            <link rel="stylesheet" href="{page.Root}assets/content.css">
            <link rel="stylesheet" href="{page.Root}assets/search.css">
            <script src="{page.Root}assets/theme.js"></script>
            <script src="{page.Root}assets/page.js" defer></script>
            <script src="{page.Root}assets/rank.js" defer></script>
            <script src="{page.Root}assets/search.js" defer></script>
            </head>
            <body>
            <a class="skip" href="#site-text">Skip to the text</a>
            {Header(page)}
            <div class="columns">
            <nav id="site-pages" popover aria-label="Pages">
            {Pages(page)}</nav>
            {Contents(page)}<main id="site-text">
            <article>
            {Place(page)}{Rendering.Html(page.Body)}</article>
            {Around(page)}{Footer(page)}</main>
            </div>
            {SearchDialog}
            </body>
            </html>

            """;
    }

    private const string SearchDialog = """
        <dialog id="site-search" aria-label="Search">
        <form method="dialog" role="search">
        <input type="search" id="site-query" aria-label="Search the documentation" placeholder="Search" autocomplete="off" spellcheck="false">
        <button>Close</button>
        </form>
        <p id="site-search-state" role="status"></p>
        <ol id="site-results"></ol>
        </dialog>
        """;

    private static string Header(Page page) => $"""
        <header>
        <button type="button" class="menu" popovertarget="site-pages">Menu</button>
        <a class="brand" href="{page.Root}index.html"><img src="{page.Root}assets/icon.png" alt="" width="28" height="28">Skald</a>
        <button type="button" class="search" hidden>Search <kbd>/</kbd></button>
        <button type="button" class="theme" hidden></button>
        </header>
        """;

    private string Pages(Page page)
    {
        var html = new StringBuilder();
        foreach (var group in navigation.Groups)
        {
            var isOpen = group.IsOpen || group == navigation.Of(page);
            html.Append($"<details{(isOpen ? " open" : "")}><summary>{Encode(group.Title)}</summary><ul>\n");
            foreach (var entry in group.Entries)
            {
                html.Append($"<li><a href=\"{page.To(entry.Page)}\"{(entry.Page == page ? " aria-current=\"page\"" : "")}>{Encode(entry.Text)}</a></li>\n");
            }

            html.Append("</ul></details>\n");
        }

        return html.ToString();
    }

    private string Place(Page page) => navigation.Of(page) is { } group && page.Root.Length > 0 ? $"<p class=\"place\">{Encode(group.Title)}</p>\n" : "";

    private string Around(Page page)
    {
        var (before, after) = navigation.Around(page);
        return before is null && after is null ? "" : $"""
            <nav class="around" aria-label="Previous and next page">
            {Step(page, before, "prev", "Previous")}{Step(page, after, "next", "Next")}</nav>

            """;
    }

    private static string Step(Page page, Entry? entry, string rel, string label) =>
        entry is null ? "" : $"<a rel=\"{rel}\" href=\"{page.To(entry.Page)}\"><span>{label}</span> {Encode(entry.Text)}</a>\n";

    private static string Footer(Page page) => $"<footer>Made from <code>{Encode(page.Source)}</code></footer>\n";

    private static string Contents(Page page)
    {
        var headings = page.Headings.Where(heading => heading.Level is 2 or 3).ToList();
        if (headings.Count < 2)
        {
            return "";
        }

        var lines = headings.Select(heading => $"<li class=\"level-{heading.Level}\"><a href=\"#{Encode(heading.Anchor)}\">{Encode(heading.Text)}</a></li>\n");
        return $"""
            <nav class="contents" aria-label="On this page">
            <details><summary>On this page</summary><ul>
            {string.Concat(lines)}</ul></details>
            </nav>

            """;
    }

    private static string Encode(string text) => WebUtility.HtmlEncode(text);
}
