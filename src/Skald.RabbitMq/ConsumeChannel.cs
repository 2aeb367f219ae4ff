using System.Collections.Concurrent;
using System.Text.Json;
using System.Threading.Channels;
using Microsoft.Extensions.Logging;
using RabbitMQ.Client;
using RabbitMQ.Client.Events;
using Skald.Messaging;

namespace Skald.RabbitMq;

/// <summary>A channel that consumes one queue, and a loop that acknowledges on it what is dealt with.</summary>
internal sealed class ConsumeChannel(IChannel channel, string queue, int window, int mostBytes, Action<Delivery> deliver, TimeProvider time, ILogger logger, GivenUp givenUp) : IAsyncBasicConsumer, IAcknowledgements
{
    /// <summary>Unique within its channel, which has no other; short, because it comes with each message.</summary>
    private const string Tag = "1";

    private const int KeptOfTooLarge = 1024;

    /// <summary>Nothing waits for an acknowledgement, and each is written to the broker's disk, which the messages under way want at the same time.</summary>
    private static readonly TimeSpan MayGather = TimeSpan.FromMilliseconds(5);

    private static readonly TimeSpan RestMayTake = TimeSpan.FromSeconds(1);

    private readonly Channel<List<RabbitDelivery>> _dealtWith = System.Threading.Channels.Channel.CreateUnbounded<List<RabbitDelivery>>(
        new UnboundedChannelOptions { SingleReader = true });

    /// <summary>The broker counts parcels: the rest of what they bring waits here, out of reach of other consumers.</summary>
    private readonly ushort _prefetch = (ushort)Math.Clamp(window, 1, Math.Clamp(window / 4, 64, ushort.MaxValue));

    private readonly DeliveryWindow _window = new(window, deliver);
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly ConcurrentDictionary<ulong, List<RabbitDelivery>> _parcels = [];
    private readonly AckPrefix _acks = new();
    private Task _acknowledging = Task.CompletedTask;

    /// <summary>Ends when nothing can come through this channel any more.</summary>
    public Task Ended => _ended.Task;

    /// <summary>Whether the broker cancelled the consumer: its queue is being deleted, or its leader moved.</summary>
    public bool WasCancelled { get; private set; }

    IChannel IAsyncBasicConsumer.Channel => channel;

    public async Task StartAsync(CancellationToken cancellationToken)
    {
        channel.ChannelShutdownAsync += (_, _) =>
        {
            _ended.TrySetResult();
            return Task.CompletedTask;
        };
        await channel.BasicQosAsync(0, _prefetch, global: false, cancellationToken).ConfigureAwait(false);
        _acknowledging = Task.Run(AcknowledgeAsync, CancellationToken.None);
        await channel.BasicConsumeAsync(queue, autoAck: false, Tag, this, cancellationToken).ConfigureAwait(false);
        if (!channel.IsOpen)
        {
            _ended.TrySetResult();
        }
    }

    public void Acknowledge(IReadOnlyList<Delivery> deliveries)
    {
        // On a channel that is lost the tags mean nothing any more: what came on it comes again, and is recognised.
        var ours = deliveries.OfType<RabbitDelivery>().Where(d => d.TryDealWith()).ToList();
        _dealtWith.Writer.TryWrite(ours);
        _window.Release(ours.Count);
    }

    /// <summary>Takes nothing more, acknowledges what is dealt with, and gives the rest back.</summary>
    /// <param name="send">Sends what is left of a parcel that is half done: the broker could only take back the whole.</param>
    public async Task GiveBackAsync(Func<IReadOnlyList<OutgoingMessage>, Task> send)
    {
        _window.Close();
        await givenUp.WithinAsync("Giving back what a consumer had", async () =>
        {
            if (channel.IsOpen)
            {
                await channel.BasicCancelAsync(Tag).ConfigureAwait(false);
            }

            _dealtWith.Writer.TryComplete();
            await _acknowledging.ConfigureAwait(false);
            await SendRestAsync(send).ConfigureAwait(false);
            if (channel.IsOpen)
            {
                // Tag 0 means all of them. To newer brokers a closed channel is a failed delivery, and this is none.
                await channel.BasicNackAsync(0, multiple: true, requeue: true).ConfigureAwait(false);
                await channel.CloseAsync().ConfigureAwait(false);
            }
        }).ConfigureAwait(false);
        await AbandonAsync().ConfigureAwait(false);
    }

    public Task AbandonAsync()
    {
        _window.Close();
        _dealtWith.Writer.TryComplete();
        return givenUp.CloseAsync(channel);
    }

