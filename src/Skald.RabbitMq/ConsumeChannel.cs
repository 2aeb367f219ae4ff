using System.Threading.Channels;
using RabbitMQ.Client;
using RabbitMQ.Client.Events;
using Skald.Messaging;

namespace Skald.RabbitMq;

/// <summary>A channel that consumes one queue, and a loop that acknowledges on it what is dealt with.</summary>
internal sealed class ConsumeChannel(IChannel channel, string queue, Action<Delivery> deliver, TimeProvider time) : IAsyncBasicConsumer
{
    /// <summary>Unique within its channel, which has no other; short, because it comes with each message.</summary>
    private const string Tag = "1";

    /// <summary>Nothing waits for an acknowledgement, and each is written to the broker's disk, which the messages under way want at the same time.</summary>
    private static readonly TimeSpan MayGather = TimeSpan.FromMilliseconds(5);

    private readonly Channel<IReadOnlyList<Delivery>> _dealtWith = System.Threading.Channels.Channel.CreateUnbounded<IReadOnlyList<Delivery>>(
        new UnboundedChannelOptions { SingleReader = true });

    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly AckPrefix _acks = new();
    private Task _acknowledging = Task.CompletedTask;
    private int _enough;

    /// <summary>Ends when nothing can come through this channel any more.</summary>
    public Task Ended => _ended.Task;

    /// <summary>Whether the broker cancelled the consumer: its queue is being deleted, or its leader moved.</summary>
    public bool WasCancelled { get; private set; }

    IChannel IAsyncBasicConsumer.Channel => channel;

    public async Task StartAsync(ushort window, CancellationToken cancellationToken)
    {
        channel.ChannelShutdownAsync += (_, _) =>
        {
            _ended.TrySetResult();
            return Task.CompletedTask;
        };
        _enough = window / 4;
        await channel.BasicQosAsync(0, window, global: false, cancellationToken).ConfigureAwait(false);
        _acknowledging = Task.Run(AcknowledgeAsync, CancellationToken.None);
        await channel.BasicConsumeAsync(queue, autoAck: false, Tag, this, cancellationToken).ConfigureAwait(false);
        if (!channel.IsOpen)
        {
            _ended.TrySetResult();
        }
    }

    public void Acknowledge(IReadOnlyList<Delivery> deliveries) => _dealtWith.Writer.TryWrite(deliveries);

    /// <summary>Takes nothing more, acknowledges what is dealt with, and gives the rest back.</summary>
    public async Task GiveBackAsync()
    {
        await GivenUp.WithinAsync(time, async () =>
        {
            if (channel.IsOpen)
            {
                await channel.BasicCancelAsync(Tag).ConfigureAwait(false);
            }

            _dealtWith.Writer.TryComplete();
            await _acknowledging.ConfigureAwait(false);
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
        _dealtWith.Writer.TryComplete();
        return GivenUp.WithinAsync(time, () => channel.DisposeAsync().AsTask());
    }

    public Task HandleBasicDeliverAsync(
        string consumerTag, ulong deliveryTag, bool redelivered, string exchange, string routingKey, IReadOnlyBasicProperties properties,
        ReadOnlyMemory<byte> body, CancellationToken cancellationToken = default)
    {
        // The client takes the body's memory back when this returns.
        var copy = body.ToArray();
        var delivery = Wire.TryRead(properties, queue, time.GetUtcNow(), out var problem, exchange == Topology.Topics ? routingKey : null) is { } envelope
            ? new RabbitDelivery(envelope, copy, this, deliveryTag)
            : new RabbitDelivery(problem, copy, this, deliveryTag);
        deliver(delivery);
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

    private async Task AcknowledgeAsync()
    {
        var tags = new List<ulong>();
        try
        {
            while (await _dealtWith.Reader.WaitToReadAsync().ConfigureAwait(false))
            {
                Take(tags);
                if (tags.Count < _enough)
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
        catch (Exception)
        {
            // The channel is lost: the broker delivers again what it does not know to be dealt with.
            _ended.TrySetResult();
        }
    }

    private void Take(List<ulong> tags)
    {
        while (_dealtWith.Reader.TryRead(out var deliveries))
        {
            tags.AddRange(deliveries.OfType<RabbitDelivery>().Where(d => d.Channel == this).Select(d => d.Tag));
        }
    }
}
