namespace Playground;

/// <summary>Where this Playground runs, for commands that people copy.</summary>
/// <param name="Data">Its data folder.</param>
/// <param name="Address">Its address, without a slash at the end.</param>
public sealed record Place(string Data, string Address)
{
    /// <summary>A CLI command on this Playground's data, from the repository's root.</summary>
    public string Cli(string project, string verb) => $"dotnet run --project samples/{project} -- {verb} --data '{Data}'";
}
