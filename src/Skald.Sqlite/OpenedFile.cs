using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace Skald.Sqlite;

/// <summary>
/// A database file as it was when a connection opened it, with its log. SQLite goes on writing to files that have been deleted, moved or replaced; what it
/// commits there is gone with the process.
/// </summary>
internal sealed class OpenedFile
{
    private readonly string _file;
    private readonly string _log;
    private readonly FileIdentity? _fileThen;
    private readonly FileIdentity? _logThen;

    /// <param name="file">Its full path.</param>
    public OpenedFile(string file)
    {
        (_file, _log) = (file, file + "-wal");
        (_fileThen, _logThen) = (FileIdentity.Of(_file), FileIdentity.Of(_log));
    }

    /// <summary>Call it before each commit.</summary>
    /// <exception cref="SqliteException">It is not where it was; it has to be put back, or the process started again.</exception>
    public void ThrowIfMoved()
    {
        ThrowIfFileMoved();
        if (FileIdentity.Of(_log) != _logThen)
        {
            throw Moved(_log);
        }
    }

    /// <summary>Call it before the file is opened again, when its log may have gone with the last connection.</summary>
    /// <exception cref="SqliteException">As above.</exception>
    public void ThrowIfFileMoved()
    {
        if (FileIdentity.Of(_file) != _fileThen)
        {
            throw Moved(_file);
        }
    }

    private static SqliteException Moved(string path) => new(
        $"'{Path.GetFileName(path)}' was deleted, moved or replaced while it was in use, and what is written would be lost. Put it back; if it cannot be put back, stop this program, restore a backup, and start it again.",
        raw.SQLITE_IOERR);
}
