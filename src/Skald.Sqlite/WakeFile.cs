using Microsoft.Extensions.Logging;

namespace Skald.Sqlite;

/// <summary>
/// Tells other processes that a database has something new for them: whoever wrote touches a file beside it, whoever
/// waits is told by the operating system.
/// </summary>
internal sealed class WakeFile(string path, Action woken, ILogger logger) : IDisposable
{
    private WakeFolder? _folder;

    public void Touch()
    {
        try
        {
            using var file = PrivateFile.Open(path, FileMode.Create, FileAccess.Write, FileShare.ReadWrite | FileShare.Delete);
            file.WriteByte(1);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // Only the hint is lost: the other process finds the work when its own timer looks.
            logger.WakeFileNotTouched(path, exception);
        }
    }

    public void Watch()
    {
        if (_folder is not null)
        {
            return;
        }

        // The folder of a full path is never null.
        _folder = WakeFolder.Rent(Path.GetDirectoryName(path)!, logger);
        _folder.Add(Path.GetFileName(path), woken);
    }

    public void Dispose()
    {
        if (_folder is not null)
        {
            _folder.Remove(Path.GetFileName(path), woken);
            WakeFolder.Return(_folder);
            _folder = null;
        }
    }
}
