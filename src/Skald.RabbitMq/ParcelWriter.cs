using System.Buffers;
using System.Globalization;
using RabbitMQ.Client;
using Skald.Messaging;

namespace Skald.RabbitMq;

/// <summary>Writes one parcel after the other into the same memory: the client has copied it when a publish returns.</summary>
internal sealed class ParcelWriter
{
    private readonly BasicProperties _properties = new() { ContentType = ParcelFormat.ContentType, Type = "skald.parcel", Persistent = true };
    private readonly ArrayBufferWriter<byte> _envelope = new();
    private readonly ArrayBufferWriter<byte> _body = new();

    /// <summary>The id of a parcel: only its sender knows it, by the number under which it is to be confirmed.</summary>
    public static string Id(ulong number) => number.ToString(CultureInfo.InvariantCulture);

    /// <summary>What stands outside on it; good until the next call.</summary>
    public BasicProperties Properties(Parcel parcel, ulong number)
    {
        _properties.MessageId = Id(number);
        _properties.AppId = parcel.First.Envelope.Source;
        // The client may have added some of its own.
        _properties.Headers = null;
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
