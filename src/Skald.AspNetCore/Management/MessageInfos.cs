using System.Globalization;
using System.Text;
using System.Text.Json;
using Skald.Messaging;

namespace Skald.Management;

/// <summary>Messages as people see them. What nobody may know is not in it.</summary>
internal static class MessageInfos
{
    private static readonly UTF8Encoding Strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    public static DeadLetterItem Letter(string service, DeadLetter letter) => new()
    {
        Service = service,
        Number = letter.Number,
        Message = Of(letter.Envelope),
        Reason = letter.Reason,
        Attempts = letter.Attempts,
        At = letter.At,
        SizeBytes = letter.Body.Length,
        CanReplay = letter.Envelope is not null,
    };

    public static DeadLetterDetail Detail(string service, DeadLetter letter)
    {
        var (body, hidden) = Text(letter.Body);
        return new DeadLetterDetail { Letter = Letter(service, letter), Headers = Headers(letter.Envelope), Body = body, BodyHidden = hidden, IsJson = body is not null && IsJson(letter.Body) };
    }

    public static DelayedItem Delayed(string service, DelayedMessage message) => new()
    {
        Service = service,
        Id = message.Id.ToString(),
        Message = Of(message.Envelope),
        Attempts = message.Attempts,
        Waits = message.Waits,
        Due = message.Due,
        Reason = message.Reason,
    };

    private static MessageInfo? Of(Envelope? envelope) => envelope is null ? null : new MessageInfo
    {
        Type = envelope.Type,
        Kind = Words.Of(envelope.Kind),
        Id = envelope.Id.ToString(),
        Source = envelope.Source,
        Destination = envelope.Destination,
        Saga = envelope.Saga?.ToString(),
        Flow = envelope.Flow,
        Step = envelope.Step,
        Time = envelope.Time,
    };

    /// <summary>Neither the secret nor the MAC: who knows them can answer for others.</summary>
    private static Dictionary<string, string> Headers(Envelope? envelope)
    {
        var headers = new Dictionary<string, string>();
        if (envelope is null)
        {
            return headers;
        }

        Add("id", envelope.Id.ToString());
        Add("type", envelope.Type);
        Add("kind", Words.Of(envelope.Kind));
        Add("source", envelope.Source);
        Add(envelope.Published ? "topic" : "queue", envelope.Destination);
        Add("replyTo", envelope.ReplyTo);
        Add("saga", envelope.Saga?.ToString());
        Add("flow", envelope.Flow);
        Add("step", envelope.Step);
        Add("attempt", envelope.Attempt == 0 ? null : envelope.Attempt.ToString(CultureInfo.InvariantCulture));
        Add("undo", envelope.Undo ? "true" : null);
        Add("stream", envelope.Place is { } place ? string.Create(CultureInfo.InvariantCulture, $"{place.Stream}, version {place.Version} after {place.After}") : null);
        Add("causation", envelope.Causation?.ToString());
        Add("traceParent", envelope.TraceParent);
        Add("time", envelope.Time.ToString("O", CultureInfo.InvariantCulture));
        return headers;

        void Add(string name, string? value)
        {
            if (value is not null)
            {
                headers[name] = value;
            }
        }
    }

    private static (string? Body, string? Hidden) Text(ReadOnlyMemory<byte> body)
    {
        if (body.Length > ManagementLimits.LargestBodyBytes)
        {
            return (null, string.Create(CultureInfo.InvariantCulture, $"It has {body.Length} bytes; at most {ManagementLimits.LargestBodyBytes} are shown."));
        }

        try
        {
            return (Strict.GetString(body.Span), null);
        }
        catch (DecoderFallbackException)
        {
            return (null, "It is no text.");
        }
    }

    private static bool IsJson(ReadOnlyMemory<byte> body)
    {
        try
        {
            using var document = JsonDocument.Parse(body);
            return true;
        }
        catch (JsonException)
        {
            return false;
        }
    }
}

/// <summary>Where a page of dead letters ends: services come one after the other, by name.</summary>
internal static class LetterCursor
{
    /// <summary>The number after which a service's letters belong to the page; null when none of them does.</summary>
    /// <exception cref="ManagementException">It is no cursor.</exception>
    public static long? AfterIn(string service, string? cursor)
    {
        if (cursor is null)
        {
            return 0;
        }

        var colon = cursor.LastIndexOf(':');
        if (colon < 1 || !long.TryParse(cursor.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var number))
        {
            throw Refusals.BadRequest("The cursor is none.", "Take the one that the page before gave as 'next'.");
        }

        return string.CompareOrdinal(service, cursor[..colon]) switch { 0 => number, > 0 => 0, _ => null };
    }

    public static Page<DeadLetterItem> Page(IEnumerable<DeadLetterItem> letters, int limit, bool goesOn = false)
    {
        var all = letters.ToList();
        var page = all.Take(limit).ToList();
        return new Page<DeadLetterItem>(page) { Next = (goesOn || all.Count > limit) && page is [.., var last] ? string.Create(CultureInfo.InvariantCulture, $"{last.Service}:{last.Number}") : null };
    }
}
