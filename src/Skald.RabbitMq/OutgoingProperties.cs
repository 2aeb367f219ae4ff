using System.Buffers.Text;
using System.Globalization;
using RabbitMQ.Client;
using Skald.Messaging;

namespace Skald.RabbitMq;

/// <summary>
/// Envelopes as AMQP properties, and as CloudEvents headers in binary mode, for one message after the other: the client
/// has written them out when a publish returns, so the same objects serve the next one.
/// </summary>
internal sealed class OutgoingProperties
{
    private readonly Dictionary<string, object?> _headers = new(12);
    private readonly BasicProperties _properties = new() { ContentType = "application/json", Persistent = true };
    private readonly byte[] _id = new byte[36];
    private readonly byte[] _saga = new byte[36];
    private readonly byte[] _causation = new byte[36];
    private readonly byte[] _time = new byte[33];

    /// <summary>The properties of a message; good until the next call.</summary>
    public BasicProperties Of(Envelope envelope)
    {
        _properties.MessageId = envelope.Id.ToString();
        _properties.Type = envelope.Type;
        _properties.Timestamp = new AmqpTimestamp(envelope.Time.ToUnixTimeSeconds());
        _properties.AppId = envelope.Source;
        _properties.ReplyTo = envelope.ReplyTo;
        _properties.CorrelationId = envelope.Saga is { } saga ? new Correlation(saga, envelope.Step, envelope.Secret, envelope.Attempt, envelope.Undo).ToString() : null;
        // The client may have added some of its own.
        _headers.Clear();
        AddHeaders(envelope);
        _properties.Headers = _headers;
        return _properties;
    }

    private void AddHeaders(Envelope envelope)
    {
        _headers[Headers.SpecVersion.Usual] = "1.0";
        _headers[Headers.Id.Usual] = Text(_id, envelope.Id);
        _headers[Headers.Source.Usual] = envelope.Source;
        _headers[Headers.Type.Usual] = envelope.Type;
        Utf8Formatter.TryFormat(envelope.Time, _time, out _, 'O');
        _headers[Headers.Time.Usual] = _time;
        if (envelope.Saga is { } saga)
        {
            _headers[Headers.CorrelationId.Usual] = Text(_saga, saga.Value);
        }

        if (envelope.Causation is { } causation)
        {
            _headers[Headers.CausationId.Usual] = Text(_causation, causation);
        }

        if (envelope.Mac != default)
        {
            _headers[Headers.Mac.Usual] = envelope.Mac.ToString("N");
        }

        if (envelope.HandledIn is { } handledIn)
        {
            _headers[Headers.HandledIn.Usual] = ((long)handledIn.TotalMilliseconds).ToString(CultureInfo.InvariantCulture);
        }

        if (envelope.WasDone)
        {
            _headers[Headers.WasDone.Usual] = Wire.Yes;
        }

        if (envelope.Flow is not null)
        {
            _headers[Headers.Flow.Usual] = envelope.Flow;
        }

        if (envelope.Place is { } place)
        {
            _headers[Headers.Stream.Usual] = place.Stream;
            _headers[Headers.StreamVersion.Usual] = place.Version.ToString(CultureInfo.InvariantCulture);
            _headers[Headers.StreamAfter.Usual] = place.After.ToString(CultureInfo.InvariantCulture);
        }

        if (envelope.Published)
        {
            // A copy in a queue, or among its dead letters, knows where it came from.
            _headers[Headers.Topic.Usual] = envelope.Destination;
        }

        // What shows anyway is not said: each header costs the sender, the broker and the receiver.
        if (envelope.Published ? envelope.Kind != MessageKind.Event : envelope.Kind != Wire.KindWithoutHeader(envelope.Type, envelope.Destination, isForNoStep: envelope.Saga is not null && envelope.Step is null))
        {
            _headers[Headers.Kind.Usual] = Wire.Name(envelope.Kind);
        }

        if (envelope.TraceParent is not null)
        {
            _headers[Headers.TraceParent.Usual] = envelope.TraceParent;
        }
    }

    private static byte[] Text(byte[] into, Guid id)
    {
        Utf8Formatter.TryFormat(id, into, out _);
        return into;
    }
}
