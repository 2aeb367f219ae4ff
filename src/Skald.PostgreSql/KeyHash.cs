using System.Runtime.InteropServices;

namespace Skald.PostgreSql;

/// <summary>FNV-1a, 64 bits: the same number in every process.</summary>
internal readonly struct KeyHash
{
    private readonly ulong _hash;

    public KeyHash(string schema) => _hash = Mixed(14695981039346656037UL, MemoryMarshal.AsBytes(schema.AsSpan()));

    private KeyHash(ulong hash) => _hash = hash;

    public long Value => unchecked((long)_hash);

    public KeyHash With(string text) => With(MemoryMarshal.AsBytes(text.AsSpan()));

    public KeyHash With(ReadOnlySpan<byte> bytes) => new(Mixed(_hash, bytes));

    private static ulong Mixed(ulong hash, ReadOnlySpan<byte> bytes)
    {
        foreach (var b in bytes)
        {
            hash = unchecked((hash ^ b) * 1099511628211UL);
        }

        return hash;
    }
}
