using System.Text.Json;

namespace Skald.Site;

/// <summary>All that is searched, as a script: a page that was opened as a file may load a script and nothing else.</summary>
/// <param name="Script">Assigns the index to <c>window.searchIndex</c>.</param>
/// <param name="SectionCount">How many parts of pages are in it.</param>
internal sealed record SearchIndex(string Script, int SectionCount)
{
    /// <summary>Makes the index of the pages that were written to be read.</summary>
    public static SearchIndex Of(IReadOnlyList<Page> pages, Navigation navigation)
    {
        var read = pages.Where(page => navigation.Of(page) is not null).ToList();
        var sections = read.SelectMany((page, number) => page.Sections.Select(section => (object[])[number, section.Heading, section.Anchor, section.Text])).ToList();
        var index = new
        {
            pages = read.Select(page => (string[])[page.Title, page.Address, navigation.Of(page)!.Title]), // They were chosen for having one.
            sections,
        };
        return new SearchIndex($"window.searchIndex = {JsonSerializer.Serialize(index)};\n", sections.Count);
    }
}
