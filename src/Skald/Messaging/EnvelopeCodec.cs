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
            using var document = JsonDocument.Parse(bytes, new JsonDocumentOptions { MaxDepth = 2 });
            return Read(document.RootElement);
        }
        catch (Exception exception) when (exception is KeyNotFoundException or InvalidOperationException or FormatException)
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

    private static Envelope Read(JsonElement json) => new()
    {
        Id = json.GetProperty("id"u8).GetGuid(),
        Type = Text(json, "type"u8) ?? throw new JsonException("An envelope needs a type."),
        Kind = Kind(json.GetProperty("kind"u8).GetInt32()),
        Source = Text(json, "source"u8) ?? "",
        Destination = Text(json, "destination"u8) ?? "",
        Published = json.TryGetProperty("published"u8, out var published) && published.GetBoolean(),
        Flow = Text(json, "flow"u8),
        Place = Text(json, "stream"u8) is { } stream ? new StreamPlace(stream, json.GetProperty("version"u8).GetInt64(), json.GetProperty("after"u8).GetInt64()) : null,
        ReplyTo = Text(json, "replyto"u8),
        Saga = json.TryGetProperty("saga"u8, out var saga) ? new SagaId(saga.GetGuid()) : null,
        Step = Text(json, "step"u8),
        Attempt = json.TryGetProperty("attempt"u8, out var attempt) ? attempt.GetInt32() : 0,
        Undo = json.TryGetProperty("undo"u8, out var undo) && undo.GetBoolean(),
        Secret = json.TryGetProperty("secret"u8, out var secret) ? secret.GetGuid() : default,
        Mac = json.TryGetProperty("mac"u8, out var mac) ? mac.GetGuid() : default,
        Causation = json.TryGetProperty("causation"u8, out var causation) ? causation.GetGuid() : null,
        HandledIn = json.TryGetProperty("handledin"u8, out var handledIn) && handledIn.TryGetInt32(out var milliseconds) && milliseconds >= 0
            ? TimeSpan.FromMilliseconds(milliseconds) : null,
        TraceParent = Text(json, "traceparent"u8),
        Time = json.GetProperty("time"u8).GetDateTimeOffset(),
    };

    // An unknown kind must not be taken for an answer.
    private static MessageKind Kind(int number) => number is >= (int)MessageKind.Command and <= (int)MessageKind.Event
        ? (MessageKind)number
        : throw new JsonException($"There is no message kind {number}.");

    private static string? Text(JsonElement json, ReadOnlySpan<byte> name) => json.TryGetProperty(name, out var value) ? value.GetString() : null;
}
