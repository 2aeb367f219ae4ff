using Skald.Messaging;

namespace Skald.RabbitMq;

/// <summary>A delivery, with the tag it is acknowledged by on its own channel.</summary>
internal sealed class RabbitDelivery : Delivery
{
    public RabbitDelivery(Envelope envelope, ReadOnlyMemory<byte> body, ConsumeChannel channel, ulong tag)
        : base(envelope, body) => (Channel, Tag) = (channel, tag);

    public RabbitDelivery(string unreadable, ReadOnlyMemory<byte> body, ConsumeChannel channel, ulong tag)
        : base(unreadable, body) => (Channel, Tag) = (channel, tag);

    public ConsumeChannel Channel { get; }

    public ulong Tag { get; }
}
