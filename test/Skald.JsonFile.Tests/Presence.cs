namespace Skald.JsonFile;

/// <summary>That an instance lives: a lock file of its own, which the system frees when its process dies.</summary>
internal sealed class Presence(string path) : IDisposable
{
    private FileStream? _held;

    /// <summary>This instance's number; 0 before it has joined.</summary>
    public long Number { get; private set; }

    public void Hold(long number)
    {
        _held = new FileStream(FileOf(number), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        Number = number;
    }

    public bool IsGone(long number)
    {
        if (number == Number)
        {
            return false;
        }

        try
        {
            using var free = new FileStream(FileOf(number), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
            return true;
        }
        catch (IOException)
        {
            // This is how one that lives looks.
            return false;
        }
    }

    public void Dispose()
    {
        _held?.Dispose();
        (_held, Number) = (null, 0);
    }

    private string FileOf(long number) => $"{path}.process-{number}";
}
