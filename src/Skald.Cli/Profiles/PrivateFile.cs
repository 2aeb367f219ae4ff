namespace Skald.Cli.Profiles;

/// <summary>Files that are one person's.</summary>
internal static class PrivateFile
{
    private const UnixFileMode OwnerAlone = UnixFileMode.UserRead | UnixFileMode.UserWrite;
    private const UnixFileMode ReadByOthers = UnixFileMode.GroupRead | UnixFileMode.OtherRead;
    private const UnixFileMode WrittenByOthers = UnixFileMode.GroupWrite | UnixFileMode.OtherWrite;

    /// <summary>Replaces a file whole, so that a crash leaves the old one or the new one.</summary>
    public static void Write(string path, string text)
    {
        // It is null for a root alone.
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        var draft = $"{path}.{Environment.ProcessId}.new";
        var options = new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = OwnerAlone;
        }

        using (var writer = new StreamWriter(draft, options))
        {
            writer.Write(text);
        }

        File.Move(draft, path, overwrite: true);
    }

    /// <summary>Whoever may write it chooses the server that gets the token.</summary>
    public static void DemandOthersCannotWrite(string path) => Demand(path, WrittenByOthers, "change");

    /// <summary>Whoever may read it has the token.</summary>
    public static void DemandOthersCannotRead(string path) => Demand(path, ReadByOthers | WrittenByOthers, "read or change");

    private static void Demand(string path, UnixFileMode not, string what)
    {
        // On Windows a person's folders are theirs by inheritance.
        if (!OperatingSystem.IsWindows() && (File.GetUnixFileMode(path) & not) != 0)
        {
            throw new CliException(
                ExitCode.Usage, $"{path} is not used.", $"Others may {what} it.", $"chmod 600 '{path}'");
        }
    }
}
