using Microsoft.Extensions.Logging;
using Npgsql;

namespace Skald.PostgreSql;

/// <summary>A connection that listens on one channel and comes back by itself.</summary>
/// <param name="connectionString">For a connection of its own.</param>
/// <param name="channel">Made of a checked name.</param>
/// <param name="greet">Called with each new connection, before it is waited on.</param>
/// <param name="lost">Called when a connection has ended.</param>
/// <param name="heard">Called with each notification's payload, and with null after each connecting: something may have been missed.</param>
/// <param name="logger">Told when it has to connect again.</param>
internal sealed class Listener(
    string connectionString, string channel, Func<NpgsqlConnection, CancellationToken, Task> greet, Action lost, Action<string?> heard, ILogger logger) : IAsyncDisposable
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(250);
    private readonly CancellationTokenSource _stopping = new();
    private Task? _running;
    private bool _isLost;

    public void Start() => _running ??= Task.Run(RunAsync);

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync().ConfigureAwait(false);
        if (_running is not null)
        {
            await _running.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        _stopping.Dispose();
    }

    private async Task RunAsync()
    {
        while (!_stopping.IsCancellationRequested)
        {
            try
            {
                await ListenAsync(_stopping.Token).ConfigureAwait(false);
            }
            catch (Exception exception) when (!_stopping.IsCancellationRequested)
            {
                lost();
                // Whatever it was, the next connection is the remedy.
                Say(exception);
                await Task.Delay(Pause, TimeProvider.System, _stopping.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    private async Task ListenAsync(CancellationToken cancellationToken)
    {
        var connection = new NpgsqlConnection(connectionString);
        await using (connection.ConfigureAwait(false))
        {
            await connection.OpenAsync(cancellationToken).ConfigureAwait(false);
            connection.Notification += (_, notification) => heard(notification.Payload);
            await SchemaUpdate.RunAsync(connection, $"LISTEN \"{channel}\"", cancellationToken).ConfigureAwait(false);
            await greet(connection, cancellationToken).ConfigureAwait(false);
            _isLost = false;
            heard(null);
            while (true)
            {
                if (!await connection.WaitAsync(PostgresAddress.PingEvery, cancellationToken).ConfigureAwait(false))
                {
                    // So that each side knows of the other.
                    await SchemaUpdate.RunAsync(connection, "SELECT 1", cancellationToken).ConfigureAwait(false);
                }
            }
        }
    }

    /// <summary>Once for each time that it is lost, not for every attempt to come back.</summary>
    private void Say(Exception exception)
    {
        if (!_isLost)
        {
            _isLost = true;
            logger.ListenerLost(channel, exception);
        }
    }
}
