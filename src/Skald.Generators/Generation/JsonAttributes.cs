using Microsoft.CodeAnalysis;

namespace Skald.Generators.Generation;

/// <summary>What the attributes of System.Text.Json ask for.</summary>
internal static class JsonAttributes
{
    public const string Constructor = Namespace + "JsonConstructorAttribute";
    public const string Converter = Namespace + "JsonConverterAttribute";
    public const string Include = Namespace + "JsonIncludeAttribute";
    public const string Required = Namespace + "JsonRequiredAttribute";
    public const string SetsRequired = "System.Diagnostics.CodeAnalysis.SetsRequiredMembersAttribute";

    private const string Namespace = "System.Text.Json.Serialization.";
    private const string Derived = Namespace + "JsonDerivedTypeAttribute";
    private const string Extension = Namespace + "JsonExtensionDataAttribute";
    private const string Ignore = Namespace + "JsonIgnoreAttribute";
    private const string Name = Namespace + "JsonPropertyNameAttribute";
    private const string Numbers = Namespace + "JsonNumberHandlingAttribute";
    private const string Order = Namespace + "JsonPropertyOrderAttribute";

    // What a base lists of its cases, System.Text.Json reads itself.
    private static readonly HashSet<string> Known = [Constructor, Converter, Include, Required, Derived, Ignore, Name, Order, Namespace + "JsonPolymorphicAttribute", Namespace + "JsonAttribute"];

    /// <summary>Whether one of a type's, or of a property's, asks for what is not known here.</summary>
    public static bool HasUnknown(ISymbol symbol) => symbol.GetAttributes()
        .SelectMany(a => a.AttributeClass?.AndBases() ?? [])
        .Select(attribute => attribute.MetadataName())
        .Any(name => IsConverterOfTheirOwn(symbol, name) || name.StartsWith(Namespace, StringComparison.Ordinal) && !Known.Contains(name) && !(symbol is IPropertySymbol && name is Extension or Numbers));

    /// <summary>An attribute that makes a converter itself.</summary>
    private static bool IsConverterOfTheirOwn(ISymbol symbol, string name) => name == Converter && symbol.Attribute(Converter) is null;

    /// <summary>Whether a member is neither written nor read.</summary>
    public static bool IsIgnored(IPropertySymbol property) => property.Attribute(Ignore) is { } ignore && ignore.Named("Condition") is null or 1;

    /// <summary>Whether code that names it does not compile.</summary>
    public static bool IsForbidden(ISymbol symbol) => symbol.GetAttributes().Any(a => a.AttributeClass?.MetadataName() == "System.ObsoleteAttribute" && a.ConstructorArguments is [_, { Value: true }]);

    public static string? NameOf(IPropertySymbol property) => property.Attribute(Name)?.ConstructorArguments is [{ Value: string name }] ? name : null;

    public static int OrderOf(IPropertySymbol property) => property.Attribute(Order)?.ConstructorArguments is [{ Value: int order }] ? order : 0;

    /// <summary>The condition under which a member is not written; null for none.</summary>
    public static string? IgnoreOf(IPropertySymbol property) =>
        property.Attribute(Ignore) is { } ignore ? $"(global::{Namespace}JsonIgnoreCondition){(ignore.Named("Condition") is int condition ? condition : 1)}" : null;

    /// <summary>How a member's numbers are written, where it is not as the options say.</summary>
    public static string? NumbersOf(IPropertySymbol property) =>
        property.Attribute(Numbers)?.ConstructorArguments is [{ Value: int handling }] ? $"(global::{Namespace}JsonNumberHandling){handling}" : null;

    /// <summary>Whether a member takes what no other one does.</summary>
    public static bool IsExtension(IPropertySymbol property) => property.Attribute(Extension) is not null;

    public static IEnumerable<ITypeSymbol> DerivedTypes(ITypeSymbol type) => type.GetAttributes()
        .Where(a => a.AttributeClass?.MetadataName() == Derived)
        .Select(a => a.ConstructorArguments.FirstOrDefault().Value)
        .OfType<ITypeSymbol>();

    /// <summary>Code that gives the author's converter; null when it cannot be made here.</summary>
    public static string? ConverterOf(AttributeData attribute, string type, Compilation compilation) =>
        attribute.ConstructorArguments is [{ Value: INamedTypeSymbol converter }] && !converter.IsUnboundGenericType && converter.CanBeNamed(compilation)
            && converter.InstanceConstructors.Any(c => c.Parameters.Length == 0 && c.DeclaredAccessibility == Accessibility.Public)
            && !NeedsReflection(converter)
            ? $"Converter(new {converter.Name()}(), typeof({type}), options)" : null;

    /// <summary>The one for every enum makes its converters when it runs.</summary>
    private static bool NeedsReflection(ITypeSymbol converter) => converter.MetadataName() == Namespace + "JsonStringEnumConverter";
}
