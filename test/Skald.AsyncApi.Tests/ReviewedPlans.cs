namespace Skald.AsyncApi.Tests;

/// <summary>What a change of the samples' sagas would mean for those under way is looked at before it is made.</summary>
public sealed class The_reviewed_plans
{
    private static readonly string Folder = Path.Combine(Samples.Root, "docs", "plans");

    public static TheoryData<string> Services => Samples.Names;

    [Theory, MemberData(nameof(Services))]
    public async Task Are_those_of_the_samples(string service)
    {
        var file = Path.Combine(Folder, service + ".json");
        if (Environment.GetEnvironmentVariable("SKALD_PLANS") == "write" || !File.Exists(file))
        {
            Assert.Equal(0, (await Samples.RunServiceAsync(service, "plan", "save", "--file", file)).ExitCode);
            if ((await File.ReadAllTextAsync(file)).Contains("\"plans\": []", StringComparison.Ordinal))
            {
                // It runs no sagas.
                File.Delete(file);
                return;
            }

            Assert.True(Environment.GetEnvironmentVariable("SKALD_PLANS") == "write", $"{file} was missing, and is there now: review it.");
        }

        var (exitCode, output, error) = await Samples.RunServiceAsync(service, "plan", "check", "--file", file);
        Assert.True(
            exitCode == 0 && output.StartsWith("Nothing has changed", StringComparison.Ordinal),
            $"{output}{error}\nIf the change is meant and nothing of it parks what is under way: SKALD_PLANS=write dotnet test/Skald.AsyncApi.Tests/bin/Release/net10.0/Skald.AsyncApi.Tests.dll -class Skald.AsyncApi.Tests.The_reviewed_plans");
    }

    [Fact]
    public async Task Are_refused_where_they_are_missing_broken_or_of_another_service()
    {
        const string Service = "food-orders.order";
        var folder = Directory.CreateTempSubdirectory("skald-plans-");
        try
        {
            var file = Path.Combine(folder.FullName, "plan.json");
            await RefusesAsync("There is no file");
            await File.WriteAllTextAsync(file, "{");
            await RefusesAsync("cannot be read");
            await File.WriteAllTextAsync(file, "{}");
            await RefusesAsync("holds the plans of ''");
            Assert.Equal(0, (await Samples.RunServiceAsync(Service, "plan", "save", "--file", file)).ExitCode);
            await File.WriteAllTextAsync(file, (await File.ReadAllTextAsync(file)).Replace("\"authorize card\"", "\"authorise card\"", StringComparison.Ordinal));
            var (exitCode, output, _) = await Samples.RunServiceAsync(Service, "plan", "check", "--file", file, "--json");
            Assert.Equal(1, exitCode);
            Assert.Contains("\"would be parked\"", output, StringComparison.Ordinal);

            async Task RefusesAsync(string why)
            {
                var (code, _, error) = await Samples.RunServiceAsync(Service, "plan", "check", "--file", file);
                Assert.Equal(1, code);
                Assert.Contains(why, Assert.Single(error.Split('\n', StringSplitOptions.RemoveEmptyEntries)), StringComparison.Ordinal);
            }
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }
}
