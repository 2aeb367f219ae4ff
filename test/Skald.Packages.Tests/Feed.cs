using System.Globalization;

[assembly: AssemblyFixture(typeof(Skald.Packages.Tests.Feed))]

namespace Skald.Packages.Tests;

/// <summary>All packages, packed once from what is built, in a folder that a new project can restore from.</summary>
public sealed class Feed : IAsyncLifetime
{
    private readonly string _folder = Directory.CreateTempSubdirectory("skald-packages-").FullName;

    /// <summary>Where the repository is.</summary>
    public static string Root { get; } = FindRoot();

    /// <summary>The packages of the repository: the projects in <c>src</c> and <c>templates</c>, except those that travel in another's package.</summary>
    public static IReadOnlyList<string> Projects { get; } =
        [.. new[] { "src", "templates" }.SelectMany(folder => Directory.GetDirectories(Path.Combine(Root, folder))).SelectMany(folder => Directory.GetFiles(folder, "*.csproj"))
            .Where(project => !System.IO.File.ReadAllText(project).Contains("<IsPackable>false", StringComparison.Ordinal)).Order(StringComparer.Ordinal)];

    /// <summary>The version of all packages: one that there never was before, so that no cache knows it.</summary>
    public string Version { get; } = "0.0.0-t" + TimeProvider.System.GetUtcNow().Ticks.ToString(CultureInfo.InvariantCulture);

    /// <summary>Where the packages are.</summary>
    public string Packages => Path.Combine(_folder, "feed");

    /// <summary>Where <c>dotnet new</c> keeps what is installed.</summary>
    public string Hive => Path.Combine(_folder, "hive");

    /// <summary>A package's file.</summary>
    public string File(string id, string extension = "nupkg") => Path.Combine(Packages, $"{id}.{Version}.{extension}");

    /// <summary>A new folder for a project that restores from here.</summary>
    public string NewFolder(string name) => Directory.CreateDirectory(Path.Combine(_folder, "work", name)).FullName;

    /// <summary>Packs projects as they are built.</summary>
    public Task PackAsync(string what, string into, params IEnumerable<string> more) => Dotnet.RunAsync(
        Root, ["pack", what, "--no-build", "-c", Configuration, "-o", into, $"-p:NuspecOutputPath={_folder}/nuspec/", "-v", "quiet", "-warnaserror", .. more]);

    /// <inheritdoc/>
    public async ValueTask InitializeAsync()
    {
        // What is not ours is where the build of this solution has put it; nothing is fetched.
        var others = Environment.GetEnvironmentVariable("NUGET_PACKAGES") ?? Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".nuget", "packages");
        await System.IO.File.WriteAllTextAsync(Path.Combine(_folder, "nuget.config"), $"""
            <configuration>
              <config><add key="globalPackagesFolder" value="packages" /></config>
              <packageSources><clear /><add key="packed" value="feed" /></packageSources>
              <fallbackPackageFolders><clear /><add key="others" value="{others}" /></fallbackPackageFolders>
            </configuration>
            """);
        await PackAsync("Skald.slnx", Packages, $"-p:Version={Version}");
        await Dotnet.RunAsync(_folder, "new", "install", File("Skald.Templates"), "--debug:custom-hive", Hive);
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync()
    {
        Directory.Delete(_folder, recursive: true);
        return default;
    }

    // The tests are in bin/Release/net10.0 when Release is what was built.
    private static string Configuration => new DirectoryInfo(AppContext.BaseDirectory).Parent!.Name;

    private static string FindRoot()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!System.IO.File.Exists(Path.Combine(folder.FullName, "Skald.slnx")))
        {
            folder = folder.Parent ?? throw new InvalidOperationException($"No folder above {AppContext.BaseDirectory} has Skald.slnx.");
        }

        return folder.FullName;
    }
}
