using Xunit;

namespace Skald.Servers.Tests;

/// <summary>Asks again until something holds.</summary>
internal static class Eventually
{
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan LooksEvery = TimeSpan.FromMilliseconds(20);

    public static async Task HoldsAsync(Func<Task<bool>> holds, string what)
    {
        using var patience = new CancellationTokenSource(Patience);
        using var timer = new PeriodicTimer(LooksEvery);
        while (!await holds())
        {
            Assert.True(!patience.IsCancellationRequested, $"It should hold by now that {what}.");
            await timer.WaitForNextTickAsync();
        }
    }
}
