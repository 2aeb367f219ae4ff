using System.Buffers.Text;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using RabbitMQ.Client;
using Skald.Decisions;
using Skald.Messaging;

namespace Skald.RabbitMq;

/// <summary>
/// Envelopes from AMQP 0-9-1 properties, and from CloudEvents headers in binary mode. Reading is tolerant: of a participant
/// that is not Skald only <c>type</c> and the copied <c>correlation-id</c> are needed. <c>docs/guides/other-languages.md</c>
/// is the description for others.
/// </summary>
internal static class Wire
{
    // All headers must fit into one frame, which may be 128 KiB.
    private const int MostFlowBytes = 32 * 1024;
    /// <summary>The value of an attribute that is there or not.</summary>
    public const string Yes = "true";

    private const string RefusalEnding = ".response.failure";

    // A step travels in correlation-id, behind the saga's id, the step's secret, the attempt and whether it is undone.
    private const int BytesBesidesStep = 86;

    private const int MostBytes = 255;

    /// <summary>AMQP's short strings hold 255 bytes. A queue's dead letters go to another, whose name is longer.</summary>
    public static NameLimits Limits { get; } = new()
    {
        Service = MostBytes,
        Queue = MostBytes - Topology.DeadLettersEnding.Length,
        Topic = MostBytes,
        Message = MostBytes,
        Step = MostBytes - BytesBesidesStep,
    };

    /// <summary>Why an envelope does not fit into AMQP's short strings; null when it does. What is known at start-up was checked then.</summary>
    public static string? Problem(Envelope envelope)
    {
        if (envelope.Flow is not null && Bytes(envelope.Flow) > MostFlowBytes)
        {
            return $"its flow must fit into {MostFlowBytes} bytes";
        }

        return envelope.Destination.Length == 0 ? "it names no queue"
            : Bytes(envelope.Destination) > (envelope.Published ? Limits.Topic : Limits.Queue) ? $"the name '{envelope.Destination}' has more bytes than RabbitMQ takes"
            : Bytes(envelope.ReplyTo) > Limits.Queue ? $"the name '{envelope.ReplyTo}' has more bytes than RabbitMQ takes"
            : Bytes(envelope.Source) > Limits.Service ? $"the service's name '{envelope.Source}' has more than {Limits.Service} bytes"
            : Bytes(envelope.Type) > Limits.Message ? $"the message's name '{envelope.Type}' has more than {Limits.Message} bytes"
            : Bytes(envelope.Step) > Limits.Step ? $"the step's name '{envelope.Step}' has more than {Limits.Step} bytes"
            : null;
    }

    /// <summary>The envelope of what came through a queue; null when there is not enough to handle it by.</summary>
    /// <param name="properties">What came with it.</param>
    /// <param name="queue">The queue.</param>
    /// <param name="now">Its time, if it names none.</param>
    /// <param name="problem">What is missing.</param>
    /// <param name="topic">The topic through which it came to the queue; null when it came by no exchange, or back from dead letters.</param>
    public static Envelope? TryRead(IReadOnlyBasicProperties properties, string queue, DateTimeOffset now, out string problem, string? topic = null)
    {
        var headers = properties.Headers;
        topic ??= Attribute(headers, Headers.Topic);
        var type = properties.Type ?? Attribute(headers, Headers.Type);
        if (string.IsNullOrEmpty(type))
        {
            problem = "the message has no type";
            return null;
        }

        if (properties.ContentType?.StartsWith("application/cloudevents", StringComparison.OrdinalIgnoreCase) == true)
        {
            problem = "CloudEvents are read in binary mode only";
            return null;
        }

        var correlation = Correlation.TryParse(properties.CorrelationId ?? Attribute(headers, Headers.CorrelationId));
        var kind = ReadKind(Value(headers, Headers.Kind), type, queue, correlation, isPublished: topic is not null);
        if (kind is MessageKind.Reply or MessageKind.Refusal && correlation?.Step is null)
        {
            problem = "the answer's correlation-id does not name a saga and its step; answer with the command's";
            return null;
        }

        var source = properties.AppId ?? Attribute(headers, Headers.Source) ?? "";
        if (ReadId(properties.MessageId ?? Attribute(headers, Headers.Id), source, kind, correlation) is not { } id)
        {
            problem = "the message has no message-id, by which a repeat could be recognised";
            return null;
        }

        problem = "";
        return new Envelope
        {
            Id = id,
            Type = type,
            Kind = kind,
            Source = source,
            Destination = topic ?? queue,
            Published = topic is not null,
            Flow = Attribute(headers, Headers.Flow),
            Place = ReadPlace(headers),
            ReplyTo = properties.ReplyTo,
            Saga = correlation?.Saga,
            Step = correlation?.Step,
            Attempt = correlation?.Attempt ?? 0,
            Undo = correlation?.Undo ?? false,
            WasDone = Attribute(headers, Headers.WasDone) == Yes,
            Secret = correlation?.Secret ?? default,
            Mac = Guid.TryParseExact(Attribute(headers, Headers.Mac), "N", out var mac) ? mac : default,
            Causation = ReadCausation(Value(headers, Headers.CausationId)),
            HandledIn = ReadHandledIn(headers),
            TraceParent = Attribute(headers, Headers.TraceParent),
            Time = ReadTime(Value(headers, Headers.Time), properties, now),
        };
    }

