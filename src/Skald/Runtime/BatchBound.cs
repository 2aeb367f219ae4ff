namespace Skald.Runtime;

/// <summary>How much goes into a batch: so many, and fewer where what they load and write is large. It learns from the batch before.</summary>
internal sealed class BatchBound
{
    private const long MostBytes = 8 << 20;

    private readonly int _most;

    /// <param name="most">The most in any batch.</param>
    public BatchBound(int most) => Size = _most = most;

    public int Size { get; private set; }

    /// <summary>A batch was carried out.</summary>
    /// <param name="count">How much was in it.</param>
    /// <param name="bytes">What its states and messages took.</param>
    public void Learn(int count, long bytes)
    {
        if (bytes > MostBytes)
        {
            Size = (int)Math.Max(1, count * MostBytes / bytes);
        }
        else if (count >= Size && bytes < MostBytes / 2)
        {
            // It was full, and small.
            Size = Math.Min(_most, Size * 2);
        }
    }
}
