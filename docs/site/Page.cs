using Markdig.Syntax;

namespace Skald.Site;

/// <summary>A heading of a page.</summary>
/// <param name="Level">1 to 6.</param>
/// <param name="Anchor">Its id within the page.</param>
/// <param name="Text">Without any marks.</param>
internal sealed record Heading(int Level, string Anchor, string Text);

/// <summary>A part of a page as the search knows it.</summary>
/// <param name="Heading">What stands above it.</param>
/// <param name="Anchor">Where it begins; empty for the beginning of the page.</param>
/// <param name="Text">In one line.</param>
internal sealed record Section(string Heading, string Anchor, string Text);

/// <summary>A document that becomes a page.</summary>
/// <param name="Source">Its path in the repository.</param>
/// <param name="Address">Its path in the site.</param>
/// <param name="Title">Its first heading.</param>
/// <param name="Summary">The beginning of its text.</param>
/// <param name="Body">Its content. Links in it are rewritten when all pages are known.</param>
/// <param name="Headings">In order, the title left out.</param>
/// <param name="Sections">In order.</param>
/// <param name="Anchors">All that a link may lead to.</param>
internal sealed record Page(
    string Source,
    string Address,
    string Title,
    string Summary,
    MarkdownDocument Body,
    IReadOnlyList<Heading> Headings,
    IReadOnlyList<Section> Sections,
    IReadOnlySet<string> Anchors)
{
    /// <summary>Whether it was written to be read, and is no listing or code.</summary>
    public bool IsDocument => Source.EndsWith(".md", StringComparison.Ordinal);

    /// <summary>What leads from this page to the site's root.</summary>
    public string Root => string.Concat(Enumerable.Repeat("../", Address.Count(c => c == '/')));

    /// <summary>What leads from this page to another.</summary>
    public string To(Page other)
    {
        var (here, there) = (Address.Split('/'), other.Address.Split('/'));
        var shared = here.SkipLast(1).Zip(there.SkipLast(1)).TakeWhile(pair => pair.First == pair.Second).Count();
        return string.Concat(Enumerable.Repeat("../", here.Length - 1 - shared)) + string.Join('/', there.Skip(shared));
    }
}
