using Skald.Testing;
using Xunit;

namespace Skald;

/// <summary>Waits for what no signal tells.</summary>
internal static class Eventually
{
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    /// <param name="what">A sentence for the failure.</param>
    /// <param name="holds">Looked at every few milliseconds.</param>
    /// <param name="time">A clock to move on a little before each look.</param>
    /// <param name="step">How far.</param>
    public static async Task HoldsAsync(string what, Func<Task<bool>> holds, FakeTime? time = null, TimeSpan step = default)
    {
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(5));
        using var patience = new CancellationTokenSource(Patience);
        while (!await holds())
        {
            try
            {
                await timer.WaitForNextTickAsync(patience.Token);
            }
            catch (OperationCanceledException)
            {
                Assert.Fail($"It should hold by now that {what}.");
            }

            time?.Advance(step);
        }
    }
}
