using System.Text.Json;
using Skald.TestServers;

namespace Skald.AsyncApi.Tests;

/// <summary>AsyncAPI's own parser in Node.js, installed once per test run, without scripts of packages.</summary>
public sealed class OfficialParser : IAsyncLifetime
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("skald-asyncapi-");

    public async ValueTask InitializeAsync()
    {
        if (Requirements.Node is not null)
        {
            return;
        }

        foreach (var file in Directory.GetFiles(Path.Combine(AppContext.BaseDirectory, "asyncapi-parser")))
        {
            File.Copy(file, Path.Combine(_folder.FullName, Path.GetFileName(file)));
        }

        var (exitCode, output, error) = await Samples.RunAsync(
            "npm", ["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--prefer-offline"], _folder.FullName);
        Assert.True(exitCode == 0, $"npm ci: {output}{error}");
    }

    public ValueTask DisposeAsync()
    {
        _folder.Delete(recursive: true);
        return ValueTask.CompletedTask;
    }

    /// <summary>What the parser says of each text, in order.</summary>
    internal async Task<IReadOnlyList<Verdict>> ParseAsync(params IEnumerable<string> texts)
    {
        Samples.Need(Requirements.Node);
        var files = new List<string>();
        foreach (var text in texts)
        {
            files.Add(Path.Combine(_folder.FullName, $"document-{files.Count}"));
            await File.WriteAllTextAsync(files[^1], text);
        }

        var (exitCode, output, error) = await Samples.RunAsync("node", ["check.js", .. files], _folder.FullName);
        Assert.True(exitCode == 0, error);
        return [.. output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => JsonSerializer.Deserialize<Verdict>(line, JsonSerializerOptions.Web)!)];
    }
}

/// <summary>What the parser made of a document.</summary>
internal sealed record Verdict(bool Read, IReadOnlyList<string> Problems, IReadOnlyList<ParsedOperation> Operations);

/// <summary>An operation as the parser understood it, every reference followed.</summary>
internal sealed record ParsedOperation(
    string Id, string Action, IReadOnlyList<string?> Channels, IReadOnlyList<string> Messages, IReadOnlyList<string> Answers, IReadOnlyList<JsonElement> Payloads);
