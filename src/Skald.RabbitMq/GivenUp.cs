using Microsoft.Extensions.Logging;
using RabbitMQ.Client;

namespace Skald.RabbitMq;

/// <summary>Tidies up what is of no use any more: whatever goes wrong with that, and however long it takes, nobody waits for it.</summary>
internal sealed class GivenUp(TimeProvider time, ILogger logger)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    /// <param name="what">What is done, for the log.</param>
    /// <param name="tidy">Does it.</param>
    public async Task WithinAsync(string what, Func<Task> tidy)
    {
        try
        {
            await Task.Run(tidy).WaitAsync(Patience, time).ConfigureAwait(false);
        }
        catch (Exception exception)
        {
            logger.NotTidied(what, exception);
        }
    }

    public Task CloseAsync(IChannel channel) => WithinAsync("Closing a channel", () => channel.DisposeAsync().AsTask());

    public Task AbortAsync(IConnection connection) => WithinAsync("Giving a connection up", () => connection.AbortAsync(TimeSpan.FromMilliseconds(250)));

    public Task CloseAsync(IConnection connection) => WithinAsync("Closing a connection", async () =>
    {
        await connection.AbortAsync(TimeSpan.FromMilliseconds(250)).ConfigureAwait(false);
        await connection.DisposeAsync().ConfigureAwait(false);
    });
}
