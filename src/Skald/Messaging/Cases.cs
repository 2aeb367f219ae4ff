using System.Collections.Concurrent;
using System.Reflection;
using System.Text.Json.Serialization.Metadata;
using Skald.Definition;

namespace Skald.Messaging;

/// <summary>Types that a member of a base type may hold, as far as the base's own assembly knows them.</summary>
internal static class Cases
{
    private static readonly ConcurrentDictionary<Assembly, ILookup<Type, Type>> Known = new();

    /// <summary>
    /// What would be lost of a value inside another, because it is written as its base. The value on top is written as what it is,
    /// and refused when that is not what is read.
    /// </summary>
    public static Loss? Narrowed(Type type, JsonTypeInfo info)
    {
        if (!Reflected.IsWhole || !type.IsClass || type.IsSealed || type.IsAbstract || !type.IsOwn() || info.Kind != JsonTypeInfoKind.Object || info.PolymorphismOptions is not null || JsonShape.IsCustom(info.Converter))
        {
            return null;
        }

        var definition = type.IsGenericType ? type.GetGenericTypeDefinition() : type;
        var derived = Known.GetOrAdd(type.Assembly, Derived)[definition].FirstOrDefault(child => child.BaseType == type);
        return derived is null ? null : new Loss(
            null, $"a {derived.Readable()} in its place is written as a {type.Readable()}, without what it has besides",
            $"Add [JsonDerivedType] with a discriminator for each case to {type.Readable()}, seal it, or give it a JsonConverter");
    }

    private static ILookup<Type, Type> Derived(Assembly assembly) => Reflected.Types(assembly)
        .Where(type => type.BaseType is not null)
        .ToLookup(type => type.BaseType is { IsGenericType: true } generic ? generic.GetGenericTypeDefinition() : type.BaseType!); // The line above leaves those that have one.
}
