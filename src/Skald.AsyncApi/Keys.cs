using System.Globalization;

namespace Skald.AsyncApi;

/// <summary>
/// Keys of one section of a document: letters, digits, dots, hyphens and underscores, so that references need no escapes.
/// Two things of the same name get different keys.
/// </summary>
internal sealed class Keys
{
    private readonly Dictionary<(string Name, object Identity), string> _known = [];
    private readonly HashSet<string> _taken = new(StringComparer.Ordinal);

    public string For(string name, object identity)
    {
        if (_known.TryGetValue((name, identity), out var key))
        {
            return key;
        }

        var plain = string.Concat(name.Select(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '-' or '_' ? c : '_'));
        key = plain;
        for (var n = 2; !_taken.Add(key); n++)
        {
            key = plain + "_" + n.ToString(CultureInfo.InvariantCulture);
        }

        return _known[(name, identity)] = key;
    }
}
