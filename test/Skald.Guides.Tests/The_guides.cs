using System.Runtime.CompilerServices;
using System.Text.RegularExpressions;
using Xunit;

namespace Skald.Guides;

/// <summary>No guide shows code that does not compile: its fences are lines of files that the build has seen.</summary>
public sealed partial class The_guides
{
    private const string Gap = "// ...";
    private const string Fence = "```";

    private static readonly string Root = FindRoot();
    private static readonly string[] Compiled = ["test", "samples", "templates"];

    private static readonly Lazy<IReadOnlyList<string[]>> Sources = new(() =>
        [.. Compiled.SelectMany(folder => Directory.GetFiles(Path.Combine(Root, folder), "*.cs", SearchOption.AllDirectories)).Where(IsOurs).Select(file => Lines(File.ReadAllLines(file)))]);

    public static TheoryData<string> Snippets => [.. Documents().SelectMany(FencesOf).Where(f => f.Language == "csharp").Select(f => f.Place)];

    public static TheoryData<string> Pages => [.. Documents().Select(Short)];

    [Theory, MemberData(nameof(Snippets))]
    public void Show_only_code_that_compiles(string place)
    {
        var snippet = Lines(FencesOf(Path.Combine(Root, place.Split(':')[0])).Single(f => f.Place == place).Lines);
        Assert.NotEmpty(snippet);
        var furthest = Sources.Value.Max(source => Reach(snippet, source));
        Assert.True(furthest == snippet.Length, $"{place}: this line follows its predecessors in no .cs file of test/, samples/ or templates/: {snippet.ElementAtOrDefault(furthest)}");
    }

    [Theory, MemberData(nameof(Pages))]
    public void Call_their_code_by_its_language(string page) =>
        Assert.All(FencesOf(Path.Combine(Root, page)), fence => Assert.Contains(fence.Language, (string[])["", "csharp", "text", "json", "ini", "sh", "sql", "xml", "yaml", "mermaid"]));

    [Theory, MemberData(nameof(Pages))]
    public void Link_to_what_is_there(string page)
    {
        var file = Path.Combine(Root, page);
        foreach (Match link in Link().Matches(File.ReadAllText(file)))
        {
            var (path, anchor) = link.Groups[1].Value.Split('#') is [var p, var a] ? (p, a) : (link.Groups[1].Value, null);
            var target = path.Length == 0 ? file : Path.GetFullPath(Path.Combine(Path.GetDirectoryName(file)!, path)); // A file has a folder.
            Assert.True(File.Exists(target) || Directory.Exists(target), $"{page}: {link.Groups[1].Value} leads nowhere.");
            Assert.True(anchor is null || File.ReadLines(target).Where(line => line.StartsWith('#')).Select(AnchorOf).Contains(anchor), $"{page}: {target} has no heading '{anchor}'.");
        }
    }

    [Fact]
    public void Are_all_on_the_map()
    {
        var map = File.ReadAllText(Path.Combine(Root, "docs/README.md"));
        Assert.All(Directory.GetFiles(Path.Combine(Root, "docs/guides"), "*.md"), guide => Assert.Contains($"(guides/{Path.GetFileName(guide)})", map, StringComparison.Ordinal));
    }

    /// <summary>How many lines of a snippet a source has, one after the other; a gap leaves out as many as it likes.</summary>
    private static int Reach(string[] snippet, string[] source)
    {
        var furthest = 0;
        for (var start = 0; start < source.Length; start++)
        {
            furthest = Math.Max(furthest, Reach(snippet, 0, source, start));
        }

        return furthest;
    }

    private static int Reach(string[] snippet, int line, string[] source, int at)
    {
        while (line < snippet.Length)
        {
            if (snippet[line] == Gap)
            {
                var rest = line + 1;
                return rest == snippet.Length ? rest : Enumerable.Range(at, source.Length - at).Select(from => Reach(snippet, rest, source, from)).Append(line).Max();
            }

            if (at == source.Length || snippet[line] != source[at])
            {
                return line;
            }

            (line, at) = (line + 1, at + 1);
        }

        return line;
    }

    private static string[] Lines(IEnumerable<string> text) => [.. text.Select(line => line.Trim()).Where(line => line.Length > 0)];

    private static IEnumerable<string> Documents() => Directory.GetFiles(Path.Combine(Root, "docs/guides"), "*.md").Order(StringComparer.Ordinal).Prepend(Path.Combine(Root, "docs/README.md")).Prepend(Path.Combine(Root, "README.md"));

    private static string Short(string file) => Path.GetRelativePath(Root, file).Replace('\\', '/');

    private static IEnumerable<(string Place, string Language, List<string> Lines)> FencesOf(string file)
    {
        List<string>? open = null;
        var (language, began, number) = ("", 0, 0);
        foreach (var line in File.ReadLines(file))
        {
            number++;
            if (!line.TrimStart().StartsWith(Fence, StringComparison.Ordinal))
            {
                open?.Add(line);
            }
            else if (open is null)
            {
                (open, language, began) = ([], line.Trim()[Fence.Length..], number);
            }
            else
            {
                yield return ($"{Short(file)}:{began}", language, open);
                open = null;
            }
        }

        Assert.True(open is null, $"{Short(file)}: the code that begins in line {began} has no end.");
    }

    private static bool IsOurs(string file) => !file.Contains("/obj/", StringComparison.Ordinal) && !file.Contains("/bin/", StringComparison.Ordinal);

    /// <summary>As GitHub makes it of a heading.</summary>
    private static string AnchorOf(string heading) =>
        string.Concat(heading.TrimStart('#', ' ').ToLowerInvariant().Where(c => char.IsLetterOrDigit(c) || c is ' ' or '-' or '_')).Replace(' ', '-');

    private static string FindRoot([CallerFilePath] string here = "") => Path.GetFullPath(Path.Combine(Path.GetDirectoryName(here)!, "../..")); // A file has a folder.

    [GeneratedRegex(@"\]\((?!https?:|<)([^)\s]+)\)")]
    private static partial Regex Link();
}
