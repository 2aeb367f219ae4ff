using Microsoft.Extensions.Logging;

namespace Skald.Sqlite;

/// <summary>
/// A lock that the operating system releases at the moment its process dies, however it dies: what the process had taken
/// is free at once, without waiting for the lease.
/// </summary>
internal sealed class OwnerLock : IDisposable
{
    private readonly FileStream _file;
    private readonly ILogger _logger;

    private OwnerLock(FileStream file, ILogger logger) => (_file, _logger) = (file, logger);

    public static OwnerLock Hold(string broker, long owner, ILogger logger) =>
        new(PrivateFile.Open(PathOf(broker, owner), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None), logger);

    /// <summary>True when the owner is certainly gone. False when it lives, or when this cannot be told.</summary>
    public static bool IsAbandoned(string broker, long owner)
    {
        var path = PathOf(broker, owner);
        try
        {
            // Reading is enough to try: the file may be another user's.
            using (new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.None))
            {
            }
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // This is how one that lives looks.
            return false;
        }

        try
        {
            File.Delete(path);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // A file nobody holds does no harm.
        }

        return true;
    }

    public static bool IsThere(string broker, long owner) => File.Exists(PathOf(broker, owner));

    /// <summary>True when the owner is certainly gone, of whom it is known that it has held its lock before anybody heard of it.</summary>
    public static bool IsGone(string broker, long owner) => !File.Exists(PathOf(broker, owner)) || IsAbandoned(broker, owner);

    public void Dispose()
    {
        var path = _file.Name;
        _file.Dispose();
        try
        {
            File.Delete(path);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // A file nobody holds does no harm.
            _logger.OwnerFileLeftBehind(path, exception);
        }
    }

    private static string PathOf(string broker, long owner) => $"{broker}.owner-{owner}";
}
