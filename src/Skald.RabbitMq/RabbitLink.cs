using Microsoft.Extensions.Logging;
using RabbitMQ.Client;
using Skald.Messaging;

namespace Skald.RabbitMq;

/// <summary>One connection that comes back by itself, after 0.2 to 1 second at a time.</summary>
internal sealed class RabbitLink(string uri, string purpose, RabbitMqOptions options, TimeProvider time, ILogger logger, GivenUp givenUp) : IAsyncDisposable
{
    private readonly CancellationTokenSource _stopping = new();
    private readonly Lock _lock = new();
    private TaskCompletionSource<IConnection> _connected = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private volatile string? _broken = "RabbitMQ is not connected yet.";
    private volatile string? _blocked;
    private Task? _running;

    /// <summary>Why there is no connection, or none that takes messages; null when all is well.</summary>
    public string? Problem => _broken ?? _blocked;

    /// <summary>Connects for the first time.</summary>
    /// <exception cref="TransportSetupException">It does not work; says why.</exception>
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        if (_running is not null)
        {
            return;
        }

        var broker = new BrokerAddress(uri, purpose, options);
        try
        {
            var (connection, lost) = await ConnectAsync(broker, cancellationToken).ConfigureAwait(false);
            _running = Task.Run(() => KeepAsync(broker, connection, lost), CancellationToken.None);
        }
        catch (Exception exception) when (exception is not OperationCanceledException)
        {
            throw new TransportSetupException(SetupFailures.Line(broker, exception), exception);
        }
    }

    /// <summary>The connection, as soon as there is one.</summary>
    public Task<IConnection> ConnectionAsync(CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            return _connected.Task.WaitAsync(cancellationToken);
        }
    }

    /// <summary>Gives a connection up on which the broker does not answer; another takes its place.</summary>
    public Task DropAsync(IConnection connection) => givenUp.AbortAsync(connection);

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync().ConfigureAwait(false);
        if (_running is not null)
        {
            await _running.ConfigureAwait(false);
        }

        _stopping.Dispose();
    }

    /// <summary>A wait of 0.2 to 1 second, so that the clients of a broker do not come back in step.</summary>
    public static Task BackOffAsync(TimeProvider time, CancellationToken cancellationToken) =>
        Task.Delay(TimeSpan.FromMilliseconds(200 + (time.GetTimestamp() / 64 % 800)), time, cancellationToken);

    private async Task KeepAsync(BrokerAddress broker, IConnection connection, Task<string> lost)
    {
        while (true)
        {
            await Task.WhenAny(lost, Task.Delay(Timeout.InfiniteTimeSpan, time, _stopping.Token)).ConfigureAwait(false);
            if (_stopping.IsCancellationRequested)
            {
                await givenUp.CloseAsync(connection).ConfigureAwait(false);
                return;
            }

            _broken = $"{broker} was lost: {await lost.ConfigureAwait(false)}";
            logger.ConnectionLost(_broken);
            lock (_lock)
            {
                _connected = new TaskCompletionSource<IConnection>(TaskCreationOptions.RunContinuationsAsynchronously);
            }

            await givenUp.CloseAsync(connection).ConfigureAwait(false);
            if (await ReconnectAsync(broker).ConfigureAwait(false) is not { } again)
            {
                return;
            }

            (connection, lost) = again;
            logger.ConnectedAgain(connection.Endpoint.HostName, connection.Endpoint.Port);
        }
    }

    private async Task<(IConnection Connection, Task<string> Lost)?> ReconnectAsync(BrokerAddress broker)
    {
        while (!_stopping.IsCancellationRequested)
        {
            try
            {
                return await ConnectAsync(broker, _stopping.Token).ConfigureAwait(false);
            }
            catch (Exception exception) when (!_stopping.IsCancellationRequested)
            {
                Say(SetupFailures.Line(broker, exception));
                await BackOffAsync(time, _stopping.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
            catch (OperationCanceledException)
            {
                break;
            }
        }

        return null;
    }

    private async Task<(IConnection Connection, Task<string> Lost)> ConnectAsync(BrokerAddress broker, CancellationToken cancellationToken)
    {
        var connection = await broker.ConnectAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            // RabbitMQ.Client 7.2.2 does not wait for the broker's word on the virtual host; a first channel does.
            var first = await connection.CreateChannelAsync(cancellationToken: cancellationToken).ConfigureAwait(false);
            await givenUp.CloseAsync(first).ConfigureAwait(false);
        }
        catch (Exception)
        {
            await givenUp.CloseAsync(connection).ConfigureAwait(false);
            throw;
        }

        var lost = new TaskCompletionSource<string>(TaskCreationOptions.RunContinuationsAsynchronously);
        connection.ConnectionShutdownAsync += (_, reason) =>
        {
            lost.TrySetResult(SetupFailures.OneLine(reason.ReplyText));
            return Task.CompletedTask;
        };
        connection.ConnectionBlockedAsync += (_, blocked) =>
        {
            _blocked = $"{broker} takes no messages: {SetupFailures.OneLine(blocked.Reason)}";
            logger.ConnectionBlocked(_blocked);
            return Task.CompletedTask;
        };
        connection.ConnectionUnblockedAsync += (_, _) =>
        {
            _blocked = null;
            return Task.CompletedTask;
        };
        if (!connection.IsOpen)
        {
            lost.TrySetResult("it closed at once");
        }

        (_broken, _blocked) = (null, null);
        lock (_lock)
        {
            _connected.TrySetResult(connection);
        }

        return (connection, lost.Task);
    }

    /// <summary>Once for each reason, not for every attempt.</summary>
    private void Say(string problem)
    {
        if (problem != _broken)
        {
            logger.ConnectionLost(problem);
            _broken = problem;
        }
    }
}
