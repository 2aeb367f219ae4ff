using RabbitMQ.Client;
using RabbitMQ.Client.Events;
using RabbitMQ.Client.Exceptions;
using Skald.Messaging;

namespace Skald.RabbitMq;

/// <summary>
/// One channel with publisher confirms. It keeps its own account of what is unconfirmed, by sequence number: a slot in a
/// ring instead of a task per message. When anything goes wrong it is thrown away; its publisher publishes what was open
/// again on the next one.
/// </summary>
internal sealed class PublishChannel : IAsyncDisposable
{
    /// <summary>The most messages that are unconfirmed at once.</summary>
    private const int Capacity = 4096;

    private readonly IConnection _connection;
    private readonly IChannel _channel;
    private readonly Bindings _bindings;
    private readonly RabbitMqOptions _options;
    private readonly TimeProvider _time;
    private readonly HashSet<string> _declared = [];
    private readonly OutgoingProperties _properties = new();
    private readonly Slot[] _ring = new Slot[Capacity];
    private readonly SemaphoreSlim _room = new(Capacity);
    private readonly CancellationTokenSource _lost = new();
    private readonly Lock _lock = new();
    private ulong _first = 1;
    private ulong _next = 1;

    private PublishChannel(IConnection connection, IChannel channel, Bindings bindings, RabbitMqOptions options, TimeProvider time)
    {
        (_connection, _channel, _bindings, _options, _time) = (connection, channel, bindings, options, time);
        channel.BasicAcksAsync += (_, ack) => Settle(ack.DeliveryTag, ack.Multiple, null);
        channel.BasicNacksAsync += (_, nack) => Settle(nack.DeliveryTag, nack.Multiple, "the broker could not store it");
        channel.BasicReturnAsync += (_, returned) => Returned(returned);
        channel.ChannelShutdownAsync += (_, _) => _lost.CancelAsync();
        if (!channel.IsOpen)
        {
            _lost.Cancel();
        }
    }

    private readonly record struct Slot(SendBatch? Batch, int Index, long Published, bool Returned);

    /// <summary>Cancelled when the channel is gone.</summary>
    public CancellationToken Lost => _lost.Token;

    public static async Task<PublishChannel> OpenAsync(IConnection connection, Bindings bindings, RabbitMqOptions options, TimeProvider time, CancellationToken cancellationToken)
    {
        var channel = await connection.CreateChannelAsync(
            new CreateChannelOptions(publisherConfirmationsEnabled: true, publisherConfirmationTrackingEnabled: false, outstandingPublisherConfirmationsRateLimiter: null),
            cancellationToken).ConfigureAwait(false);
        return new PublishChannel(connection, channel, bindings, options, time);
    }

    /// <summary>Publishes what is not settled of a batch; returns when it is written, not when it is confirmed.</summary>
    /// <exception cref="Exception">The channel is of no use any more.</exception>
    public async Task PublishAsync(SendBatch batch)
    {
        for (var i = 0; i < batch.Messages.Count; i++)
        {
            if (batch.IsSettled(i))
            {
                continue;
            }

            var (envelope, body) = batch.Messages[i];
            if (Wire.Problem(envelope) is { } problem)
            {
                batch.Fail(i, problem);
                continue;
            }

            if (!_declared.Contains(Target(envelope)) && !await TryDeclareAsync(batch, i, envelope).ConfigureAwait(false))
            {
                continue;
            }

            if (!_room.Wait(0, CancellationToken.None))
            {
                await _room.WaitAsync(Lost).ConfigureAwait(false);
            }

            lock (_lock)
            {
                _ring[_next++ % Capacity] = new Slot(batch, i, _time.GetTimestamp(), false);
            }

            // Never with a token that can be cancelled: that would corrupt the client's own count (RabbitMQ.Client #1900).
            var publishing = _channel.BasicPublishAsync(envelope.Published ? Topology.Topics : "", envelope.Destination, mandatory: !envelope.Published, _properties.Of(envelope), body, CancellationToken.None);
            if (!publishing.IsCompletedSuccessfully)
            {
                // On a dead connection it may never end (RabbitMQ.Client #1928).
                await publishing.AsTask().WaitAsync(Lost).ConfigureAwait(false);
            }
        }
    }

    /// <summary>Whether the broker has left a message unconfirmed for too long.</summary>
    public bool IsStuck()
    {
        lock (_lock)
        {
            return _first < _next && _time.GetElapsedTime(_ring[_first % Capacity].Published) >= _options.ConfirmTimeout;
        }
    }

    /// <summary>Throws the channel away, and its connection with it, which is used for nothing else. Repeating it is harmless.</summary>
    public async ValueTask DisposeAsync()
    {
        await _lost.CancelAsync().ConfigureAwait(false);
        await GivenUp.WithinAsync(_time, () => _connection.AbortAsync(TimeSpan.FromMilliseconds(250))).ConfigureAwait(false);
    }

    /// <summary>What has to exist for a message to be published.</summary>
    private static string Target(Envelope envelope) => envelope.Published ? Topology.Topics : envelope.Destination;

    private async Task<bool> TryDeclareAsync(SendBatch batch, int index, Envelope envelope)
    {
        try
        {
            // A message to a service that has never run must wait for it, not vanish.
            await (envelope.Published ? _bindings.DeclareTopicsAsync(_connection, Lost) : Topology.DeclareAsync(_connection, envelope.Destination, _options, Lost)).ConfigureAwait(false);
            return _declared.Add(Target(envelope));
        }
        catch (TransportSetupException exception)
        {
            batch.Fail(index, exception.Message);
            return false;
        }
    }

    private Task Settle(ulong tag, bool multiple, string? failure)
    {
        var freed = 0;
        lock (_lock)
        {
            for (var sequence = multiple ? _first : tag; sequence <= tag && sequence < _next; sequence++)
            {
                ref var slot = ref _ring[sequence % Capacity];
                var reason = slot.Returned ? "there is no such queue" : failure;
                if (reason is null)
                {
                    slot.Batch?.Confirm(slot.Index);
                }
                else
                {
                    slot.Batch?.Fail(slot.Index, reason);
                }

                slot = default;
            }

            for (; _first < _next && _ring[_first % Capacity].Batch is null; _first++)
            {
                freed++;
            }
        }

        if (freed > 0)
        {
            _room.Release(freed);
        }

        return Task.CompletedTask;
    }

    /// <summary>The broker sends a message that no queue took back, and confirms it right after.</summary>
    private Task Returned(BasicReturnEventArgs returned)
    {
        lock (_lock)
        {
            _declared.Remove(returned.RoutingKey);
            for (var sequence = _first; sequence < _next; sequence++)
            {
                ref var slot = ref _ring[sequence % Capacity];
                if (slot.Batch is { } batch && !slot.Returned && batch.Messages[slot.Index].Envelope is var sent
                    && sent.Destination == returned.RoutingKey && Guid.TryParse(returned.BasicProperties.MessageId, out var id) && id == sent.Id)
                {
                    slot = slot with { Returned = true };
                    break;
                }
            }
        }

        return Task.CompletedTask;
    }
}
