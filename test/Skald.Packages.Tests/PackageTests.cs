using System.Buffers.Binary;
using System.Reflection.PortableExecutable;
using System.Text.RegularExpressions;

namespace Skald.Packages.Tests;

public sealed partial class Every_package(Feed feed)
{
    public static TheoryData<string> Ids => [.. Feed.Projects.Select(project => Path.GetFileNameWithoutExtension(project))];

    public static TheoryData<string> Libraries => [.. Feed.Projects.Select(project => Path.GetFileNameWithoutExtension(project)).Where(id => id is not ("Skald.Cli" or "Skald.Templates" or "Skald.Generators"))];

    [Theory, MemberData(nameof(Ids))]
    public void Says_what_it_is(string id)
    {
        using var package = new Package(feed.File(id));

        Assert.Equal(id, package.Says("id"));
        Assert.InRange(package.Says("description").Length, 20, 300);
        Assert.Contains("saga", package.Says("tags").Split(' '));
        Assert.Equal("MIT", package.Says("license"));
        Assert.Equal("The Skald authors", package.Says("authors"));
        Assert.Contains("CHANGELOG.md", package.Says("releaseNotes"));
        Assert.Equal("git", package.Says("repository", "type"));
        Assert.Matches(Path.Exists(Path.Combine(Feed.Root, ".git")) ? "^[0-9a-f]{40}$" : "^$", package.Says("repository", "commit"));
    }

    [Theory, MemberData(nameof(Ids))]
    public void Has_a_readme_of_its_own_whose_links_lead_somewhere(string id)
    {
        using var package = new Package(feed.File(id));

        var readme = package.Text(package.Says("readme"));

        Assert.StartsWith($"# {id}\n", readme);
        Assert.Contains("```", readme);
        var beside = Path.GetDirectoryName(Feed.Projects.Single(project => Path.GetFileNameWithoutExtension(project) == id))!; // It is a file in a folder.
        var links = Link().Matches(readme).Select(match => match.Groups[1].Value).Where(link => !link.StartsWith("https:", StringComparison.Ordinal)).ToList();
        Assert.NotEmpty(links);
        Assert.All(links, link => Assert.True(Path.Exists(Path.Combine(beside, link.Split('#')[0])), $"There is no {link}."));
    }

    [Theory, MemberData(nameof(Ids))]
    public void Has_the_icon(string id)
    {
        using var package = new Package(feed.File(id));

        var icon = package.Read(package.Says("icon"));

        Assert.Equal("PNG"u8, icon.AsSpan(1, 3));
        Assert.Equal((128, 128), (BinaryPrimitives.ReadInt32BigEndian(icon.AsSpan(16)), BinaryPrimitives.ReadInt32BigEndian(icon.AsSpan(20))));
    }

    [Fact]
    public void Needs_only_the_packages_that_are_listed()
    {
        var needs = Feed.Projects.Select(project => Path.GetFileNameWithoutExtension(project)).Order(StringComparer.Ordinal).Select(id =>
        {
            using var package = new Package(feed.File(id));
            return $"{id}: {string.Join(", ", package.Dependencies.Select(d => d.Id).Order(StringComparer.Ordinal))}".TrimEnd();
        });

        Assert.Equal(File.ReadAllLines(Path.Combine(Feed.Root, "test", "Skald.Packages.Tests", "dependencies.txt")), needs);
    }

    [Theory, MemberData(nameof(Ids))]
    public void Needs_the_others_in_its_own_version(string id)
    {
        using var package = new Package(feed.File(id));

        Assert.All(package.Dependencies.Where(d => d.Id.StartsWith("Skald", StringComparison.Ordinal)), d => Assert.Equal(feed.Version, d.Version));
    }

    [Theory, MemberData(nameof(Libraries))]
    public void Has_its_documentation_and_its_symbols(string id)
    {
        using var package = new Package(feed.File(id));
        using var symbols = new Package(feed.File(id, "snupkg"));

        Assert.Contains($"lib/net10.0/{id}.xml", package.Files);
        Assert.Contains($"lib/net10.0/{id}.pdb", symbols.Files);
    }

    [Theory, MemberData(nameof(Libraries))]
    public void Is_the_same_whoever_builds_it(string id)
    {
        using var package = new Package(feed.File(id));
        using var dll = new PEReader([.. package.Read($"lib/net10.0/{id}.dll")]);

        // The compiler's word that the same sources give the same bytes.
        Assert.Contains(dll.ReadDebugDirectory(), entry => entry.Type == DebugDirectoryEntryType.Reproducible);
    }

    [Fact]
    public void Brings_the_command_line_with_all_that_it_needs()
    {
        using var package = new Package(feed.File("Skald.Cli"));

        var settings = package.Text("tools/net10.0/any/DotnetToolSettings.xml");
        Assert.Contains("Name=\"skald\"", settings);
        Assert.Contains("EntryPoint=\"Skald.Cli.dll\"", settings);
        Assert.Contains("\"rollForward\": \"Major\"", package.Text("tools/net10.0/any/Skald.Cli.runtimeconfig.json"));
        Assert.All(["Skald.dll", "Skald.AspNetCore.dll", "Skald.Cli.dll", "Spectre.Console.dll", "System.CommandLine.dll"], file => Assert.Contains($"tools/net10.0/any/{file}", package.Files));
    }

    [Fact]
    public void Brings_the_compiler_its_rules_and_the_editor_their_fixes()
    {
        using var package = new Package(feed.File("Skald.Generators"));

        Assert.Equal(["Skald.CodeFixes.dll", "Skald.Generators.dll"], package.Files.Where(file => file.EndsWith(".dll", StringComparison.Ordinal)).Select(file => file.Replace("analyzers/dotnet/cs/", "")).Order(StringComparer.Ordinal));
        Assert.Equal("true", package.Says("developmentDependency"));
    }

    [Fact]
    public async Task Links_to_the_commit_it_was_made_from_once_the_repository_has_an_address()
    {
        var folder = feed.NewFolder("linked");

        await feed.PackAsync("src/Skald.Testing", folder, "-p:RepositoryUrl=https://git.example/skald.git");

        using var package = new Package(Directory.GetFiles(folder, "*.nupkg").Single());
        var commit = package.Says("repository", "commit") is { Length: > 0 } known ? known : "HEAD";
        Assert.Equal("https://git.example/skald.git", package.Says("repository", "url"));
        Assert.Equal($"What changed: https://git.example/skald/blob/{commit}/CHANGELOG.md", package.Says("releaseNotes"));
        Assert.Contains($"(https://git.example/skald/blob/{commit}/README.md)", package.Text("README.md"));
        Assert.DoesNotContain("](..", package.Text("README.md"));
    }

    [GeneratedRegex(@"\]\(([^)]+)\)")]
    private static partial Regex Link();
}
