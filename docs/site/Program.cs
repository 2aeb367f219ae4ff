using Skald.Site;

if (args is not [var repository, var output])
{
    Console.Error.WriteLine("Usage: Skald.Site REPOSITORY OUTPUT    writes the documentation in REPOSITORY as static pages to OUTPUT");
    return 2;
}

var site = DocumentationSite.Read(repository);
if (site.Problems is not [])
{
    site.Problems.ToList().ForEach(Console.Error.WriteLine);
    Console.Error.WriteLine($"Nothing was written. Links that lead nowhere: {site.Problems.Count}");
    return 1;
}

site.Write(output);
Console.WriteLine($"{site.Pages.Count} pages, {site.LinkCount} links between them, {site.Index.SectionCount} sections to search");
Console.WriteLine($"Open {Path.Combine(output, "index.html")}");
return 0;