    public Task HandleBasicDeliverAsync(
        string consumerTag, ulong deliveryTag, bool redelivered, string exchange, string routingKey, IReadOnlyBasicProperties properties,
        ReadOnlyMemory<byte> body, CancellationToken cancellationToken = default)
    {
        if (body.Length > mostBytes)
        {
            // Before any of it is held.
            _window.Add(new RabbitDelivery(
                $"it has {body.Length} bytes, and at most {mostBytes} are taken; this is how it begins", body[..KeptOfTooLarge].ToArray(), this, new DeliveryTag(deliveryTag, 1)));
            return Task.CompletedTask;
        }

        // The client takes the body's memory back when this returns.
        var copy = body.ToArray();
        if (properties.ContentType != ParcelFormat.ContentType)
        {
            _window.Add(Wire.TryRead(properties, queue, time.GetUtcNow(), out var problem, exchange == Topology.Topics ? routingKey : null) is { } envelope
                ? new RabbitDelivery(envelope, copy, this, new DeliveryTag(deliveryTag, 1))
                : new RabbitDelivery(problem, copy, this, new DeliveryTag(deliveryTag, 1)));
        }
        else if (ParcelFormat.TryRead(copy) is { } parts)
        {
            var tag = new DeliveryTag(deliveryTag, parts.Count);
            var deliveries = _parcels[deliveryTag] = parts.ConvertAll(part => Open(part, tag));
            deliveries.ForEach(_window.Add);
        }
        else
        {
            _window.Add(new RabbitDelivery("the parcel is damaged", copy, this, new DeliveryTag(deliveryTag, 1)));
        }

        return Task.CompletedTask;
    }

    /// <summary>The queue was deleted, or its leader moved.</summary>
    public Task HandleBasicCancelAsync(string consumerTag, CancellationToken cancellationToken = default)
    {
        WasCancelled = true;
        _ended.TrySetResult();
        return Task.CompletedTask;
    }

    public Task HandleBasicCancelOkAsync(string consumerTag, CancellationToken cancellationToken = default) => Task.CompletedTask;

    public Task HandleBasicConsumeOkAsync(string consumerTag, CancellationToken cancellationToken = default) => Task.CompletedTask;

    public Task HandleChannelShutdownAsync(object channel, ShutdownEventArgs reason)
    {
        _ended.TrySetResult();
        return Task.CompletedTask;
    }

    private RabbitDelivery Open(ParcelFormat.Part part, DeliveryTag tag)
    {
        try
        {
            var envelope = EnvelopeCodec.Decode(part.Envelope);
            // A person may have moved the parcel to another queue.
            return new RabbitDelivery(envelope.Destination == queue ? envelope : envelope with { Destination = queue }, part.Body, this, tag);
        }
        catch (JsonException exception)
        {
            return new RabbitDelivery($"its envelope cannot be read: {exception.Message}", part.Body, this, tag);
        }
    }

    /// <summary>Of a parcel that is half done the broker could only take back the whole. If sending does not work it has to, and what is done is recognised.</summary>
    private async Task SendRestAsync(Func<IReadOnlyList<OutgoingMessage>, Task> send)
    {
        var halfDone = _parcels.Where(p => p.Value.Any(d => d.IsDealtWith) && p.Value.All(d => d.Envelope is not null)).ToList();
        var rest = halfDone.SelectMany(p => p.Value).Where(d => !d.IsDealtWith).Select(d => new OutgoingMessage(d.Envelope!, d.Body)).ToList(); // None is unreadable.
        if (!channel.IsOpen || rest.Count == 0)
        {
            return;
        }

        var sending = send(rest);
        await sending.WaitAsync(RestMayTake, time).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (!sending.IsCompletedSuccessfully)
        {
            logger.ParcelsComeAgain(queue, halfDone.Count, sending.Exception);
            return;
        }

        foreach (var (tag, _) in halfDone)
        {
            await channel.BasicAckAsync(tag, multiple: false).ConfigureAwait(false);
        }
    }

    private async Task AcknowledgeAsync()
    {
        var tags = new List<ulong>();
        try
        {
            while (await _dealtWith.Reader.WaitToReadAsync().ConfigureAwait(false))
            {
                Take(tags);
                if (tags.Count < _prefetch / 4)
                {
                    await Task.Delay(MayGather, time).ConfigureAwait(false);
                    Take(tags);
                }

                var (upTo, single) = _acks.Add(tags);
                tags.Clear();
                if (upTo is { } last)
                {
                    await channel.BasicAckAsync(last, multiple: true).ConfigureAwait(false);
                }

                foreach (var tag in single)
                {
                    await channel.BasicAckAsync(tag, multiple: false).ConfigureAwait(false);
                }
            }
        }
        catch (Exception exception)
        {
            // The channel is lost: the broker delivers again what it does not know to be dealt with.
            logger.NotAcknowledged(queue, exception);
            _ended.TrySetResult();
        }
    }

    private void Take(List<ulong> tags)
    {
        while (_dealtWith.Reader.TryRead(out var deliveries))
        {
            foreach (var tag in deliveries.Select(d => d.Tag).Where(t => t.Count()))
            {
                tags.Add(tag.Number);
                _parcels.TryRemove(tag.Number, out _);
            }
        }
    }
}
