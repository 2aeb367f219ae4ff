using Skald.Messaging;

namespace Skald.RabbitMq;

/// <summary>A delivery, with the tag it is acknowledged by on its own channel.</summary>
internal sealed class RabbitDelivery : Delivery
{
    public RabbitDelivery(Envelope envelope, ReadOnlyMemory<byte> body, ConsumeChannel channel, DeliveryTag tag)
        : base(envelope, body) => (Channel, Tag) = (channel, tag);

    public RabbitDelivery(string unreadable, ReadOnlyMemory<byte> body, ConsumeChannel channel, DeliveryTag tag)
        : base(unreadable, body) => (Channel, Tag) = (channel, tag);

    public ConsumeChannel Channel { get; }

    public DeliveryTag Tag { get; }

    public bool IsDealtWith { get; private set; }

    /// <summary>Counts it as dealt with, once; for one caller at a time.</summary>
    /// <returns>Whether everything is dealt with now that came under its tag.</returns>
    public bool EndsTag()
    {
        if (IsDealtWith)
        {
            return false;
        }

        IsDealtWith = true;
        return --Tag.Open == 0;
    }
}

/// <summary>The broker's number for what it delivered, and how many of the messages in it are not dealt with yet.</summary>
internal sealed class DeliveryTag(ulong number, int messages)
{
    public ulong Number => number;

    public int Messages { get; } = messages;

    public int Open { get; set; } = messages;

    /// <summary>Whether some of its messages are dealt with and some are not.</summary>
    public bool IsHalfDone => Open > 0 && Open < Messages;
}
