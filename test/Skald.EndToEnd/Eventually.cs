namespace Skald.EndToEnd;

/// <summary>Waits for what other processes do.</summary>
internal static class Eventually
{
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(30);

    /// <summary>Asks again until it is so.</summary>
    /// <param name="what">What is waited for.</param>
    /// <param name="ask">Whether it is so.</param>
    /// <param name="seen">What else was to be seen, for whoever has to find out why it was not so.</param>
    /// <exception cref="TimeoutException">It was not so within half a minute.</exception>
    public static async Task TrueAsync(string what, Func<Task<bool>> ask, Func<string>? seen = null)
    {
        using var limit = new CancellationTokenSource(Longest);
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(50));
        while (!await ask())
        {
            try
            {
                await timer.WaitForNextTickAsync(limit.Token);
            }
            catch (OperationCanceledException)
            {
                throw new TimeoutException($"Not within {Longest.TotalSeconds} s: {what}.{(seen is null ? "" : "\n" + seen())}");
            }
        }
    }
}
