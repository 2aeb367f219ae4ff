using System.Globalization;
using System.Runtime.CompilerServices;

namespace Skald.Definition;

/// <summary>Checks values against the ranges that their documentation names. Each one outside of its range is a line in the list of problems.</summary>
public sealed class Ranges
{
    private readonly Action<string, string, string, string> _outside;

    /// <param name="outside">Told the name, the value, the least and the most.</param>
    internal Ranges(Action<string, string, string, string> outside) => _outside = outside;

    /// <summary>The value must be in this range, both ends included.</summary>
    /// <param name="value">The value.</param>
    /// <param name="least">The least.</param>
    /// <param name="most">The most.</param>
    /// <param name="name">The option's name; the expression passed as <paramref name="value"/> unless said.</param>
    public Ranges Between<T>(T value, T least, T most, [CallerArgumentExpression(nameof(value))] string name = "") where T : struct, IComparable<T>
    {
        if (value.CompareTo(least) < 0 || value.CompareTo(most) > 0)
        {
            _outside(name, Text(value), Text(least), Text(most));
        }

        return this;
    }

    private static string Text<T>(T value) => string.Create(CultureInfo.InvariantCulture, $"{value}");
}
