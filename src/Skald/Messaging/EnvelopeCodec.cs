using System.Buffers;
using System.Text.Json;

namespace Skald.Messaging;

/// <summary>Envelopes as JSON, for the stores and brokers that keep them in one column.</summary>
public static class EnvelopeCodec
{
    // Writers are costly to make, and an envelope is written for each message.
    [ThreadStatic]
    private static ArrayBufferWriter<byte>? _buffer;

    [ThreadStatic]
    private static Utf8JsonWriter? _json;

    /// <summary>Writes an envelope.</summary>
    public static byte[] Encode(Envelope envelope)
    {
        var buffer = _buffer ??= new ArrayBufferWriter<byte>(512);
        buffer.ResetWrittenCount();
        Encode(envelope, buffer);
        return buffer.WrittenSpan.ToArray();
    }

    /// <summary>Writes an envelope behind what is in a buffer.</summary>
    public static void Encode(Envelope envelope, IBufferWriter<byte> buffer)
    {
        ArgumentNullException.ThrowIfNull(envelope);
        var json = _json ??= new Utf8JsonWriter(buffer, new JsonWriterOptions { SkipValidation = true });
        json.Reset(buffer);
        Write(json, envelope);
        json.Flush();
    }

    /// <summary>Reads an envelope.</summary>
    /// <exception cref="JsonException">It is not one.</exception>
    public static Envelope Decode(ReadOnlyMemory<byte> bytes)
    {
        try
        {
            return EnvelopeReader.Read(bytes.Span);
        }
        catch (Exception exception) when (exception is InvalidOperationException or FormatException)
        {
            throw new JsonException("Not an envelope.", exception);
        }
    }

    private static void Write(Utf8JsonWriter json, Envelope envelope)
    {
        json.WriteStartObject();
        json.WriteString("id"u8, envelope.Id);
        json.WriteString("type"u8, envelope.Type);
        json.WriteNumber("kind"u8, (int)envelope.Kind);
        json.WriteString("source"u8, envelope.Source);
        json.WriteString("destination"u8, envelope.Destination);
        if (envelope.Published)
        {
            json.WriteBoolean("published"u8, true);
        }

        if (envelope.Flow is not null)
        {
            json.WriteString("flow"u8, envelope.Flow);
        }

        if (envelope.Place is { } place)
        {
            json.WriteString("stream"u8, place.Stream);
            json.WriteNumber("version"u8, place.Version);
            json.WriteNumber("after"u8, place.After);
        }

        if (envelope.ReplyTo is not null)
        {
            json.WriteString("replyto"u8, envelope.ReplyTo);
        }

        if (envelope.Saga is { } saga)
        {
            json.WriteString("saga"u8, saga.Value);
            json.WriteString("step"u8, envelope.Step);
            json.WriteNumber("attempt"u8, envelope.Attempt);
            json.WriteBoolean("undo"u8, envelope.Undo);
        }

        if (envelope.WasDone)
        {
            json.WriteBoolean("wasdone"u8, true);
        }

        if (envelope.Secret != default)
        {
            json.WriteString("secret"u8, envelope.Secret);
        }

        if (envelope.Mac != default)
        {
            json.WriteString("mac"u8, envelope.Mac);
        }

        if (envelope.Causation is { } causation)
        {
            json.WriteString("causation"u8, causation);
        }

        if (envelope.HandledIn is { } handledIn)
        {
            json.WriteNumber("handledin"u8, (long)handledIn.TotalMilliseconds);
        }

        if (envelope.TraceParent is not null)
        {
            json.WriteString("traceparent"u8, envelope.TraceParent);
        }

        json.WriteString("time"u8, envelope.Time);
        json.WriteEndObject();
    }
}
