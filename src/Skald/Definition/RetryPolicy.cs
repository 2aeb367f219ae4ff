namespace Skald.Definition;

/// <summary>How often something is tried again, and how long to wait in between.</summary>
/// <param name="Retries">Tries after the first; 0 for none.</param>
/// <param name="Delay">Before the first retry.</param>
/// <param name="MaxDelay">The delay doubles with each retry up to this; equal to <paramref name="Delay"/> for a fixed one.</param>
public sealed record RetryPolicy(int Retries, TimeSpan Delay, TimeSpan MaxDelay)
{
    /// <summary>No retry.</summary>
    public static readonly RetryPolicy None = new(0, TimeSpan.Zero, TimeSpan.Zero);

    /// <summary>For steps after the pivot and for undoing: 12 tries in about seven minutes, then the saga is parked.</summary>
    public static readonly RetryPolicy Persistent = new(11, TimeSpan.FromSeconds(1), TimeSpan.FromMinutes(1));

    /// <summary>The wait before retry <paramref name="retry"/> (1 for the first).</summary>
    public TimeSpan DelayBefore(int retry)
    {
        var doubled = Delay * Math.Pow(2, Math.Min(retry - 1, 30));
        return doubled < MaxDelay ? doubled : MaxDelay;
    }
}
