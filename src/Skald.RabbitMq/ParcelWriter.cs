using System.Buffers;
using RabbitMQ.Client;
using Skald.Messaging;

namespace Skald.RabbitMq;

/// <summary>Writes one parcel after the other into the same memory: the client has copied it when a publish returns.</summary>
internal sealed class ParcelWriter
{
    private readonly BasicProperties _properties = new() { ContentType = ParcelFormat.ContentType, Type = "skald.parcel", Persistent = true };
    private readonly ArrayBufferWriter<byte> _envelope = new();
    private readonly ArrayBufferWriter<byte> _body = new();

    /// <summary>What stands outside on it; good until the next call.</summary>
    public BasicProperties Properties(Parcel parcel)
    {
        _properties.MessageId = parcel.First.Envelope.Id.ToString();
        _properties.AppId = parcel.First.Envelope.Source;
        return _properties;
    }

    /// <summary>What is in it; good until the next call.</summary>
    public ReadOnlyMemory<byte> Body(Parcel parcel)
    {
        _body.ResetWrittenCount();
        foreach (var (envelope, body) in parcel.Messages)
        {
            _envelope.ResetWrittenCount();
            EnvelopeCodec.Encode(envelope, _envelope);
            ParcelFormat.Append(_body, _envelope.WrittenSpan, body.Span);
        }

        return _body.WrittenMemory;
    }
}
