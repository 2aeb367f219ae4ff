namespace Skald.Sqlite;

/// <summary>
/// A lock that the operating system releases at the moment its process dies, however it dies: what the process had taken
/// is free at once, without waiting for the lease.
/// </summary>
internal sealed class OwnerLock : IDisposable
{
    private readonly FileStream _file;

    private OwnerLock(FileStream file) => _file = file;

    public static OwnerLock Hold(string broker, long owner) =>
        new(new FileStream(PathOf(broker, owner), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None));

    /// <summary>True when the owner is certainly gone. False when it lives, or when this cannot be told.</summary>
    public static bool IsAbandoned(string broker, long owner)
    {
        var path = PathOf(broker, owner);
        try
        {
            using (new FileStream(path, FileMode.Open, FileAccess.ReadWrite, FileShare.None))
            {
            }

            File.Delete(path);
            return true;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }

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
        }
    }

    private static string PathOf(string broker, long owner) => $"{broker}.owner-{owner}";
}
