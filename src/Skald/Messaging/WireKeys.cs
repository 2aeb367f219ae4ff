using Skald.Decisions;

namespace Skald.Messaging;

/// <summary>
/// Keys by which the services of a system know each other's messages. The first is used for what is sent; what comes may be of any of them.
/// </summary>
/// <remarks>
/// To replace a key, give every process <c>old,new</c>, then <c>new,old</c>, and <c>new</c> once nothing is under way any more that was sent with the
/// old one. To begin with keys, give every process <c>none,new</c>, then <c>new,none</c>, then <c>new</c>.
/// </remarks>
public sealed class WireKeys
{
    /// <summary>The environment variable that is read unless an option says otherwise.</summary>
    public const string Variable = "SKALD_WIRE_KEY";

    /// <summary>The least length of a key, in bytes.</summary>
    public const int LeastBytes = 32;

    private const int MostKeys = 2;
    private const string NoKey = "none";

    // Null stands for none.
    private readonly byte[]?[] _keys;

    private WireKeys(params byte[]?[] keys) => _keys = keys;

    /// <summary>No keys: what is sent says nothing about its sender, and what comes is believed.</summary>
    public static WireKeys None { get; } = new([null]);

    /// <summary>Whether what is sent carries a MAC.</summary>
    internal bool Signs => _keys[0] is not null;

    /// <summary>Reads one or two keys.</summary>
    /// <param name="text">Each as base64 of at least 32 bytes, or <c>none</c>, with a comma between two.</param>
    /// <exception cref="FormatException">It is not that. The message does not repeat it.</exception>
    public static WireKeys Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        var keys = text.Split(',', StringSplitOptions.TrimEntries);
        return keys.Length <= MostKeys
            ? new WireKeys([.. keys.Select(Read)])
            : throw new FormatException($"there are {keys.Length} keys, and at most {MostKeys} are used");
    }

    /// <summary>How many there are; not what they are.</summary>
    public override string ToString() => string.Join(',', _keys.Select(key => key is null ? NoKey : "(key)"));

    /// <summary>A message as it is sent.</summary>
    internal OutgoingMessage Sign(OutgoingMessage message) =>
        _keys[0] is { } key ? message with { Envelope = message.Envelope with { Mac = MessageMac.Of(key, message.Envelope, message.Body.Span) } } : message;

    /// <summary>Whether somebody is believed who has no key, although others have one: while it is introduced, and not for longer.</summary>
    internal bool IsHalfway => _keys.Length > 1 && Array.Exists(_keys, key => key is null);

    /// <summary>Whether a message is believed, as far as keys go.</summary>
    internal bool Accepts(Envelope envelope, ReadOnlySpan<byte> body) => Array.Exists(_keys, key => key is null) || Proves(envelope, body);

    /// <summary>Whether a message was sent by somebody who has one of the keys, just as it came.</summary>
    internal bool Proves(Envelope envelope, ReadOnlySpan<byte> body)
    {
        foreach (var key in _keys)
        {
            if (key is not null && StepSecrets.IsSame(MessageMac.Of(key, envelope, body), envelope.Mac))
            {
                return true;
            }
        }

        return false;
    }

    private static byte[]? Read(string text)
    {
        if (text == NoKey)
        {
            return null;
        }

        var key = new byte[text.Length];
        return Convert.TryFromBase64String(text, key, out var length) && length >= LeastBytes
            ? key[..length]
            : throw new FormatException($"a key is base64 of at least {LeastBytes} bytes, such as 'openssl rand -base64 {LeastBytes}' prints");
    }
}
