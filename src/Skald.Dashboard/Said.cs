using System.Collections.Concurrent;
using System.Security.Cryptography;

namespace Skald.Dashboard;

/// <summary>Keeps what came of an act until the next page shows it: an address with the sentence in it could be made by anybody.</summary>
internal sealed class Said
{
    private const int Most = 500;
    private readonly ConcurrentDictionary<string, string> _sentences = new();
    private readonly ConcurrentQueue<string> _order = new();

    /// <summary>Keeps a sentence.</summary>
    /// <returns>By which it is found again.</returns>
    public string Keep(string sentence)
    {
        var key = RandomNumberGenerator.GetHexString(16, lowercase: true);
        _sentences[key] = sentence;
        _order.Enqueue(key);
        while (_order.Count > Most && _order.TryDequeue(out var oldest))
        {
            _sentences.TryRemove(oldest, out _);
        }

        return key;
    }

    /// <summary>The sentence; null when it is not known, here or any more.</summary>
    public string? Find(string? key) => key is not null ? _sentences.GetValueOrDefault(key) : null;
}
