namespace Skald.RabbitMq;

/// <summary>Tidies up what is of no use any more: whatever goes wrong with that, and however long it takes, nobody waits for it.</summary>
internal static class GivenUp
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    public static async Task WithinAsync(TimeProvider time, Func<Task> tidy) =>
        await Task.Run(tidy).WaitAsync(Patience, time).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
}
