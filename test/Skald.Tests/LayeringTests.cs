using System.Runtime.CompilerServices;
using System.Text.RegularExpressions;
using System.Xml.Linq;
using Xunit;

namespace Skald.Tests;

public sealed partial class The_house
{
    private static readonly string[] Line = ["Contracts", "Definition", "Decisions", "Messaging", "Storage", "EventSourcing", "Runtime", "Hosting"];

    [Fact]
    public void Is_built_in_a_line_each_folder_using_only_those_before_it()
    {
        var wrong = new List<string>();
        foreach (var file in Sources(Path.Combine(Root, "src", "Skald")))
        {
            var folder = Path.GetRelativePath(Path.Combine(Root, "src", "Skald"), file).Split(Path.DirectorySeparatorChar)[0];
            var place = Array.IndexOf(Line, folder);
            if (place < 0)
            {
                continue;
            }

            foreach (Match use in InnerNamespace().Matches(File.ReadAllText(file)))
            {
                var used = Array.IndexOf(Line, use.Groups[1].Value);
                if (used > place)
                {
                    wrong.Add($"{folder}/{Path.GetFileName(file)} uses {use.Groups[1].Value}");
                }
            }
        }

        Assert.Empty(wrong.Distinct());
    }

    [Fact]
    public void Has_no_folder_outside_the_line()
    {
        var folders = Directory.GetDirectories(Path.Combine(Root, "src", "Skald")).Select(Path.GetFileName).Except(["bin", "obj"]);
        Assert.Empty(folders.Except(Line).Except(["Diagnostics"]));
    }

    [Fact]
    public void Points_every_arrow_at_Skald()
    {
        foreach (var project in Directory.GetFiles(Path.Combine(Root, "src"), "*.csproj", SearchOption.AllDirectories))
        {
            var references = XDocument.Load(project).Descendants("ProjectReference").Select(r => Path.GetFileNameWithoutExtension(r.Attribute("Include")!.Value.Replace('\\', '/')));
            // Documents and the edge are no adapters: an executable serves the one, and stands behind the other.
            // The compiler's package carries the editor's assembly.
            string[] allowed = Path.GetFileNameWithoutExtension(project) switch
            {
                "Skald.ServiceHost" => ["Skald", "Skald.AsyncApi", "Skald.AspNetCore", "Skald.OpenTelemetry"],
                // What it asks over HTTP is the edge's contract.
                "Skald.Cli" => ["Skald.AspNetCore"],
                // Pages see what the edge's contract says, and nothing else.
                "Skald.Dashboard" => ["Skald.AspNetCore"],
                "Skald.Generators" => ["Skald.CodeFixes"],
                _ => ["Skald"],
            };
            Assert.Empty(references.Except(allowed));
        }
    }

    internal static string Root { get; } = FindRoot();

    private static IEnumerable<string> Sources(string folder) => Directory.GetFiles(folder, "*.cs", SearchOption.AllDirectories)
        .Where(f => !f.Contains($"{Path.DirectorySeparatorChar}obj{Path.DirectorySeparatorChar}", StringComparison.Ordinal));

    private static string FindRoot([CallerFilePath] string here = "")
    {
        var folder = Path.GetDirectoryName(here);
        while (folder is not null && !File.Exists(Path.Combine(folder, "Skald.slnx")))
        {
            folder = Path.GetDirectoryName(folder);
        }

        return folder ?? throw new InvalidOperationException("Skald.slnx was not found above the tests.");
    }

    // Comments may name any type; code is what counts: a using, or a name that begins with a folder's.
    [GeneratedRegex(@"^(?!\s*//).*?\b(?<!System\.)(Definition|Decisions|Messaging|Storage|EventSourcing|Runtime|Hosting)(?:;|\.[A-Z])", RegexOptions.Multiline)]
    private static partial Regex InnerNamespace();
}
