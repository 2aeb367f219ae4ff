using Microsoft.CodeAnalysis;

namespace Skald.Generators.Generation;

/// <summary>What is asked of the compiler's symbols.</summary>
internal static class Symbols
{
    /// <summary>A type as C# writes it from anywhere: <c>global::Shop.Order</c>, without marks of what may be null.</summary>
    public static string Name(this ITypeSymbol type) =>
        type.WithNullableAnnotation(NullableAnnotation.None).ToDisplayString(SymbolDisplayFormat.FullyQualifiedFormat);

    /// <summary>The full name of what a type was made of, such as <c>Skald.Saga`1</c>.</summary>
    public static string MetadataName(this ITypeSymbol type) =>
        type.OriginalDefinition is INamedTypeSymbol { ContainingType: null, ContainingNamespace: { } space } definition ? $"{space.ToDisplayString()}.{definition.MetadataName}" : "";

    public static bool IsFrom(this ITypeSymbol type, string metadataName) => type.MetadataName() == metadataName;

    public static IEnumerable<INamedTypeSymbol> AndBases(this INamedTypeSymbol type)
    {
        for (var level = type; level is { SpecialType: not SpecialType.System_Object }; level = level.BaseType)
        {
            yield return level;
        }
    }

    public static AttributeData? Attribute(this ISymbol symbol, string metadataName) =>
        symbol.GetAttributes().FirstOrDefault(a => a.AttributeClass?.MetadataName() == metadataName);

    public static object? Named(this AttributeData attribute, string name) => attribute.NamedArguments.FirstOrDefault(a => a.Key == name).Value.Value;

    /// <summary>Whether code of this project may name the type.</summary>
    public static bool CanBeNamed(this ITypeSymbol type, Compilation compilation) => type switch
    {
        IArrayTypeSymbol array => array.ElementType.CanBeNamed(compilation),
        INamedTypeSymbol named => !named.IsAnonymousType && !named.IsFileLocal && !named.IsRefLikeType && compilation.IsSymbolAccessibleWithin(named, compilation.Assembly)
            && (named.ContainingType?.CanBeNamed(compilation) ?? IsTheOnly(named, compilation)) && named.TypeArguments.All(a => a.CanBeNamed(compilation)),
        _ => false,
    };

    /// <summary>Whether a name means this type, and not one of another assembly too. This project's own comes before others.</summary>
    private static bool IsTheOnly(INamedTypeSymbol type, Compilation compilation) =>
        SymbolEqualityComparer.Default.Equals(type.ContainingAssembly, compilation.Assembly) || compilation.GetTypesByMetadataName(type.MetadataName()) is { Length: <= 1 };

    /// <summary>Whether it is open: one of its own or of its containers' parameters has no type yet.</summary>
    public static bool IsOpen(this ITypeSymbol type) => type switch
    {
        ITypeParameterSymbol => true,
        IArrayTypeSymbol array => array.ElementType.IsOpen(),
        INamedTypeSymbol named => named.TypeArguments.Any(IsOpen) || (named.ContainingType?.IsOpen() ?? false),
        _ => false,
    };
}
