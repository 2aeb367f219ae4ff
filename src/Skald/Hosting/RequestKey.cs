using Skald.Storage;

namespace Skald;

/// <summary>By which a request that is made again is recognised.</summary>
/// <param name="Key">The caller's key, with what it counts for, such as a route: unique within the service.</param>
/// <param name="Fingerprint">A hash of what was asked. The same key with another fingerprint is refused.</param>
public sealed record RequestKey(string Key, string Fingerprint)
{
    /// <summary>Why the answer to a request under this key is not the answer to this one; null when it is.</summary>
    internal IdempotencyConflictException? Conflict(RequestRow before) => before.Fingerprint == Fingerprint ? null : new IdempotencyConflictException(Key);
}

/// <summary>What a request was answered.</summary>
/// <typeparam name="T">The answer.</typeparam>
/// <param name="Value">The answer; that of the first request when this one repeats it.</param>
/// <param name="Repeated">Whether the key was known and nothing was done.</param>
public sealed record RequestAnswer<T>(T Value, bool Repeated);
