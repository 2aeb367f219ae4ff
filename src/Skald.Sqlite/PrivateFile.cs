namespace Skald.Sqlite;

/// <summary>Files and folders that are made for a database are its owner's alone (0600, 0700). Whoever wants others to share them makes them first.</summary>
internal static class PrivateFile
{
    private const UnixFileMode Owner = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    /// <summary>The folder of a file, and the folders it lies in.</summary>
    /// <exception cref="IOException">It cannot be made.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be made.</exception>
    public static void MakeFolderOf(string file)
    {
        if (Path.GetDirectoryName(file) is not { Length: > 0 } folder || Directory.Exists(folder))
        {
            return;
        }

        // Each by itself: a mode is given to the last one only.
        MakeFolderOf(folder);
        if (OperatingSystem.IsWindows())
        {
            Directory.CreateDirectory(folder);
        }
        else
        {
            Directory.CreateDirectory(folder, Owner | UnixFileMode.UserExecute);
        }
    }

    /// <summary>
    /// Makes an empty file where there is none. One that is there is not even opened: closing it would give up the locks that SQLite holds on it in this process.
    /// What SQLite makes beside it gets its mode.
    /// </summary>
    /// <exception cref="IOException">It cannot be made.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be made.</exception>
    public static void Make(string file)
    {
        if (File.Exists(file))
        {
            return;
        }

        try
        {
            Open(file, FileMode.CreateNew, FileAccess.Write, FileShare.ReadWrite | FileShare.Delete).Dispose();
        }
        catch (IOException) when (File.Exists(file))
        {
            // Another has made it.
        }
    }

    /// <summary>Opens a file, and makes it private if it makes it.</summary>
    public static FileStream Open(string file, FileMode mode, FileAccess access, FileShare share)
    {
        var options = new FileStreamOptions { Mode = mode, Access = access, Share = share, BufferSize = 0 };
        if (!OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = Owner;
        }

        return new FileStream(file, options);
    }
}
