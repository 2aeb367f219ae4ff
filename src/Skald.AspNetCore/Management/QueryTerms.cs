using System.Globalization;
using System.Text;

namespace Skald.Management;

/// <summary>One term of a query.</summary>
/// <param name="Name">Before the colon; null for a word.</param>
/// <param name="Value">After it, without quotation marks.</param>
/// <param name="At">Where it begins.</param>
/// <param name="ValueAt">Where its value begins.</param>
internal readonly record struct QueryTerm(string? Name, string Value, int At, int ValueAt)
{
    public SagaQueryException Wrong(string message, bool atName = false, int after = 0) => new((atName ? At : ValueAt) + after, message);
}

/// <summary>Cuts a query into its terms.</summary>
internal static class QueryTerms
{
    private const int LongestQuery = 1000;

    /// <exception cref="SagaQueryException">It cannot be cut.</exception>
    public static IEnumerable<QueryTerm> Of(string text)
    {
        if (text.Length > LongestQuery)
        {
            throw new SagaQueryException(LongestQuery, $"A query has at most {LongestQuery} characters.");
        }

        var at = 0;
        while (true)
        {
            while (at < text.Length && char.IsWhiteSpace(text[at]))
            {
                at++;
            }

            if (at == text.Length)
            {
                yield break;
            }

            yield return Next(text, ref at);
        }
    }

    /// <summary>A value as it can be typed.</summary>
    public static string Quoted(string value, bool isWord) =>
        value.Length > 0 && !value.Any(c => char.IsWhiteSpace(c) || c is '"' || (isWord && c == ':'))
            ? value
            : $"\"{value.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal)}\"";

    private static QueryTerm Next(string text, ref int at)
    {
        var begin = at;
        if (text[at] == '"')
        {
            return new QueryTerm(null, ReadQuoted(text, ref at), begin, begin);
        }

        while (at < text.Length && !char.IsWhiteSpace(text[at]) && text[at] is not ':' and not '"')
        {
            at++;
        }

        var name = text[begin..at];
        if (at == text.Length || text[at] != ':')
        {
            return at < text.Length && text[at] == '"'
                ? throw new SagaQueryException(at, "A quotation mark stands within a word. Put the whole word into quotation marks.")
                : new QueryTerm(null, name, begin, begin);
        }

        var valueAt = ++at;
        if (at < text.Length && text[at] == '"')
        {
            return new QueryTerm(name, ReadQuoted(text, ref at), begin, valueAt);
        }

        while (at < text.Length && !char.IsWhiteSpace(text[at]))
        {
            at++;
        }

        return at > valueAt
            ? new QueryTerm(name, text[valueAt..at], begin, valueAt)
            : throw new SagaQueryException(at, $"Nothing stands after '{name}:'. Say what it is to be, without a space before it.");
    }

    private static string ReadQuoted(string text, ref int at)
    {
        var (begin, value) = (at++, new StringBuilder());
        while (at < text.Length)
        {
            var c = text[at++];
            if (c == '"')
            {
                return at == text.Length || char.IsWhiteSpace(text[at]) ? value.ToString() : throw new SagaQueryException(at, "Put a space after the quotation mark.");
            }

            value.Append(c == '\\' && at < text.Length && text[at] is '"' or '\\' ? text[at++] : c);
        }

        throw new SagaQueryException(begin, "The quotation mark is not closed.");
    }
}

/// <summary>Ages such as <c>2h30m</c>.</summary>
internal static class QueryAge
{
    private static readonly (char Unit, TimeSpan Length)[] Units =
        [('w', TimeSpan.FromDays(7)), ('d', TimeSpan.FromDays(1)), ('h', TimeSpan.FromHours(1)), ('m', TimeSpan.FromMinutes(1)), ('s', TimeSpan.FromSeconds(1))];

    private static readonly TimeSpan Shortest = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Longest = TimeSpan.FromDays(36_500);

    /// <summary>Null when it is none.</summary>
    public static TimeSpan? Parse(ReadOnlySpan<char> text)
    {
        var (all, largest) = (TimeSpan.Zero, 0);
        while (text.Length > 0)
        {
            var digits = text.IndexOfAnyExceptInRange('0', '9');
            if (digits is < 1 or > 9)
            {
                return null;
            }

            // Each unit once, the longest first.
            var name = text[digits];
            var unit = Array.FindIndex(Units, largest, one => one.Unit == name);
            if (unit < 0)
            {
                return null;
            }

            var count = int.Parse(text[..digits], CultureInfo.InvariantCulture);
            if (count > (Longest - all) / Units[unit].Length)
            {
                return null;
            }

            all += Units[unit].Length * count;

            text = text[(digits + 1)..];
            largest = unit + 1;
        }

        return all > TimeSpan.Zero ? all : null;
    }

    /// <summary>In whole seconds, and at least one: no age is nothing.</summary>
    public static string Text(TimeSpan age)
    {
        age = age > Shortest ? age : Shortest;
        var text = new StringBuilder();
        foreach (var (unit, length) in Units)
        {
            var count = (long)(age / length);
            if (count > 0)
            {
                text.Append(CultureInfo.InvariantCulture, $"{count}{unit}");
                age -= length * count;
            }
        }

        return text.ToString();
    }
}
