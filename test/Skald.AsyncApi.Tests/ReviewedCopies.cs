namespace Skald.AsyncApi.Tests;

/// <summary>What each service says was read by a person: the copies in docs/asyncapi.</summary>
public sealed class The_reviewed_copies
{
    private const string Update = "SKALD_ASYNCAPI=write";

    private static readonly string Folder = Path.Combine(Samples.Root, "docs", "asyncapi");

    public static TheoryData<string> Services => Samples.Names;

    [Theory, MemberData(nameof(Services))]
    public async Task Are_what_the_services_say(string service)
    {
        var file = Path.Combine(Folder, service + ".yaml");
        var now = await Samples.PrintAsync(service, "--yaml");
        if (Environment.GetEnvironmentVariable("SKALD_ASYNCAPI") == "write")
        {
            Directory.CreateDirectory(Folder);
            await File.WriteAllTextAsync(file, now);
        }

        var reviewed = File.Exists(file) ? await File.ReadAllTextAsync(file) : "";
        Assert.True(now == reviewed, Difference(service, reviewed.Split('\n'), now.Split('\n')));
    }

    [Fact]
    public void Are_one_per_service()
    {
        Assert.Equal(Samples.Modules.Select(m => m.FullName + ".yaml").Order(), Directory.GetFiles(Folder, "*.yaml").Select(Path.GetFileName).Order());
        Assert.True(Samples.Modules.Count >= 7, "Some system's services do not lie beside the tests.");
    }

    private static string Difference(string service, string[] reviewed, string[] now)
    {
        var line = reviewed.Zip(now).TakeWhile(pair => pair.First == pair.Second).Count();
        return $"""
            docs/asyncapi/{service}.yaml is not what {service} says. They part at line {line + 1}:
              reviewed: {reviewed.ElementAtOrDefault(line) ?? "(no more)"}
              now:      {now.ElementAtOrDefault(line) ?? "(no more)"}
            If the change is meant, write the copies again and review the difference:
              {Update} dotnet test/Skald.AsyncApi.Tests/bin/Release/net10.0/Skald.AsyncApi.Tests.dll -class Skald.AsyncApi.Tests.The_reviewed_copies
              git diff docs/asyncapi
            """;
    }
}
