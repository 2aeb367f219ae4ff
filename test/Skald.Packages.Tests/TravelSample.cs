namespace Skald.Packages.Tests;

/// <summary><c>samples/Travel</c> as a user has it: copied away from the repository, and built on packages alone.</summary>
public sealed class TravelSample(Feed feed) : IAsyncLifetime
{
    private static readonly string[] s_left = ["bin", "obj", "data", "nuget.config"];

    /// <summary>Where its executable is built.</summary>
    public string Project => Path.Combine(_folder, "Travel");

    private readonly string _folder = feed.NewFolder("travel");

    /// <summary>A folder for what a run of it writes.</summary>
    public string NewData(string name) => feed.NewFolder("travel-" + name);

    /// <inheritdoc/>
    public async ValueTask InitializeAsync()
    {
        Copy(Path.Combine(Feed.Root, "samples", "Travel"), _folder);
        await Dotnet.RunAsync(_folder, "build", "-warnaserror", $"-p:SkaldVersion={feed.Version}");
    }

    /// <summary>Runs its own tests.</summary>
    /// <returns>What they said.</returns>
    public Task<string> TestAsync() => Dotnet.RunAsync(_folder, "test", "--no-build");

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => default;

    private static void Copy(string from, string to)
    {
        foreach (var file in Directory.GetFiles(from).Where(IsOfIt))
        {
            File.Copy(file, Path.Combine(to, Path.GetFileName(file)));
        }

        foreach (var folder in Directory.GetDirectories(from).Where(IsOfIt))
        {
            Copy(folder, Directory.CreateDirectory(Path.Combine(to, Path.GetFileName(folder))).FullName);
        }
    }

    private static bool IsOfIt(string path) => !s_left.Contains(Path.GetFileName(path));
}
