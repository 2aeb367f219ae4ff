using Skald.Messaging;

namespace Skald.RabbitMq;

/// <summary>A delivery, with the tag it is acknowledged by on its own channel.</summary>
internal sealed class RabbitDelivery : Delivery
{
    private int _dealtWith;

    public RabbitDelivery(Envelope envelope, ReadOnlyMemory<byte> body, ConsumeChannel channel, DeliveryTag tag)
        : base(envelope, body) => (Channel, Tag) = (channel, tag);

    public RabbitDelivery(string unreadable, ReadOnlyMemory<byte> body, ConsumeChannel channel, DeliveryTag tag)
        : base(unreadable, body) => (Channel, Tag) = (channel, tag);

    public ConsumeChannel Channel { get; }

    protected override IAcknowledgements Acknowledgements => Channel;

    public DeliveryTag Tag { get; }

    public bool IsDealtWith => Volatile.Read(ref _dealtWith) == 1;

    /// <summary>Notes that it is dealt with; false when it was noted before.</summary>
    public bool TryDealWith() => Interlocked.Exchange(ref _dealtWith, 1) == 0;
}

/// <summary>The broker's number for what it delivered, and how many of the messages in it are not dealt with yet.</summary>
internal sealed class DeliveryTag(ulong number, int messages)
{
    private int _open = messages;

    public ulong Number => number;

    /// <summary>Counts one of its messages as dealt with; for one caller at a time.</summary>
    /// <returns>Whether it was the last.</returns>
    public bool Count() => --_open == 0;
}
