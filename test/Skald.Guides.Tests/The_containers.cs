using System.Runtime.CompilerServices;
using System.Text.RegularExpressions;
using Xunit;

namespace Skald.Guides;

/// <summary>What can be held against <c>deploy/</c> where no Docker engine is.</summary>
public sealed partial class The_containers
{
    private static readonly string Root = FindRoot();

    private static readonly Dictionary<string, string[]> s_images = new()
    {
        ["Dockerfile"] = ["mcr.microsoft.com/dotnet/sdk:10.0", "mcr.microsoft.com/dotnet/aspnet:10.0-noble-chiseled"],
        ["Dockerfile.native"] = ["mcr.microsoft.com/dotnet/sdk:10.0", "mcr.microsoft.com/dotnet/runtime-deps:10.0-noble-chiseled"],
    };

    public static TheoryData<string> Dockerfiles => [.. Directory.GetFiles(Deploy("")).Select(file => Path.GetFileName(file)).Where(name => name.StartsWith("Dockerfile", StringComparison.Ordinal))];

    [Theory, MemberData(nameof(Dockerfiles))]
    public void Are_made_of_the_images_of_this_version_and_end_without_root_and_without_a_shell(string file)
    {
        var instructions = Instructions(file);

        Assert.Equal(s_images[file], instructions.Where(i => i.Word == "FROM").Select(i => i.Text.Split(' ')[0]));
        var last = instructions.Skip(instructions.FindLastIndex(i => i.Word == "FROM")).ToList();
        Assert.Equal("$APP_UID", Assert.Single(last, i => i.Word == "USER").Text);
        Assert.DoesNotContain(last, i => i.Word is "RUN" or "HEALTHCHECK");
        Assert.StartsWith("[\"/app/service\", \"serve\", ", Assert.Single(last, i => i.Word == "ENTRYPOINT").Text);
        Assert.Contains($":{Assert.Single(last, i => i.Word == "EXPOSE").Text}\"]", last[^1].Text);
    }

    [Theory, MemberData(nameof(Dockerfiles))]
    public void Copy_what_is_there_and_use_what_is_defined(string file)
    {
        var instructions = Instructions(file);
        Assert.All(instructions, i => Assert.Contains(i.Word, (string[])["FROM", "WORKDIR", "COPY", "ARG", "RUN", "USER", "ENV", "EXPOSE", "ENTRYPOINT"]));

        var stages = new HashSet<string>();
        var known = new HashSet<string> { "APP_UID" }; // Microsoft's images have it.
        foreach (var (word, rest) in instructions)
        {
            Assert.All(Variable().Matches(rest), v => Assert.Contains(v.Groups[1].Value, known));
            switch (word)
            {
                case "FROM" when rest.Split(" AS ") is [_, var stage]:
                    stages.Add(stage);
                    break;
                case "ARG":
                    known.Add(rest);
                    break;
                case "COPY" when rest.StartsWith("--from=", StringComparison.Ordinal):
                    Assert.Contains(rest["--from=".Length..].Split(' ')[0], stages);
                    break;
                case "COPY":
                    Assert.All(rest.Split(' ')[..^1], source => Assert.True(Path.Exists(Path.Combine(Root, source)), source));
                    break;
            }
        }
    }

    [Fact]
    public void Are_built_by_compose_from_projects_that_are_there()
    {
        var builds = Build().Matches(Compose).Select(m => (Dockerfile: m.Groups[1].Value, Project: m.Groups[2].Value)).ToList();

        Assert.Equal(Regex.Count(Compose, "build:"), builds.Count);
        Assert.Equal(builds.Select(b => b.Project).Distinct(), builds.Select(b => b.Project));
        Assert.All(builds, build =>
        {
            Assert.Contains(Path.GetRelativePath("deploy", build.Dockerfile), s_images.Keys);
            var project = File.ReadAllText(Path.Combine(Root, build.Project));
            Assert.Contains("<OutputType>Exe", project);
            // All samples compile ahead of time but those that say otherwise.
            Assert.False(build.Dockerfile.EndsWith(".native", StringComparison.Ordinal) && project.Contains("<IsAotCompatible>false", StringComparison.Ordinal), build.Project);
        });
        Assert.Contains(builds, b => b.Dockerfile == "deploy/Dockerfile.native");
    }

    [Fact]
    public void Ask_no_tool_of_an_image_without_tools_and_no_variable_that_the_example_lacks()
    {
        var services = Compose[Compose.IndexOf("  order:", StringComparison.Ordinal)..];
        Assert.DoesNotContain("healthcheck", services);
        Assert.All(Regex.Matches(services, "entrypoint: (.+)"), entry => Assert.StartsWith("[\"/app/service\", ", entry.Groups[1].Value));

        var given = File.ReadAllLines(Deploy(".env.example")).Select(line => line.Split('=')[0]);
        Assert.All(Variable().Matches(Compose).Select(m => m.Groups[1].Value), variable => Assert.Contains(variable, given));
    }

    [Fact]
    public void Are_asked_for_their_health_where_they_answer()
    {
        var paths = HealthPath().Matches(File.ReadAllText(Deploy("README.md"))).Select(m => m.Groups[1].Value).ToList();
        var served = File.ReadAllText(Path.Combine(Root, "test/Skald.EndToEnd/edge-matrix.txt"));

        Assert.Equal(2, paths.Count);
        Assert.All(paths, path => Assert.Contains($"Playground GET {path}: own=200 ", served));
        Assert.All(Dockerfiles, file => Assert.Contains(Instructions(file), i => i is ("EXPOSE", "8080")));
    }

    private static string Compose => File.ReadAllText(Deploy("compose.yaml"));

    /// <summary>One instruction each, its lines joined.</summary>
    private static List<(string Word, string Text)> Instructions(string file) =>
        [.. string.Join('\n', File.ReadLines(Deploy(file)).Where(line => !line.StartsWith('#'))).Replace("\\\n", "", StringComparison.Ordinal)
            .Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).Select(line => line.Split(' ', 2)).Select(parts => (parts[0], parts[1]))];

    private static string Deploy(string file) => Path.Combine(Root, "deploy", file);

    private static string FindRoot([CallerFilePath] string here = "") => Path.GetFullPath(Path.Combine(Path.GetDirectoryName(here)!, "../..")); // A file has a folder.

    [GeneratedRegex(@"\$\{?([A-Z_]+)\}?")]
    private static partial Regex Variable();

    [GeneratedRegex(@"build: \{ context: \.\., dockerfile: (\S+), args: \{ PROJECT: (\S+) \} \}")]
    private static partial Regex Build();

    [GeneratedRegex(@"httpGet: \{ path: (\S+), port: 8080 \}")]
    private static partial Regex HealthPath();
}
