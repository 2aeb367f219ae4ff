using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Numerics;
using System.Reflection;
using Skald.Definition;

namespace Skald.Messaging;

/// <summary>Types whose values nobody can change in place: the same object is the same state, and need not be looked into.</summary>
internal static class Unchangeable
{
    private static readonly HashSet<Type> Plain =
    [
        typeof(string), typeof(decimal), typeof(Guid), typeof(DateTime), typeof(DateTimeOffset), typeof(DateOnly), typeof(TimeOnly), typeof(TimeSpan),
        typeof(Uri), typeof(Version), typeof(Half), typeof(Int128), typeof(UInt128), typeof(BigInteger),
    ];

    private static readonly HashSet<Type> Collections =
    [
        typeof(ImmutableArray<>), typeof(ImmutableList<>), typeof(ImmutableHashSet<>), typeof(ImmutableSortedSet<>), typeof(ImmutableQueue<>),
        typeof(ImmutableDictionary<,>), typeof(ImmutableSortedDictionary<,>),
    ];

    private static readonly ConcurrentDictionary<Type, bool> Known = new();

    /// <summary>Whether every value of exactly this type is one. When in doubt it is not.</summary>
    public static bool Is(Type type) => Known.GetOrAdd(type, static t => Find(t, []));

    private static bool Find(Type type, HashSet<Type> open)
    {
        if (type.IsPrimitive || type.IsEnum || Plain.Contains(type))
        {
            return true;
        }

        if (type.IsGenericType && (Collections.Contains(type.GetGenericTypeDefinition()) || type.GetGenericTypeDefinition() == typeof(Nullable<>)))
        {
            return type.GetGenericArguments().All(argument => IsAsMember(argument, open));
        }

        return Reflected.IsWhole && type is { IsInterface: false, IsArray: false, IsAbstract: false, IsPointer: false } && type != typeof(object) && type.IsOwn()
            // A type within itself is what the rest of it is.
            && (!open.Add(type) || Fields(type).All(field => field.IsInitOnly && IsAsMember(field.FieldType, open)));
    }

    /// <summary>A member may hold a value of a derived type as well.</summary>
    private static bool IsAsMember(Type type, HashSet<Type> open) => (type.IsSealed || type.IsValueType) && Find(type, open);

    private static IEnumerable<FieldInfo> Fields(Type type)
    {
        for (var part = type; part is not null && part != typeof(object) && part != typeof(ValueType); part = part.BaseType)
        {
            foreach (var field in Reflected.Fields(part))
            {
                yield return field;
            }
        }
    }
}
