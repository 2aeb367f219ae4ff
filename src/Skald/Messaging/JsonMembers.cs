using System.Collections.Immutable;
using System.Reflection;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using Skald.Definition;

namespace Skald.Messaging;

/// <summary>What becomes of the members of a type that is written as a JSON object.</summary>
internal static class JsonMembers
{
    private static readonly Loss NoConstructor = new(
        null, "it has no constructor that System.Text.Json can use",
        "Give it a public constructor, one only or marked [JsonConstructor], whose parameters are named as its properties");

    public static JsonShape Of(Type type, JsonTypeInfo info)
    {
        var cases = info.PolymorphismOptions?.DerivedTypes.Select(d => (d.DerivedType, (string?)null)) ?? [];
        ImmutableArray<(Type, string?)> inside = [.. cases, .. info.Properties.Where(p => ComesBack(p, info) && p.CustomConverter is null).Select(p => (p.PropertyType, (string?)NameOf(p)))];
        List<Loss> losses = [.. Narrowed(info)];
        if (type.IsAbstract)
        {
            losses.AddRange(info.PolymorphismOptions is null ? [Unknown(type)] : []);
            return new JsonShape([.. losses], inside);
        }

        if (!CanBeMade(info))
        {
            return new JsonShape([.. losses, NoConstructor], inside);
        }

        losses.AddRange(Parameters(info));
        losses.AddRange(Defaults(info));
        losses.AddRange(JsonFields.Lost(type, NamesOf(info, p => ComesBack(p, info)), NamesOf(info, IsIgnored)));
        return new JsonShape([.. losses.DistinctBy(l => l.Member ?? l.Why, StringComparer.OrdinalIgnoreCase)], inside);
    }

    /// <summary>The C# name of the member behind a JSON property.</summary>
    private static string NameOf(JsonPropertyInfo property) => (property.AttributeProvider as MemberInfo)?.Name ?? property.Name;

    private static HashSet<string> NamesOf(JsonTypeInfo info, Func<JsonPropertyInfo, bool> which) =>
        new(info.Properties.Where(which).Select(NameOf), StringComparer.OrdinalIgnoreCase);

    private static bool ComesBack(JsonPropertyInfo property, JsonTypeInfo info) =>
        IsWritten(property) && (property.Set is not null || property.AssociatedParameter is not null || IsFilled(property, info));

    /// <summary>A collection that the constructor makes is filled instead of replaced.</summary>
    private static bool IsFilled(JsonPropertyInfo property, JsonTypeInfo info) =>
        (property.ObjectCreationHandling ?? info.PreferredPropertyObjectCreationHandling) == JsonObjectCreationHandling.Populate;

    private static bool IsWritten(JsonPropertyInfo property) => property.Get is not null && ConditionOf(property) != JsonIgnoreCondition.WhenWriting;

    private static bool IsIgnored(JsonPropertyInfo property) =>
        !IsWritten(property) && property.ShouldSerialize is not null && property.AssociatedParameter is null;

    private static JsonIgnoreCondition? ConditionOf(JsonPropertyInfo property) =>
        property.AttributeProvider?.GetCustomAttributes(typeof(JsonIgnoreAttribute), inherit: true) is [JsonIgnoreAttribute ignore] ? ignore.Condition : null;

    private static bool CanBeMade(JsonTypeInfo info) =>
        info.CreateObject is not null || info.ConstructorAttributeProvider is ConstructorInfo || info.Properties.Any(p => p.AssociatedParameter is not null);

    private static Loss Unknown(Type type) => new(
        null, $"it is {(type.IsInterface ? "an interface" : "abstract")}, and JSON does not say which type it was",
        "Use a concrete type, or add a [JsonDerivedType] with a discriminator for each case");

    private static IEnumerable<Loss> Narrowed(JsonTypeInfo info)
    {
        if (info.PolymorphismOptions is not { } options)
        {
            yield break;
        }

        foreach (var derived in options.DerivedTypes.Where(d => d.TypeDiscriminator is null))
        {
            yield return new Loss(null, $"{derived.DerivedType.Readable()} is written without saying so and comes back as {info.Type.Readable()}", "Give its [JsonDerivedType] a discriminator");
        }

        if (options.UnknownDerivedTypeHandling != JsonUnknownDerivedTypeHandling.FailSerialization)
        {
            yield return new Loss(null, "a derived type that it does not list is written as a base", "Leave out UnknownDerivedTypeHandling, so that such a value is refused");
        }
    }

    private static IEnumerable<Loss> Parameters(JsonTypeInfo info)
    {
        if (info.CreateObject is not null || info.ConstructorAttributeProvider is not ConstructorInfo constructor)
        {
            yield break;
        }

        foreach (var parameter in constructor.GetParameters())
        {
            var bound = info.Properties.FirstOrDefault(p => p.AssociatedParameter?.Name == parameter.Name);
            if (bound is null)
            {
                yield return new Loss(parameter.Name, "this parameter of the constructor matches no property in name and type, so nothing is written for it", "Give both the same name and type");
            }
            else if (!IsWritten(bound))
            {
                yield return new Loss(NameOf(bound), "the constructor needs it, but [JsonIgnore] keeps it from being written", "Remove [JsonIgnore], or make it a property beside the constructor");
            }
        }
    }

    /// <summary>What is left out when it is null or zero comes back as whatever a new object has.</summary>
    private static IEnumerable<Loss> Defaults(JsonTypeInfo info) => info.Properties
        .Where(p => p.Get is not null && ConditionOf(p) is JsonIgnoreCondition.WhenWritingNull or JsonIgnoreCondition.WhenWritingDefault && StartsOtherwise(p, info))
        .Select(p => new Loss(NameOf(p), "it is left out when it is null or zero, and a new object has another value there", "Remove the condition from [JsonIgnore], or the default value"));

    private static bool StartsOtherwise(JsonPropertyInfo property, JsonTypeInfo info)
    {
        var nothing = property.PropertyType.IsValueType && Nullable.GetUnderlyingType(property.PropertyType) is null ? Reflected.Zero(property.PropertyType) : null;
        // Get is there: asked by the caller.
        return property.AssociatedParameter is { } parameter ? parameter.HasDefaultValue && !Equals(parameter.DefaultValue, nothing)
            : info.CreateObject is { } create && !Equals(property.Get!(create()), nothing);
    }
}
