using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace Skald.Decisions;

/// <summary>Ids are derived, not drawn, so that a repeat is recognised wherever it arrives.</summary>
public static class MessageIds
{
    /// <summary>
    /// The id of a step's command: the first 128 bits of SHA-256 over saga, step, secret, attempt and direction. Whoever does not know the secret cannot tell the
    /// id before it is sent, and with it neither what follows from it, nor send something else under it.
    /// </summary>
    /// <remarks>Shaped as a version 8 UUID (RFC 9562, section 5.8).</remarks>
    public static Guid Command(SagaId saga, string step, Guid secret, int attempt, bool undo) => Derive(saga.Value, step, attempt, undo ? 'u' : 'd', secret);

    /// <summary>The id of the answer to a message.</summary>
    public static Guid Reply(Guid message) => Derive(message, "", 0, 'r');

    /// <summary>The id of the n-th message that a handler of <paramref name="message"/> sends.</summary>
    public static Guid Sent(Guid message, int index) => Derive(message, "", index, 's');

    /// <summary>The id under which a published event is told to whom it may concern: a saga, or those of a definition.</summary>
    public static Guid Told(Guid @event, string whom) => Derive(@event, whom, 0, 't');

    /// <summary>The id of the n-th event that is published because of <paramref name="message"/>.</summary>
    public static Guid Published(Guid message, int index) => Derive(message, "", index, 'p');

    /// <summary>A service's stream, as whoever follows it remembers it.</summary>
    public static Guid Stream(string service, string stream) => Derive(Guid.Empty, service + "\n" + stream, 0, 'e');

    /// <summary>The id of the n-th saga that a handler of <paramref name="message"/> starts.</summary>
    public static SagaId Started(Guid message, int index) => new(Derive(message, "", index, 'b'));

    /// <summary>The row under which the records of a flow's instance are kept.</summary>
    public static Guid Flow(string definition, string flow) => Derive(Guid.Empty, definition + "\n" + flow, 0, 'f');

    /// <summary>The id of the event that is raised when what follows <paramref name="after"/> is overdue.</summary>
    public static Guid Raised(Guid flow, string after, string raised) => Derive(flow, $"{after}\n{raised}", 0, 'o');

    private static Guid Derive(Guid scope, string name, int number, char kind, Guid secret = default)
    {
        var nameLength = Encoding.UTF8.GetByteCount(name);
        Span<byte> input = nameLength <= 214 ? stackalloc byte[256] : new byte[nameLength + 42];
        scope.TryWriteBytes(input);
        BinaryPrimitives.WriteInt32LittleEndian(input[16..], number);
        input[20] = (byte)kind;
        secret.TryWriteBytes(input[21..]);
        var end = 37 + Encoding.UTF8.GetBytes(name, input[37..]);

        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(input[..end], hash);
        hash[6] = (byte)((hash[6] & 0x0F) | 0x80);
        hash[8] = (byte)((hash[8] & 0x3F) | 0x80);
        return new Guid(hash[..16], bigEndian: true);
    }
}
