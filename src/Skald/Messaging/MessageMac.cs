using System.Buffers;
using System.Buffers.Text;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Skald.Messaging;

/// <summary>
/// What shows that a message comes from somebody who has the system's key, as it is: the first 128 bits of HMAC-SHA-256 (RFC 2104) over what decides
/// what becomes of it. Time and trace are not part of it: nothing is decided by them.
/// </summary>
/// <remarks>What it is reckoned over are netstrings (<c>length:bytes,</c>), one for each part, so that no two messages are written alike. The order, and how each
/// part is written, is described for others in <c>docs/guides/other-languages.md</c>.</remarks>
internal static class MessageMac
{
    private const int Bytes = 16;

    [ThreadStatic]
    private static ArrayBufferWriter<byte>? _text;

    public static Guid Of(ReadOnlySpan<byte> key, Envelope envelope, ReadOnlySpan<byte> body)
    {
        var text = _text ??= new ArrayBufferWriter<byte>(1024);
        text.ResetWrittenCount();
        Append(text, envelope.Type);
        Append(text, NameOf(envelope.Kind));
        Append(text, envelope.Id);
        Append(text, envelope.Source);
        Append(text, envelope.Published ? "topic" : "queue");
        Append(text, envelope.Destination);
        Append(text, envelope.ReplyTo);
        AppendCorrelation(text, envelope);
        Append(text, envelope.Flow);
        Append(text, envelope.Place?.Stream);
        Append(text, envelope.Place?.Version);
        Append(text, envelope.Place?.After);
        Append(text, envelope.Causation);
        Append(text, envelope.HandledIn is { } handledIn ? (long)handledIn.TotalMilliseconds : null);
        AppendHash(text, body);
        if (envelope.WasDone)
        {
            Append(text, "wasdone");
        }

        Span<byte> mac = stackalloc byte[HMACSHA256.HashSizeInBytes];
        HMACSHA256.HashData(key, text.WrittenSpan, mac);
        return new Guid(mac[..Bytes], bigEndian: true);
    }

    private static string NameOf(MessageKind kind) => kind switch
    {
        MessageKind.Command => "command",
        MessageKind.Reply => "reply",
        MessageKind.Refusal => "refusal",
        _ => "event",
    };

    // As a correlation id on RabbitMQ.
    private static void AppendCorrelation(ArrayBufferWriter<byte> text, Envelope envelope) => Append(text, envelope switch
    {
        { Saga: { } saga, Step: { } step } => string.Create(
            CultureInfo.InvariantCulture, $"{saga.Value:D}/{envelope.Secret:N}/{envelope.Attempt}/{(envelope.Undo ? "undo" : "do")}/{step}"),
        { Saga: { } saga } => saga.Value.ToString("D"),
        _ => null,
    });

    private static void Append(ArrayBufferWriter<byte> text, string? part)
    {
        part ??= "";
        var length = Encoding.UTF8.GetByteCount(part);
        Begin(text, length);
        text.Advance(Encoding.UTF8.GetBytes(part, text.GetSpan(length)));
        End(text);
    }

    private static void Append(ArrayBufferWriter<byte> text, Guid? part)
    {
        if (part is not { } id)
        {
            Append(text, (string?)null);
            return;
        }

        Begin(text, 36);
        Utf8Formatter.TryFormat(id, text.GetSpan(36), out var written);
        text.Advance(written);
        End(text);
    }

    private static void Append(ArrayBufferWriter<byte> text, long? part) => Append(text, part?.ToString(CultureInfo.InvariantCulture));

    private static void AppendHash(ArrayBufferWriter<byte> text, ReadOnlySpan<byte> body)
    {
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(body, hash);
        Begin(text, 2 * hash.Length);
        Convert.TryToHexStringLower(hash, text.GetSpan(2 * hash.Length), out var written);
        text.Advance(written);
        End(text);
    }

    private static void Begin(ArrayBufferWriter<byte> text, int length)
    {
        Utf8Formatter.TryFormat(length, text.GetSpan(11), out var written);
        text.Advance(written);
        text.Write(":"u8);
    }

    private static void End(ArrayBufferWriter<byte> text) => text.Write(","u8);
}