    public static string Name(MessageKind kind) => kind switch
    {
        MessageKind.Command => "command",
        MessageKind.Reply => "reply",
        MessageKind.Refusal => "refusal",
        _ => "event",
    };

    /// <summary>What a message is that does not say it itself.</summary>
    public static MessageKind KindWithoutHeader(string type, string queue, bool isForNoStep) =>
        !queue.EndsWith(".replies", StringComparison.Ordinal) ? MessageKind.Command
        : type.EndsWith(RefusalEnding, StringComparison.Ordinal) ? MessageKind.Refusal
        : isForNoStep ? MessageKind.Event
        : MessageKind.Reply;

    private static MessageKind ReadKind(object? header, string type, string queue, Correlation? correlation, bool isPublished) => (header is null ? null : Text(header)) switch
    {
        "command" => MessageKind.Command,
        "reply" => MessageKind.Reply,
        "refusal" => MessageKind.Refusal,
        "event" => MessageKind.Event,
        _ when isPublished => MessageKind.Event,
        _ => KindWithoutHeader(type, queue, isForNoStep: correlation is { Step: null }),
    };

    private static Guid? ReadId(string? text, string source, MessageKind kind, Correlation? correlation)
    {
        if (Guid.TryParse(text, out var id))
        {
            return id;
        }

        if (!string.IsNullOrEmpty(text))
        {
            // Others' ids are any text, unique within their source.
            var hash = SHA256.HashData(Encoding.UTF8.GetBytes($"{source}\n{text}")).AsSpan(0, 16);
            (hash[6], hash[8]) = ((byte)((hash[6] & 0x0F) | 0x80), (byte)((hash[8] & 0x3F) | 0x80));
            return new Guid(hash, bigEndian: true);
        }

        // An answer is known by what it answers.
        return kind is MessageKind.Reply or MessageKind.Refusal && correlation is { Step: { } step } to
            ? MessageIds.Reply(MessageIds.Command(to.Saga, step, to.Secret, to.Attempt, to.Undo))
            : null;
    }

    private static StreamPlace? ReadPlace(IDictionary<string, object?>? headers) =>
        Attribute(headers, Headers.Stream) is { } stream
        && long.TryParse(Attribute(headers, Headers.StreamVersion), CultureInfo.InvariantCulture, out var version)
        && long.TryParse(Attribute(headers, Headers.StreamAfter), CultureInfo.InvariantCulture, out var after)
            ? new StreamPlace(stream, version, after)
            : null;

    private static TimeSpan? ReadHandledIn(IDictionary<string, object?>? headers) =>
        Value(headers, Headers.HandledIn) switch
        {
            (sbyte or byte or short or ushort or int or uint or long) and var whole
                when Convert.ToInt64(whole, CultureInfo.InvariantCulture) is >= 0 and <= int.MaxValue and var milliseconds => TimeSpan.FromMilliseconds(milliseconds),
            { } text when int.TryParse(Text(text), NumberStyles.None, CultureInfo.InvariantCulture, out var milliseconds) => TimeSpan.FromMilliseconds(milliseconds),
            _ => null,
        };

    private static Guid? ReadCausation(object? header) => header switch
    {
        byte[] { Length: 36 } bytes when Utf8Parser.TryParse(bytes, out Guid id, out var read) && read == 36 => id,
        not null when Guid.TryParse(Text(header), out var id) => id,
        _ => null,
    };

    private static DateTimeOffset ReadTime(object? header, IReadOnlyBasicProperties properties, DateTimeOffset now)
    {
        // As we write it ourselves; and as others may.
        if (header is byte[] bytes && Utf8Parser.TryParse(bytes, out DateTimeOffset exact, out var read, 'O') && read == bytes.Length)
        {
            return exact;
        }

        if (header is not null && DateTimeOffset.TryParse(Text(header), CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var time))
        {
            return time;
        }

        // Outside this range it is no time at all.
        return properties.IsTimestampPresent() && properties.Timestamp.UnixTime is > 0 and < 253402300800
            ? DateTimeOffset.FromUnixTimeSeconds(properties.Timestamp.UnixTime)
            : now;
    }

    private static int Bytes(string? text) => text is null ? 0 : Encoding.UTF8.GetByteCount(text);

    private static string? Attribute(IDictionary<string, object?>? headers, HeaderName name) => Value(headers, name) is { } value ? Text(value) : null;

    private static object? Value(IDictionary<string, object?>? headers, HeaderName name) =>
        headers is not null && (headers.TryGetValue(name.Usual, out var value) || headers.TryGetValue(name.Other, out value)) ? value : null;

    private static string? Text(object value) => value switch
    {
        byte[] bytes => Encoding.UTF8.GetString(bytes),
        string text => text,
        _ => null,
    };
}
