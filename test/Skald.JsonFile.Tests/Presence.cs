namespace Skald.JsonFile;

/// <summary>That an instance lives: a lock file of its own, which the system frees when its process dies.</summary>
internal sealed class Presence(string path) : IDisposable
{
    private FileStream? _held;

    private long _number;

    /// <summary>This instance's number; 0 before it has joined.</summary>
    public long Number => IsKnown ? _number : 0;

    /// <summary>Whether the number is written.</summary>
    public bool IsKnown { get; set; }

    /// <summary>The plans that it knows; null for all.</summary>
    public string[]? Plans { get; set; }

    public bool Knows(string plan) => Plans is null || Plans.Contains(plan);

    /// <summary>Whether it is the first of those that joined and live.</summary>
    public bool IsFirst(IEnumerable<long> joined) => Number > 0 && joined.Where(number => !IsGone(number)).Min() == Number;

    public bool Hold(long number)
    {
        _held?.Dispose();
        _held = new FileStream(FileOf(number), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        _number = number;
        return true;
    }

    public bool IsGone(long number)
    {
        if (number == _number)
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
        (_held, IsKnown) = (null, false);
    }

    private string FileOf(long number) => $"{path}.process-{number}";
}
