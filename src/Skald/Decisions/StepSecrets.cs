using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using System.Text;

namespace Skald.Decisions;

/// <summary>
/// Shows that an answer belongs to a request: 128 bits that a step's commands carry, and that whatever answers them brings back. They follow
/// from the saga, the step and a key that only the saga's service has, so they stand in no row, and knowing the ids does not help to find them.
/// All attempts of a step and their undos carry the same, by which a participant knows that they belong together.
/// </summary>
/// <remarks>The first 128 bits of HMAC-SHA-256 (RFC 2104) over the saga's id and the step's name in UTF-8.</remarks>
[SuppressMessage("Design", "CA1001", Justification = "What it has for each thread is freed with the thread, or with it.")]
internal sealed class StepSecrets
{
    // One for each thread: making one costs more than using it.
    private readonly ThreadLocal<IncrementalHash> _hmac;

    /// <summary>The length of a key, in bytes.</summary>
    public const int KeyBytes = 32;

    private const int IdBytes = 16;
    private const int MostOnStack = 512;

    /// <param name="key">The service's key.</param>
    /// <exception cref="ArgumentException">It is shorter than it has to be: somebody could guess it.</exception>
    public StepSecrets(ReadOnlyMemory<byte> key)
    {
        if (key.Length < KeyBytes)
        {
            throw new ArgumentException($"A service's secret has {KeyBytes} bytes, and this one {key.Length}: what is kept with its data is damaged.", nameof(key));
        }

        _hmac = new(() => IncrementalHash.CreateHMAC(HashAlgorithmName.SHA256, key.Span));
    }

    /// <summary>What the commands of a step carry.</summary>
    public Guid Of(SagaId saga, string step)
    {
        var length = IdBytes + Encoding.UTF8.GetByteCount(step);
        var text = length <= MostOnStack ? stackalloc byte[length] : new byte[length];
        saga.Value.TryWriteBytes(text, bigEndian: true, out _);
        Encoding.UTF8.GetBytes(step, text[IdBytes..]);
        Span<byte> hash = stackalloc byte[HMACSHA256.HashSizeInBytes];
        var hmac = _hmac.Value!;
        hmac.AppendData(text);
        hmac.GetHashAndReset(hash);
        return new Guid(hash[..IdBytes], bigEndian: true);
    }

    /// <summary>Whether what came for a saga's step carries what its commands carried. Takes as long whatever it carries.</summary>
    public bool Belongs(SagaId saga, string? step, Guid secret) => step is not null && IsSame(Of(saga, step), secret);

    /// <summary>Compares without telling by the time it takes where they differ.</summary>
    public static bool IsSame(Guid one, Guid other)
    {
        Span<byte> both = stackalloc byte[2 * IdBytes];
        one.TryWriteBytes(both);
        other.TryWriteBytes(both[IdBytes..]);
        return CryptographicOperations.FixedTimeEquals(both[..IdBytes], both[IdBytes..]);
    }
}
