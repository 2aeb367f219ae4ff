using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using Skald.Definition;

namespace Skald.Messaging;

/// <summary>How JSON treats one type: what it loses, and what else is in it.</summary>
/// <param name="Losses">What does not come back.</param>
/// <param name="Inside">The types of its members, or of its elements, each with the member's name.</param>
internal sealed record JsonShape(ImmutableArray<Loss> Losses, ImmutableArray<(Type Type, string? Member)> Inside)
{
    private const string OrConverter = "or give it a JsonConverter";

    private static readonly JsonShape Whole = new([], []);

    /// <summary>These are written from the top, and built from the bottom.</summary>
    private static readonly Type[] Reversed = [typeof(Stack<>), typeof(ConcurrentStack<>), typeof(ImmutableStack<>), typeof(IImmutableStack<>)];

    public static JsonShape Of(Type type, JsonSerializerOptions options)
    {
        try
        {
            return Nullable.GetUnderlyingType(type) is { } value ? new JsonShape([], [(value, null)]) : Of(type, options.GetTypeInfo(type), options);
        }
        catch (Exception exception) when (exception is not OutOfMemoryException)
        {
            // Among them those of the type's own constructor.
            return Lost("System.Text.Json cannot handle it: " + exception.Message, $"Use another type, {OrConverter}");
        }
    }

    /// <summary>Whether a converter is the author's rather than one of System.Text.Json.</summary>
    public static bool IsCustom(JsonConverter converter) => converter.GetType().Assembly != typeof(JsonSerializer).Assembly;

    private static JsonShape Of(Type type, JsonTypeInfo info, JsonSerializerOptions options) =>
        IsCustom(info.Converter) ? Whole
        : info.Kind switch
        {
            JsonTypeInfoKind.Object => JsonMembers.Of(type, info),
            JsonTypeInfoKind.Enumerable or JsonTypeInfoKind.Dictionary => Collection(type, info, options),
            _ => Plain(type, info),
        };

    private static JsonShape Plain(Type type, JsonTypeInfo info) =>
        type == typeof(object) ? Lost("an object comes back as a JsonElement, whatever it was", "Name the type, or use JsonElement")
        : info.Converter.GetType().Name.StartsWith("UnsupportedTypeConverter", StringComparison.Ordinal)
            ? Lost("System.Text.Json does not write such a type", $"Leave it out, mark it [JsonIgnore], {OrConverter}")
        : Whole;

    private static JsonShape Collection(Type type, JsonTypeInfo info, JsonSerializerOptions options)
    {
        if (type.IsGenericType && Reversed.Contains(type.GetGenericTypeDefinition()))
        {
            return Lost("a stack comes back upside down", "Use a list");
        }

        if (info.KeyType is { } key && !CanBeKey(options.GetTypeInfo(key)))
        {
            return Lost($"{key.Readable()} cannot be the key of a JSON object", "Use a string, number, Guid, date or enum as the key, or a list of pairs");
        }

        if (!CanBeMade(info))
        {
            return Lost("such a collection cannot be made from JSON", "Use IReadOnlyList<T>, ImmutableArray<T>, ISet<T>, ImmutableHashSet<T>, IReadOnlyDictionary<TKey, TValue> or a concrete collection that can be added to");
        }

        return new JsonShape(
            [.. JsonFields.BesideElements(type).Select(name => new Loss(name, "the type is written as a collection, its elements only", "Keep it beside the collection, in a type of its own"))],
            info.ElementType is { } element ? [(element, null)] : []);
    }

    /// <summary>System.Text.Json tells only when it reads one.</summary>
    private static bool CanBeMade(JsonTypeInfo info)
    {
        try
        {
            return JsonSerializer.Deserialize(info.Kind == JsonTypeInfoKind.Dictionary ? "{}" : "[]", info) is not null;
        }
        catch (Exception exception) when (exception is NotSupportedException or InvalidOperationException or JsonException)
        {
            return false;
        }
    }

    private static bool CanBeKey(JsonTypeInfo key) => IsCustom(key.Converter)
        ? Overrides(key.Converter, nameof(JsonConverter<>.ReadAsPropertyName)) && Overrides(key.Converter, nameof(JsonConverter<>.WriteAsPropertyName))
        : key.Type.IsEnum || Type.GetTypeCode(key.Type) is not (TypeCode.Object or TypeCode.Empty or TypeCode.DBNull) || OtherKeys.Contains(key.Type);

    private static readonly Type[] OtherKeys =
        [typeof(Guid), typeof(DateTimeOffset), typeof(DateOnly), typeof(TimeOnly), typeof(TimeSpan), typeof(Uri), typeof(Version), typeof(Half), typeof(Int128), typeof(UInt128)];

    private static bool Overrides(JsonConverter converter, string method) =>
        !Reflected.IsWhole || Reflected.Method(converter.GetType(), method)?.DeclaringType is { } declaring && declaring.Assembly != typeof(JsonSerializer).Assembly;

    private static JsonShape Lost(string why, string fix) => new([new Loss(null, why, fix)], []);
}
