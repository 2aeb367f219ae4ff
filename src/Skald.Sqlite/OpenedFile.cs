using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace Skald.Sqlite;

/// <summary>
/// A database file as it was when a connection opened it, with its log. SQLite goes on writing to files that have been deleted, moved or replaced; what it
/// commits there is gone with the process. Another connection that opens such a pair mixes two databases.
/// </summary>
internal sealed class OpenedFile
{
    private readonly string _file;
    private readonly string _log;
    private readonly FileIdentity _fileThen;
    private readonly FileIdentity _logThen;

    /// <param name="file">Its full path.</param>
    public OpenedFile(string file)
    {
        // The log lies beside what a link leads to.
        (_file, _log) = (file, (File.ResolveLinkTarget(file, returnFinalTarget: true)?.FullName ?? file) + "-wal");
        (_fileThen, _logThen) = (FileIdentity.Of(_file), FileIdentity.Of(_log));
    }

    /// <summary>Call it before each commit, and before another connection is opened.</summary>
    /// <exception cref="SqliteException">It is not where it was; it has to be put back, or the process started again.</exception>
    public void ThrowIfMoved()
    {
        ThrowIfFileMoved();
        if (FileIdentity.Of(_log).IsNot(_logThen))
        {
            throw Moved(_log, "stop this program in order and start it again: it writes its log into the file when it stops");
        }
    }

    /// <summary>Call it before the file is opened again, when its log may have gone with the last connection.</summary>
    /// <exception cref="SqliteException">As above.</exception>
    public void ThrowIfFileMoved()
    {
        if (FileIdentity.Of(_file).IsNot(_fileThen))
        {
            var name = Path.GetFileName(_file);
            throw Moved(_file, $"stop this program, remove '{name}-wal' and '{name}-shm', restore a backup, and start it again");
        }
    }

    private static SqliteException Moved(string path, string otherwise) => new(
        $"'{Path.GetFileName(path)}' was deleted, moved or replaced while it was in use, and what is written would be lost. Put it back; if it cannot be put back, {otherwise}.",
        raw.SQLITE_IOERR);
}
