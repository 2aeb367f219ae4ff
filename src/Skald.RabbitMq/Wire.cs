using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using RabbitMQ.Client;
using Skald.Decisions;
using Skald.Messaging;

namespace Skald.RabbitMq;

/// <summary>
/// Envelopes as AMQP 0-9-1 properties, and as CloudEvents headers in binary mode. Reading is tolerant: of a participant
/// that is not Skald only <c>type</c> and the copied <c>correlation-id</c> are needed. <c>docs/guides/other-languages.md</c>
/// is the description for others.
/// </summary>
internal static class Wire
{
    private const string Prefix = "cloudEvents_";
    private const string RefusalEnding = ".response.failure";

    /// <summary>Why an envelope does not fit into AMQP's short strings; null when it does.</summary>
    public static string? Problem(Envelope envelope)
    {
        const int most = 255;
        var step = envelope.Step is null ? 0 : Encoding.UTF8.GetByteCount(envelope.Step) + 53;
        // A queue's dead letters go to another, whose name is longer.
        return step > most || Long(envelope.Type) || envelope.Destination.Length == 0 || Long(Topology.DeadLetters(envelope.Destination)) || Long(envelope.ReplyTo) || Long(envelope.Source)
            ? "the names of its step, type and queues must fit into 200 bytes each"
            : null;

        static bool Long(string? text) => text is not null && Encoding.UTF8.GetByteCount(text) > most;
    }

    public static BasicProperties Write(Envelope envelope)
    {
        var id = envelope.Id.ToString();
        var headers = new Dictionary<string, object?>(10)
        {
            [Prefix + "specversion"] = "1.0",
            [Prefix + "id"] = id,
            [Prefix + "source"] = envelope.Source,
            [Prefix + "type"] = envelope.Type,
            [Prefix + "time"] = envelope.Time.ToString("O", CultureInfo.InvariantCulture),
            [Prefix + "kind"] = Name(envelope.Kind),
        };
        var properties = new BasicProperties
        {
            ContentType = "application/json",
            Persistent = true,
            MessageId = id,
            Type = envelope.Type,
            Timestamp = new AmqpTimestamp(envelope.Time.ToUnixTimeSeconds()),
            AppId = envelope.Source,
            Headers = headers,
        };
        if (envelope.ReplyTo is not null)
        {
            properties.ReplyTo = envelope.ReplyTo;
        }

        if (envelope.Saga is { } saga)
        {
            properties.CorrelationId = new Correlation(saga, envelope.Step, envelope.Attempt, envelope.Undo).ToString();
            headers[Prefix + "correlationid"] = saga.ToString();
        }

        if (envelope.Causation is { } causation)
        {
            headers[Prefix + "causationid"] = causation.ToString();
        }

        if (envelope.TraceParent is not null)
        {
            headers[Prefix + "traceparent"] = envelope.TraceParent;
        }

        return properties;
    }

    /// <summary>The envelope of what came through a queue; null when there is not enough to handle it by.</summary>
    public static Envelope? TryRead(IReadOnlyBasicProperties properties, string queue, DateTimeOffset now, out string problem)
    {
        var headers = properties.Headers;
        var type = properties.Type ?? Attribute(headers, "type");
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

        var text = properties.CorrelationId ?? Attribute(headers, "correlationid");
        var correlation = Correlation.TryParse(text);
        var kind = ReadKind(Attribute(headers, "kind"), type, queue, correlation);
        if (kind is MessageKind.Reply or MessageKind.Refusal && correlation?.Step is null)
        {
            problem = $"the answer's correlation-id '{text}' does not name a saga and its step; answer with the command's";
            return null;
        }

        var source = properties.AppId ?? Attribute(headers, "source") ?? "";
        if (ReadId(properties.MessageId ?? Attribute(headers, "id"), source, kind, correlation) is not { } id)
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
            Destination = queue,
            ReplyTo = properties.ReplyTo,
            Saga = correlation?.Saga,
            Step = correlation?.Step,
            Attempt = correlation?.Attempt ?? 0,
            Undo = correlation?.Undo ?? false,
            Causation = Guid.TryParse(Attribute(headers, "causationid"), out var causation) ? causation : null,
            TraceParent = Attribute(headers, "traceparent"),
            Time = ReadTime(Attribute(headers, "time"), properties, now),
        };
    }

    private static MessageKind ReadKind(string? kind, string type, string queue, Correlation? correlation) => kind switch
    {
        "command" => MessageKind.Command,
        "reply" => MessageKind.Reply,
        "refusal" => MessageKind.Refusal,
        "event" => MessageKind.Event,
        _ when !queue.EndsWith(".replies", StringComparison.Ordinal) => MessageKind.Command,
        _ when type.EndsWith(RefusalEnding, StringComparison.Ordinal) => MessageKind.Refusal,
        _ when correlation is { Step: null } => MessageKind.Event,
        _ => MessageKind.Reply,
    };

    private static string Name(MessageKind kind) => kind switch
    {
        MessageKind.Command => "command",
        MessageKind.Reply => "reply",
        MessageKind.Refusal => "refusal",
        _ => "event",
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
            ? MessageIds.Reply(MessageIds.Command(to.Saga, step, to.Attempt, to.Undo))
            : null;
    }

    private static DateTimeOffset ReadTime(string? text, IReadOnlyBasicProperties properties, DateTimeOffset now)
    {
        if (DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var time))
        {
            return time;
        }

        // Outside this range it is no time at all.
        return properties.IsTimestampPresent() && properties.Timestamp.UnixTime is > 0 and < 253402300800
            ? DateTimeOffset.FromUnixTimeSeconds(properties.Timestamp.UnixTime)
            : now;
    }

    private static string? Attribute(IDictionary<string, object?>? headers, string name) =>
        headers is null ? null : Text(headers, Prefix + name) ?? Text(headers, "cloudEvents:" + name);

    private static string? Text(IDictionary<string, object?> headers, string name) => headers.TryGetValue(name, out var value)
        ? value switch
        {
            byte[] bytes => Encoding.UTF8.GetString(bytes),
            string text => text,
            _ => null,
        }
        : null;
}
