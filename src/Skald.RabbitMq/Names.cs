using System.Collections.Concurrent;

namespace Skald.RabbitMq;

/// <summary>Names of steps: few, and on every message. Each is kept as one string.</summary>
internal static class Names
{
    // They come from the network: strangers must not fill the memory with them.
    private const int Most = 1000;

    private static readonly ConcurrentDictionary<string, string> Known = new();
    private static readonly ConcurrentDictionary<string, string>.AlternateLookup<ReadOnlySpan<char>> BySpan = Known.GetAlternateLookup<ReadOnlySpan<char>>();
    private static int _count;

    public static string Of(ReadOnlySpan<char> name)
    {
        if (BySpan.TryGetValue(name, out var known))
        {
            return known;
        }

        var text = name.ToString();
        return Interlocked.Increment(ref _count) <= Most ? Known.GetOrAdd(text, text) : text;
    }
}
