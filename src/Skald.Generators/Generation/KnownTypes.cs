using Microsoft.CodeAnalysis;

namespace Skald.Generators.Generation;

/// <summary>What System.Text.Json writes by itself.</summary>
internal static class KnownTypes
{
    public const string Services = "global::System.Text.Json.Serialization.Metadata.JsonMetadataServices";

    private const string Values = "global::System.Text.Json.Serialization.Metadata.JsonCollectionInfoValues";

    private static readonly HashSet<string> Plain =
    [
        "Boolean", "Byte", "SByte", "Int16", "UInt16", "Int32", "UInt32", "Int64", "UInt64", "Int128", "UInt128", "Half", "Single", "Double", "Decimal", "Char", "String", "Object",
        "DateTime", "DateTimeOffset", "DateOnly", "TimeOnly", "TimeSpan", "Guid", "Uri", "Version",
    ];

    private static readonly HashSet<string> Documents = ["JsonElement", "JsonDocument"];

    private static readonly HashSet<string> Nodes = ["JsonNode", "JsonObject", "JsonArray", "JsonValue"];

    /// <summary>Collection, with its call, what makes an empty one, and what fills one from a list.</summary>
    private static readonly Dictionary<string, (string Make, bool IsMade, string? From)> Collections = new()
    {
        ["System.Collections.Generic.List`1"] = ("CreateListInfo", true, null),
        ["System.Collections.Generic.IList`1"] = ("CreateIListInfo", false, null),
        ["System.Collections.Generic.ICollection`1"] = ("CreateICollectionInfo", false, null),
        ["System.Collections.Generic.IEnumerable`1"] = ("CreateIEnumerableInfo", false, null),
        ["System.Collections.Generic.IReadOnlyCollection`1"] = ("CreateIEnumerableInfo", false, null),
        ["System.Collections.Generic.IReadOnlyList`1"] = ("CreateIEnumerableInfo", false, null),
        ["System.Collections.Generic.ISet`1"] = ("CreateISetInfo", false, null),
        ["System.Collections.Generic.HashSet`1"] = ("CreateISetInfo", true, null),
        ["System.Collections.Generic.SortedSet`1"] = ("CreateISetInfo", true, null),
        ["System.Collections.Generic.Queue`1"] = ("CreateQueueInfo", true, null),
        ["System.Collections.Generic.Dictionary`2"] = ("CreateDictionaryInfo", true, null),
        ["System.Collections.Generic.IDictionary`2"] = ("CreateIDictionaryInfo", false, null),
        ["System.Collections.Generic.SortedDictionary`2"] = ("CreateIDictionaryInfo", true, null),
        ["System.Collections.Generic.IReadOnlyDictionary`2"] = ("CreateIReadOnlyDictionaryInfo", false, null),
        ["System.Collections.Immutable.ImmutableArray`1"] = ("CreateImmutableEnumerableInfo", false, "ImmutableArray"),
        ["System.Collections.Immutable.ImmutableList`1"] = ("CreateImmutableEnumerableInfo", false, "ImmutableList"),
        ["System.Collections.Immutable.IImmutableList`1"] = ("CreateImmutableEnumerableInfo", false, "ImmutableList"),
        ["System.Collections.Immutable.ImmutableHashSet`1"] = ("CreateImmutableEnumerableInfo", false, "ImmutableHashSet"),
        ["System.Collections.Immutable.IImmutableSet`1"] = ("CreateImmutableEnumerableInfo", false, "ImmutableHashSet"),
        ["System.Collections.Immutable.ImmutableSortedSet`1"] = ("CreateImmutableEnumerableInfo", false, "ImmutableSortedSet"),
        ["System.Collections.Immutable.ImmutableQueue`1"] = ("CreateImmutableEnumerableInfo", false, "ImmutableQueue"),
        ["System.Collections.Immutable.ImmutableDictionary`2"] = ("CreateImmutableDictionaryInfo", false, "ImmutableDictionary"),
        ["System.Collections.Immutable.IImmutableDictionary`2"] = ("CreateImmutableDictionaryInfo", false, "ImmutableDictionary"),
        ["System.Collections.Immutable.ImmutableSortedDictionary`2"] = ("CreateImmutableDictionaryInfo", false, "ImmutableSortedDictionary"),
    };

    public static bool IsSystem(INamedTypeSymbol type) =>
        type.ContainingNamespace?.ToDisplayString() is { } space && (space == "System" || space.StartsWith("System.", StringComparison.Ordinal));

    /// <summary>Whether System.Text.Json would write an author's type as a list or dictionary.</summary>
    public static bool IsCollection(INamedTypeSymbol type) => type.AllInterfaces.Any(i => i.SpecialType == SpecialType.System_Collections_IEnumerable);

    /// <summary>The member of <see cref="Services"/> that is a type's converter; null for none.</summary>
    public static string? Converter(ITypeSymbol type) => type switch
    {
        IArrayTypeSymbol { Rank: 1, ElementType.SpecialType: SpecialType.System_Byte } => "ByteArrayConverter",
        INamedTypeSymbol { IsGenericType: false, ContainingType: null } named => named.ContainingNamespace.ToDisplayString() switch
        {
            "System" when Plain.Contains(named.Name) => named.Name + "Converter",
            "System.Text.Json" when Documents.Contains(named.Name) => named.Name + "Converter",
            "System.Text.Json.Nodes" when Nodes.Contains(named.Name) => named.Name + "Converter",
            _ => null,
        },
        _ => null,
    };

    public static JsonCollectionModel? Collection(ITypeSymbol type, string name)
    {
        if (type is IArrayTypeSymbol { Rank: 1 } array)
        {
            return new JsonCollectionModel(name, $"{Services}.CreateArrayInfo<{array.ElementType.Name()}>", null, "");
        }

        if (type is not INamedTypeSymbol { IsGenericType: true } named || !Collections.TryGetValue(named.MetadataName(), out var known))
        {
            return null;
        }

        var arguments = string.Join(", ", named.TypeArguments.Select(Symbols.Name));
        return new JsonCollectionModel(
            name,
            $"{Services}.{known.Make}<{name}, {arguments}>",
            known.IsMade ? $"static () => new {name}()" : null,
            known.From is null ? "" : $", global::System.Collections.Immutable.{known.From}.CreateRange<{arguments}>");
    }

    /// <summary>The values that describe a collection.</summary>
    public static string ValuesOf(JsonCollectionModel collection) => $"new {Values}<{collection.Type}> {{ {(collection.Creator is null ? "" : $"ObjectCreator = {collection.Creator}")} }}";
}
