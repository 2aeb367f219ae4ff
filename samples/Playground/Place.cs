using Skald;

namespace Playground;

/// <summary>Where this Playground runs, for commands that people copy.</summary>
/// <param name="Settings">Its data folder, store and broker.</param>
/// <param name="Address">Its address, without a slash at the end.</param>
public sealed record Place(SkaldSettings Settings, string Address)
{
    /// <summary>A CLI command on this Playground's data, from the repository's root.</summary>
    public string Cli(string project, string verb) => $"dotnet run --project samples/{project} -- {verb} --data '{Settings.Data}'";
}
