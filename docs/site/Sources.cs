using System.Globalization;
using System.Text;

namespace Skald.Site;

/// <summary>The repository as a place of texts: everything that becomes a page is Markdown, or is made so.</summary>
internal sealed class Sources(string root)
{
    private static readonly string[] Places = ["", "docs", "docs/guides", "docs/decisions", "bench", "samples/*", "src/*", "templates/*"];

    /// <summary>The documents that are pages whether or not somebody links to them, by their paths from the root.</summary>
    public IEnumerable<string> Documents() => Places.SelectMany(Folders)
        .SelectMany(folder => Directory.EnumerateFiles(Path.Combine(root, folder), "*.md"))
        .Select(file => Path.GetRelativePath(root, file).Replace('\\', '/'))
        // Lists that the compiler keeps of its rules, in its own form.
        .Where(path => !Path.GetFileName(path).StartsWith("AnalyzerReleases.", StringComparison.Ordinal))
        .Order(StringComparer.Ordinal);

    /// <summary>The path under which a link's target is a page: a folder with a README is that README. Null when there is nothing.</summary>
    public string? Find(string path) =>
        File.Exists(Path.Combine(root, path)) ? path
        : !Directory.Exists(Path.Combine(root, path)) ? null
        : File.Exists(Path.Combine(root, path, "README.md")) ? Join(path, "README.md")
        : path;

    /// <summary>What stands at a path that was found, as Markdown.</summary>
    public string Read(string path) =>
        Directory.Exists(Path.Combine(root, path)) ? Listing(path)
        : path.EndsWith(".md", StringComparison.Ordinal) ? Text(path)
        : Code(path);

    /// <summary>Where the page of something that was found stands in the site: a README is its folder's index.</summary>
    public string AddressOf(string path) =>
        Directory.Exists(Path.Combine(root, path)) ? path + "/index.html"
        : Path.GetFileName(path) == "README.md" ? path[..^"README.md".Length] + "index.html"
        : path.EndsWith(".md", StringComparison.Ordinal) ? path[..^3] + ".html"
        : path + ".html";

    private IEnumerable<string> Folders(string place) => place.EndsWith("/*", StringComparison.Ordinal)
        ? Directory.EnumerateDirectories(Path.Combine(root, place[..^2])).Select(folder => Path.GetRelativePath(root, folder))
        : [place];

    private string Code(string path)
    {
        var text = Text(path);
        var fence = new string('`', LongestRun(text, '`') + 3);
        return $"# {Path.GetFileName(path)}\n\n`{path}`\n\n{fence}{Path.GetExtension(path).TrimStart('.')}\n{text.TrimEnd()}\n{fence}\n";
    }

    private string Listing(string path)
    {
        // Its links begin where the folder is, as those of a file do.
        var folder = path[(path.LastIndexOf('/') + 1)..];
        var list = new StringBuilder($"# {char.ToUpperInvariant(folder[0])}{folder[1..]}\n\n");
        foreach (var name in Directory.EnumerateFiles(Path.Combine(root, path)).Select(Path.GetFileName).Order(StringComparer.Ordinal))
        {
            var isDocument = name!.EndsWith(".md", StringComparison.Ordinal); // A file has a name.
            list.Append(CultureInfo.InvariantCulture, $"- [{(isDocument ? FirstHeading(Join(path, name)) : $"`{name}`")}]({folder}/{name})\n");
        }

        return list.ToString();
    }

    private string FirstHeading(string path) =>
        Text(path).Split('\n').FirstOrDefault(line => line.StartsWith("# ", StringComparison.Ordinal))?[2..].Trim() ?? Path.GetFileName(path);

    private string Text(string path) => File.ReadAllText(Path.Combine(root, path)).ReplaceLineEndings("\n");

    private static string Join(string folder, string name) => folder.Length == 0 ? name : $"{folder}/{name}";

    private static int LongestRun(string text, char of)
    {
        var (longest, run) = (0, 0);
        foreach (var c in text)
        {
            run = c == of ? run + 1 : 0;
            longest = Math.Max(longest, run);
        }

        return longest;
    }
}
