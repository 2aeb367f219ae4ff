using System.Text;
using System.Text.Json;

namespace Skald;

/// <summary>
/// Reads along and finds text that cannot be stored: JSON may hold U+0000, which PostgreSQL does not take, and halves of surrogate pairs, which are no text, and
/// who reads it seldom asks whether it is UTF-8. Whether it is JSON at all is for its reader to say.
/// </summary>
internal sealed class JsonText
{
    private const int Plain = 0;
    private const int Backslash = 1;
    private const int FirstDigit = 2;
    private const int AfterLastDigit = 6;

    private const string Nul = "A text holds U+0000, which cannot be stored.";
    private const string Half = "A text holds half of a surrogate pair, which is no character.";

    private static readonly JsonDocumentOptions Strict = new() { AllowDuplicateProperties = false, MaxDepth = 32 };

    private readonly Decoder _decoder = new UTF8Encoding(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true).GetDecoder();
    private int _place;
    private int _code;
    private bool _needsLow;

    /// <summary>Reads a whole document.</summary>
    /// <exception cref="JsonException">It is malformed or too deep, has a name twice, or text that cannot be stored.</exception>
    public static JsonElement Read(ReadOnlyMemory<byte> json)
    {
        // First: the parser compares names, and half a pair in one is an error that it does not expect.
        if (new JsonText().Next(json.Span, isLast: true) is { } problem)
        {
            throw new JsonException(problem);
        }

        using var document = JsonDocument.Parse(json, Strict);
        return document.RootElement.Clone();
    }

    /// <summary>What is wrong with a document so far; null when nothing is.</summary>
    /// <param name="bytes">What comes next of it. Escapes and characters may be cut in two.</param>
    /// <param name="isLast">Whether nothing comes after it.</param>
    public string? Next(ReadOnlySpan<byte> bytes, bool isLast)
    {
        Span<char> text = stackalloc char[1024];
        try
        {
            bool isDone;
            do
            {
                _decoder.Convert(bytes, text, isLast, out var read, out var written, out isDone);
                bytes = bytes[read..];
                if (Next(text[..written]) is { } problem)
                {
                    return problem;
                }
            }
            while (!isDone);
            return null;
        }
        catch (DecoderFallbackException)
        {
            return "It is not UTF-8.";
        }
    }

    private string? Next(ReadOnlySpan<char> text)
    {
        foreach (var c in text)
        {
            if (c == '\0')
            {
                // JSON in UTF-16 is full of them, and between systems it is UTF-8 (RFC 8259, section 8.1).
                return Nul;
            }

            if (_needsLow && _place is Plain or Backslash && c != (_place == Plain ? '\\' : 'u'))
            {
                return Half;
            }

            switch (_place)
            {
                case Plain:
                    _place = c == '\\' ? Backslash : Plain;
                    break;
                case Backslash:
                    (_place, _code) = (c == 'u' ? FirstDigit : Plain, 0);
                    break;
                default:
                    if (!char.IsAsciiHexDigit(c))
                    {
                        // Whoever reads on would read it differently.
                        return "An escape is no four digits.";
                    }

                    _code = (_code << 4) | (char.IsAsciiDigit(c) ? c - '0' : (c | 0x20) - 'a' + 10);
                    _place = _place + 1 == AfterLastDigit ? Plain : _place + 1;
                    if (_place == Plain && Escaped((char)_code) is { } problem)
                    {
                        return problem;
                    }

                    break;
            }
        }

        return null;
    }

    private string? Escaped(char c)
    {
        if (c == '\0')
        {
            return Nul;
        }

        var isHalf = _needsLow != char.IsLowSurrogate(c);
        _needsLow = char.IsHighSurrogate(c);
        return isHalf ? Half : null;
    }
}
