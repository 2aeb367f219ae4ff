using Skald.Storage;

namespace Skald.Testing;

/// <summary>What a contract does while its ground's database is cut off, and after.</summary>
internal static class Outage
{
    private const int MostAttempts = 3;
    private static readonly TimeSpan LooksEvery = TimeSpan.FromMilliseconds(20);

    /// <summary>It is over when the store can be used again; it may need a moment.</summary>
    public static async Task EndsAsync(Func<Task> use)
    {
        using var patience = new CancellationTokenSource(Expect.Patience);
        using var look = new PeriodicTimer(LooksEvery);
        while (true)
        {
            try
            {
                await use();
                return;
            }
            catch (StoreUnavailableException)
            {
                await look.WaitForNextTickAsync(patience.Token);
            }
        }
    }

    /// <summary>What was cut works on another connection.</summary>
    public static async Task OnceMoreAsync(Func<Task> use)
    {
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                await use();
                return;
            }
            catch (StoreUnavailableException) when (attempt < MostAttempts)
            {
                // Cut; the next attempt takes another connection.
            }
        }
    }

    /// <summary>It works, or is cut in the middle, and says nothing else.</summary>
    public static async Task OrNothingAsync(Func<Task> use)
    {
        try
        {
            await use();
        }
        catch (StoreUnavailableException)
        {
            // Cut in the middle.
        }
    }
}
