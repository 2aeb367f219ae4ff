using System.Globalization;
using System.Runtime.CompilerServices;

namespace Skald;

/// <summary>Checks options when they are handed over.</summary>
internal static class OptionRange
{
    /// <exception cref="ArgumentOutOfRangeException">The value is outside of the range, which both ends belong to.</exception>
    public static void Between<T>(T value, T least, T most, string options, [CallerArgumentExpression(nameof(value))] string name = "") where T : struct, IComparable<T>
    {
        if (value.CompareTo(least) < 0 || value.CompareTo(most) > 0)
        {
            throw new ArgumentOutOfRangeException(name, value, string.Create(CultureInfo.InvariantCulture, $"{options}.{name} must be {least} to {most}."));
        }
    }
}
