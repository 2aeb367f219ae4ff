using System.Net;
using System.Text.RegularExpressions;

namespace Skald.Site.Tests;

/// <summary>What is written, without a browser.</summary>
public sealed partial class The_site(WrittenSite written) : IClassFixture<WrittenSite>
{
    [Fact]
    public void Has_a_page_for_every_document()
    {
        string[] some = ["index.html", "ARCHITECTURE.html", "CHANGELOG.html", "bench/RESULTS.html", "docs/index.html", "docs/errors.html", "docs/logs.html", "samples/FoodOrders/index.html", "src/Skald.Sqlite/index.html"];
        Assert.Superset(some.ToHashSet(), written.Pages.ToHashSet());
        foreach (var folder in (string[])["docs/guides", "docs/decisions"])
        {
            Assert.All(
                Directory.EnumerateFiles(Path.Combine(WrittenSite.Repository(), folder), "*.md"),
                document => Assert.Contains($"{folder}/{Path.GetFileNameWithoutExtension(document)}.html", written.Pages));
        }
    }

    [Fact]
    public void Has_no_link_that_leads_nowhere()
    {
        var anchors = written.Pages.ToDictionary(page => page, page => Ids().Matches(Html(page)).Select(id => Decoded(id)).ToList());
        Assert.All(anchors.Values, ids => Assert.Equal(ids.Distinct(), ids));
        var links = written.Pages.SelectMany(page => Links().Matches(Html(page)).Select(link => (Page: page, Target: Decoded(link)))).Where(link => !IsOutside(link.Target)).ToList();
        Assert.True(links.Count > 5_000, $"{links.Count} links are too few to be all.");
        Assert.All(links, link =>
        {
            var (path, anchor) = link.Target.Split('#', 2) is [var before, var after] ? (before, after) : (link.Target, "");
            var target = path.Length == 0 ? link.Page : Path.GetRelativePath(written.Folder, Path.GetFullPath(Path.Combine(written.Folder, link.Page, "..", path)));
            Assert.True(File.Exists(Path.Combine(written.Folder, target)), $"{link.Page} links to {link.Target}");
            Assert.True(anchor.Length == 0 || anchors[target].Contains(anchor), $"{link.Page} links to {link.Target}, which has no such anchor.");
        });
    }

    [Fact]
    public void Works_below_any_address() =>
        // A link that begins with a slash would leave the folder in which the site is.
        Assert.All(written.Pages, page => Assert.DoesNotContain("=\"/", Html(page), StringComparison.Ordinal));

    [Fact]
    public void Takes_the_order_of_its_pages_from_the_map()
    {
        Assert.Equal(["To begin", "To write", "To run", "Reference", "Samples", "Packages", "Decisions"], Groups().Matches(Html("index.html")).Select(Decoded));
        Assert.Contains("<summary>Reference</summary><ul>\n<li><a href=\"ARCHITECTURE.html\">Architecture</a></li>\n<li><a href=\"docs/errors.html\">Error codes</a></li>", Html("index.html"), StringComparison.Ordinal);
        var participants = Html("docs/guides/participants.html");
        Assert.Contains("""<a rel="prev" href="writing-an-orchestration.html">""", participants, StringComparison.Ordinal);
        Assert.Contains("""<a rel="next" href="outside-calls.html">""", participants, StringComparison.Ordinal);
        Assert.Contains("""<a href="participants.html" aria-current="page">Participants</a>""", participants, StringComparison.Ordinal);
    }

    [Fact]
    public void Leads_to_each_error_code_and_log_message()
    {
        Assert.Contains("<tr id=\"SKALD103\">", Html("docs/errors.html"), StringComparison.Ordinal);
        Assert.Contains("<tr id=\"1002\">", Html("docs/logs.html"), StringComparison.Ordinal);
    }

    [Fact]
    public void Shows_the_code_that_a_document_links_to()
    {
        Assert.Contains("href=\"OrderService/CreateOrderSaga.cs.html\"", Html("samples/FoodOrders/index.html"), StringComparison.Ordinal);
        Assert.Contains("<span class=\"keyword\">sealed</span>", Html("samples/FoodOrders/OrderService/CreateOrderSaga.cs.html"), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("[a](gone.md)", "docs/README.md: 'gone.md' is no file that can be a page")]
    [InlineData("[a](../../outside.md)", "docs/README.md: '../../outside.md' is no file that can be a page")]
    [InlineData("[a](/README.md)", "docs/README.md: '/README.md' is no file that can be a page")]
    [InlineData("[a](../README.md#gone)", "docs/README.md: '../README.md#gone' leads to no heading of README.md")]
    public void Is_not_written_while_a_link_leads_nowhere(string text, string problem)
    {
        var repository = Directory.CreateTempSubdirectory("skald-site-");
        try
        {
            foreach (var folder in (string[])["docs/guides", "docs/decisions", "bench", "samples", "src", "templates"])
            {
                repository.CreateSubdirectory(folder);
            }

            File.WriteAllText(Path.Combine(repository.FullName, "README.md"), "# Here\n\n[there](docs/README.md#there)\n");
            File.WriteAllText(Path.Combine(repository.FullName, "docs/README.md"), $"# There\n\n{text}\n");
            Assert.Equal([problem], DocumentationSite.Read(repository.FullName).Problems);
        }
        finally
        {
            repository.Delete(recursive: true);
        }
    }

    private string Html(string page) => File.ReadAllText(Path.Combine(written.Folder, page));

    private static bool IsOutside(string target) => target.StartsWith("http:", StringComparison.Ordinal) || target.StartsWith("https:", StringComparison.Ordinal);

    private static string Decoded(Match match) => WebUtility.HtmlDecode(match.Groups[1].Value);

    [GeneratedRegex("\\sid=\"([^\"]*)\"")]
    private static partial Regex Ids();

    [GeneratedRegex("\\s(?:href|src)=\"([^\"]*)\"")]
    private static partial Regex Links();

    [GeneratedRegex("<summary>(.*)</summary><ul>\n<li>")]
    private static partial Regex Groups();
}
