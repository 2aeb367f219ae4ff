using System.Runtime.CompilerServices;

namespace Skald.Site.Tests;

/// <summary>The site of this repository's documents, written once for all tests of a class.</summary>
public sealed class WrittenSite : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("skald-site-");

    public WrittenSite()
    {
        Site = DocumentationSite.Read(Repository());
        Site.Write(Folder);
    }

    /// <summary>Where it is.</summary>
    public string Folder => _folder.FullName;

    internal DocumentationSite Site { get; }

    /// <summary>All its pages, by their paths in it.</summary>
    public IReadOnlyList<string> Pages => [.. Directory.EnumerateFiles(Folder, "*.html", SearchOption.AllDirectories).Select(file => Path.GetRelativePath(Folder, file)).Order(StringComparer.Ordinal)];

    /// <summary>A page as somebody opens it from the disk.</summary>
    public string Url(string page) => new Uri(Folder + "/").AbsoluteUri + page;

    public void Dispose() => _folder.Delete(recursive: true);

    /// <summary>The root of the repository.</summary>
    public static string Repository([CallerFilePath] string here = "") => Path.GetFullPath(Path.Combine(Path.GetDirectoryName(here)!, "../..")); // A file has a folder.
}
