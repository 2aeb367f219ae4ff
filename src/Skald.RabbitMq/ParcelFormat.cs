using System.Buffers;
using System.Buffers.Text;

namespace Skald.RabbitMq;

/// <summary>
/// What is in a parcel, for Skald's own endpoints only: for each message a line with the lengths of its envelope and its
/// body in bytes, then both as they are, then a line break.
/// </summary>
internal static class ParcelFormat
{
    public const string ContentType = "application/vnd.skald.parcel";

    /// <summary>The most messages that a writer may be told to put into one.</summary>
    public const int MostMessages = 1000;

    /// <summary>More than any writer puts into one: it stops at <see cref="Parcel.MostBytes"/>, of envelopes about.</summary>
    private const int MostBytes = 16 * Parcel.MostBytes;

    /// <summary>One message of a parcel.</summary>
    public readonly record struct Part(ReadOnlyMemory<byte> Envelope, ReadOnlyMemory<byte> Body);

    public static void Append(IBufferWriter<byte> parcel, ReadOnlySpan<byte> envelope, ReadOnlySpan<byte> body)
    {
        Span<byte> line = stackalloc byte[24];
        Utf8Formatter.TryFormat(envelope.Length, line, out var written);
        line[written++] = (byte)' ';
        Utf8Formatter.TryFormat(body.Length, line[written..], out var more);
        written += more;
        line[written++] = (byte)'\n';
        parcel.Write(line[..written]);
        parcel.Write(envelope);
        parcel.Write(body);
        parcel.Write("\n"u8);
    }

    /// <summary>The messages of a parcel, as parts of its memory; null when it is none, or has more in it than any writer puts there.</summary>
    public static List<Part>? TryRead(ReadOnlyMemory<byte> parcel)
    {
        var parts = new List<Part>();
        if (parcel.Length > MostBytes)
        {
            return null;
        }

        while (!parcel.IsEmpty)
        {
            if (parts.Count == MostMessages || !TryReadNumber(ref parcel, ' ', out var envelope) || !TryReadNumber(ref parcel, '\n', out var body)
                || (long)envelope + body + 1 > parcel.Length || parcel.Span[envelope + body] != '\n')
            {
                return null;
            }

            parts.Add(new Part(parcel[..envelope], parcel.Slice(envelope, body)));
            parcel = parcel[(envelope + body + 1)..];
        }

        return parts.Count > 0 ? parts : null;
    }

    private static bool TryReadNumber(ref ReadOnlyMemory<byte> text, char end, out int number)
    {
        if (!Utf8Parser.TryParse(text.Span, out number, out var read) || number < 0 || read >= text.Length || text.Span[read] != end)
        {
            return false;
        }

        text = text[(read + 1)..];
        return true;
    }
}
