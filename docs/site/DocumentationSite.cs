namespace Skald.Site;

/// <summary>The documentation of a repository as pages that lead to each other.</summary>
internal sealed class DocumentationSite
{
    private const string Map = "docs/README.md";

    private readonly Navigation _navigation;

    private DocumentationSite(PageLinks links)
    {
        Pages = links.Pages;
        Problems = links.Problems;
        LinkCount = links.Count;
        _navigation = Navigation.Of(Pages, Pages.Single(page => page.Source == Map), links);
        Index = SearchIndex.Of(Pages, _navigation);
    }

    /// <summary>All pages.</summary>
    public IReadOnlyList<Page> Pages { get; }

    /// <summary>How many links lead from page to page.</summary>
    public int LinkCount { get; }

    /// <summary>Links that lead nowhere, one in a line, with the document.</summary>
    public IReadOnlyList<string> Problems { get; }

    /// <summary>What is searched.</summary>
    public SearchIndex Index { get; }

    /// <summary>Reads all documents, and follows their links to what else becomes a page.</summary>
    /// <param name="repository">The repository's folder.</param>
    public static DocumentationSite Read(string repository) => new(PageLinks.Follow(new Sources(Path.GetFullPath(repository))));

    /// <summary>Writes the pages, and beside them what they need.</summary>
    /// <param name="output">A folder; it is made if it is missing, and what is in it under the same names is replaced.</param>
    public void Write(string output)
    {
        var layout = new Layout(_navigation);
        foreach (var page in Pages)
        {
            WriteText(Path.Combine(output, page.Address), layout.Of(page));
        }

        var assets = Path.Combine(output, "assets");
        WriteText(Path.Combine(assets, "search-index.js"), Index.Script);
        foreach (var asset in Directory.EnumerateFiles(Path.Combine(AppContext.BaseDirectory, "assets")))
        {
            File.Copy(asset, Path.Combine(assets, Path.GetFileName(asset)), overwrite: true);
        }
    }

    private static void WriteText(string path, string text)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(path)!); // It is below the output.
        File.WriteAllText(path, text);
    }
}
