using System.Text.Json;

namespace Skald.Cli.Profiles;

/// <summary>Where a person's profiles are kept.</summary>
internal sealed class ProfileFile(string folder)
{
    public string Path { get; } = System.IO.Path.Combine(folder, "profiles.json");

    public ProfileSet Read()
    {
        if (!File.Exists(Path))
        {
            return ProfileSet.Empty;
        }

        PrivateFile.DemandOthersCannotWrite(Path);
        try
        {
            return JsonSerializer.Deserialize(File.ReadAllText(Path), ProfileJson.Default.ProfileSet) is { Servers: not null } profiles ? profiles : ProfileSet.Empty;
        }
        catch (JsonException exception)
        {
            throw new CliException(ExitCode.Usage, $"{Path} cannot be read.", exception.Message, "Mend it, or delete it and add the servers again: skald profiles add NAME URL");
        }
    }

    public void Write(ProfileSet profiles) => PrivateFile.Write(Path, JsonSerializer.Serialize(profiles, ProfileJson.Default.ProfileSet) + "\n");
}
