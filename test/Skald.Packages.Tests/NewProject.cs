namespace Skald.Packages.Tests;

/// <summary>A project from a template, as a user makes it.</summary>
internal static class NewProject
{
    private static readonly string[] s_placeholders = ["Skald-", "Skald_", "saga-system", "service-name", "SKALD_VERSION", "#if", "#endif"];

    /// <returns>Its folder.</returns>
    public static async Task<string> MakeAsync(Feed feed, string template, string name, params string[] options)
    {
        var folder = Path.Combine(feed.NewFolder(template + string.Concat(options)), name);
        await Dotnet.RunAsync(Path.GetDirectoryName(folder)!, ["new", template, "-n", name, "--debug:custom-hive", feed.Hive, .. options]); // It has a parent.
        foreach (var file in Directory.GetFiles(folder, "*", SearchOption.AllDirectories))
        {
            var text = $"{file}\n{await File.ReadAllTextAsync(file)}";
            Assert.All(s_placeholders, placeholder => Assert.DoesNotContain(placeholder, text));
        }

        return folder;
    }

    public static async Task BuildAndTestAsync(string folder, int passed)
    {
        await Dotnet.RunAsync(folder, "build", "-warnaserror");
        var said = await Dotnet.RunAsync(folder, "test", "--no-build");
        Assert.Contains($"Passed:     {passed}, Skipped:     0, Total:     {passed}", said);
    }
}
