using System.Diagnostics;
using Skald.Messaging;

namespace Skald.RabbitMq;

/// <summary>One consumer of one queue, on a channel of its own that is opened again whenever it is lost.</summary>
internal sealed class Subscription(
    string queue, ushort window, Action<Delivery> deliver, RabbitLink link, RabbitMqOptions options, TimeProvider time, Action<Subscription> disposed) : ISubscription
{
    private readonly CancellationTokenSource _stopping = new();
    private volatile ConsumeChannel? _channel;
    private volatile string? _problem;
    private Task _running = Task.CompletedTask;

    /// <summary>Why the queue is not consumed although there is a connection; null when it is.</summary>
    public string? Problem => _problem;

    public async Task StartAsync(CancellationToken cancellationToken)
    {
        try
        {
            await OpenAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (Exception exception) when (exception is not (OperationCanceledException or TransportSetupException))
        {
            throw new TransportSetupException(Describe(exception), exception);
        }

        _running = Task.Run(KeepAsync, CancellationToken.None);
    }

    public void Acknowledge(IReadOnlyList<Delivery> deliveries)
    {
        // Tags mean nothing on another channel: what came on a lost one comes again, and is recognised.
        if (_channel is { } channel)
        {
            channel.Acknowledge(deliveries);
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (_stopping.IsCancellationRequested)
        {
            return;
        }

        await _stopping.CancelAsync().ConfigureAwait(false);
        await _running.ConfigureAwait(false);
        if (_channel is { } channel)
        {
            await channel.GiveBackAsync().ConfigureAwait(false);
        }

        disposed(this);
    }

    private async Task KeepAsync()
    {
        while (true)
        {
            // StartAsync or the loop below has opened it.
            var channel = _channel ?? throw new UnreachableException("a subscription without a channel");
            await channel.Ended.WaitAsync(_stopping.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (_stopping.IsCancellationRequested)
            {
                return;
            }

            await channel.AbandonAsync().ConfigureAwait(false);
            while (!await TryOpenAsync().ConfigureAwait(false))
            {
                await RabbitLink.BackOffAsync(time, _stopping.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                if (_stopping.IsCancellationRequested)
                {
                    return;
                }
            }
        }
    }

    private async Task<bool> TryOpenAsync()
    {
        try
        {
            await OpenAsync(_stopping.Token).ConfigureAwait(false);
            return true;
        }
        catch (Exception exception)
        {
            _problem = exception is OperationCanceledException ? null : Describe(exception);
            return false;
        }
    }

    private async Task OpenAsync(CancellationToken cancellationToken)
    {
        var connection = await link.ConnectionAsync(cancellationToken).ConfigureAwait(false);
        await Topology.DeclareAsync(connection, queue, options, cancellationToken).ConfigureAwait(false);
        var channel = await connection.CreateChannelAsync(cancellationToken: cancellationToken).ConfigureAwait(false);
        var consumer = new ConsumeChannel(channel, queue, deliver, time);
        _channel = consumer; // Before the first delivery can be acknowledged.
        try
        {
            await consumer.StartAsync(window, cancellationToken).ConfigureAwait(false);
            _problem = null;
        }
        catch (Exception)
        {
            await consumer.AbandonAsync().ConfigureAwait(false);
            throw;
        }
    }

    private string Describe(Exception exception) =>
        exception is TransportSetupException ? exception.Message : $"Queue '{queue}' cannot be consumed: {SetupFailures.OneLine(exception.Message)}";
}
