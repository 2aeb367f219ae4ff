namespace Skald.Definition;

/// <summary>How often something is tried again, and how long to wait in between.</summary>
/// <param name="Retries">Tries after the first: 0, for none, to 1,000. Checked at start-up, as the delays are.</param>
/// <param name="Delay">Before the first retry: zero to 30 days.</param>
/// <param name="MaxDelay">The delay doubles with each retry up to this; equal to <paramref name="Delay"/> for a fixed one, at most 30 days.</param>
public sealed record RetryPolicy(int Retries, TimeSpan Delay, TimeSpan MaxDelay)
{
    /// <summary>No retry.</summary>
    public static readonly RetryPolicy None = new(0, TimeSpan.Zero, TimeSpan.Zero);

    /// <summary>For steps after the pivot and for undoing: 12 tries in about seven minutes, then the saga is parked.</summary>
    public static readonly RetryPolicy Persistent = new(11, TimeSpan.FromSeconds(1), TimeSpan.FromMinutes(1));

    /// <summary>The wait before retry <paramref name="retry"/> (1 for the first).</summary>
    public TimeSpan DelayBefore(int retry)
    {
        // In floating point: an hour doubled 28 times is more than a TimeSpan holds.
        var doubled = Delay.Ticks * Math.Pow(2, Math.Min(retry - 1, 30));
        return doubled < MaxDelay.Ticks ? TimeSpan.FromTicks((long)doubled) : MaxDelay;
    }
}
