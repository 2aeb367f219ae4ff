using System.Globalization;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;

namespace Skald.Generators.Generation;

/// <summary>Constants as C# writes them.</summary>
internal static class Literals
{
    public static string Of(string? text) => text is null ? "null" : SymbolDisplay.FormatLiteral(text, quote: true);

    /// <summary>The value that a parameter has when nothing is given for it.</summary>
    public static string Of(object? value, ITypeSymbol type) => value switch
    {
        null => $"default({type.Name()})",
        float.NaN or double.NaN => $"{type.Name()}.NaN",
        float or double when value is float.PositiveInfinity or double.PositiveInfinity => $"{type.Name()}.PositiveInfinity",
        float or double when value is float.NegativeInfinity or double.NegativeInfinity => $"{type.Name()}.NegativeInfinity",
        decimal number => $"({type.Name()})({number.ToString(CultureInfo.InvariantCulture)}m)",
        // All digits, whichever runtime the compiler has.
        float number => $"({type.Name()})({number.ToString("G9", CultureInfo.InvariantCulture)}f)",
        double number => $"({type.Name()})({number.ToString("G17", CultureInfo.InvariantCulture)}d)",
        _ => $"({type.Name()})({SymbolDisplay.FormatPrimitive(value, quoteStrings: true, useHexadecimalNumbers: false)})",
    };
}
