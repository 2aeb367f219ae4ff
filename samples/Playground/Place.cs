namespace Playground;

/// <summary>Where this Playground runs, for commands that people copy.</summary>
/// <param name="Data">Its data folder.</param>
/// <param name="Address">Its address, without a slash at the end.</param>
public sealed record Place(string Data, string Address)
{
    /// <summary>A CLI command on this Playground's data, from the repository's root.</summary>
    public string Cli(string project, string verb) => $"dotnet run --project samples/{project} -- {verb} --data {Quoted(Data)}";

    /// <summary>A word for the shell, whatever is in it.</summary>
    public static string Quoted(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        return $"'{text.Replace("'", @"'\''", StringComparison.Ordinal)}'";
    }
}
