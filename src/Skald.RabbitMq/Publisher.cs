using System.Threading.Channels;
using Microsoft.Extensions.Logging;
using Skald.Messaging;

namespace Skald.RabbitMq;

/// <summary>
/// Publishes batches one after the other without waiting for their confirms. When the connection is lost, what is
/// unconfirmed is published again on the next one, until its deadline: receivers recognise the copies.
/// </summary>
internal sealed class Publisher(RabbitLink link, Bindings bindings, RabbitMqOptions options, TimeProvider time, ILogger logger, GivenUp givenUp) : IAsyncDisposable
{
    private readonly Channel<SendBatch> _waiting = Channel.CreateUnbounded<SendBatch>(new UnboundedChannelOptions { SingleReader = true });
    private readonly List<SendBatch> _open = [];
    private readonly CancellationTokenSource _stopping = new();
    private volatile PublishChannel? _channel;
    private volatile string? _refusal;
    private Task _running = Task.CompletedTask;

    public void Start() => _running = Task.WhenAll(Task.Run(RunAsync, CancellationToken.None), Task.Run(WatchAsync, CancellationToken.None));

    public Task SendAsync(IReadOnlyList<OutgoingMessage> messages, CancellationToken cancellationToken)
    {
        var batch = new SendBatch(messages, time.GetTimestamp());
        lock (_open)
        {
            _open.Add(batch);
        }

        _waiting.Writer.TryWrite(batch);
        return cancellationToken.CanBeCanceled ? batch.Done.WaitAsync(cancellationToken) : batch.Done;
    }

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync().ConfigureAwait(false);
        await _running.ConfigureAwait(false);
        foreach (var batch in Open())
        {
            batch.Expire("the transport was closed");
        }

        _stopping.Dispose();
    }

    private async Task RunAsync()
    {
        while (!_stopping.IsCancellationRequested)
        {
            PublishChannel? channel = null;
            try
            {
                var connection = await link.ConnectionAsync(_stopping.Token).ConfigureAwait(false);
                channel = _channel = await PublishChannel.OpenAsync(connection, bindings, options, time, givenUp, batch => _waiting.Writer.TryWrite(batch), _stopping.Token).ConfigureAwait(false);
                await PublishAsync(channel).ConfigureAwait(false);
            }
            catch (Exception exception) when (!_stopping.IsCancellationRequested)
            {
                // Whatever it was: what was open is published again, or given up at its deadline.
                logger.PublishingBroken(exception);
            }
            catch (Exception)
            {
                // Closing.
            }

            if (channel is not null)
            {
                await channel.DisposeAsync().ConfigureAwait(false);
                _refusal = channel.Refusal is { } refusal ? $"; RabbitMQ refuses it: {refusal}" : null;
            }

            await RabbitLink.BackOffAsync(time, _stopping.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private async Task PublishAsync(PublishChannel channel)
    {
        foreach (var batch in Open())
        {
            batch.StartOver();
            await channel.PublishAsync(batch).ConfigureAwait(false);
        }

        using var ended = CancellationTokenSource.CreateLinkedTokenSource(channel.Lost, _stopping.Token);
        while (await _waiting.Reader.WaitToReadAsync(ended.Token).ConfigureAwait(false))
        {
            while (!ended.IsCancellationRequested && _waiting.Reader.TryRead(out var batch))
            {
                await channel.PublishAsync(batch).ConfigureAwait(false);
            }
        }
    }

    /// <summary>The deadlines: of batches, which fail, and of the channel, which is thrown away.</summary>
    private async Task WatchAsync()
    {
        using var timer = new PeriodicTimer(options.ConfirmTimeout / 20, time);
        try
        {
            while (await timer.WaitForNextTickAsync(_stopping.Token).ConfigureAwait(false))
            {
                foreach (var batch in Open().Where(b => time.GetElapsedTime(b.Created) >= options.ConfirmTimeout))
                {
                    // A refusal closes the connection: there may be none at this moment, which is not the reason.
                    batch.Expire($"{link.Problem ?? $"not confirmed within {options.ConfirmTimeout.TotalSeconds:0.#} seconds"}{_refusal}");
                }

                if (_channel is { } channel && !channel.Lost.IsCancellationRequested && link.Problem is null && channel.IsStuck())
                {
                    // A broker that says why it takes no messages is waited for instead.
                    await channel.DisposeAsync().ConfigureAwait(false);
                }
            }
        }
        catch (OperationCanceledException)
        {
            // Closing.
        }
    }

    private List<SendBatch> Open()
    {
        lock (_open)
        {
            _open.RemoveAll(b => b.Done.IsCompleted);
            return [.. _open];
        }
    }
}
