using System.Diagnostics.CodeAnalysis;
using System.Reflection;
using System.Runtime.CompilerServices;
using System.Text.Json;

namespace Skald.Definition;

/// <summary>
/// What reflection says of the author's types, for the checks at start-up. A program that is trimmed has only what its code uses: there the analyzers and the tests,
/// which run untrimmed, must have found what is wrong.
/// </summary>
[UnconditionalSuppressMessage("Trimming", "IL2026", Justification = "See IsWhole, and each member.")]
[UnconditionalSuppressMessage("Trimming", "IL2067", Justification = "See IsWhole, and each member.")]
[UnconditionalSuppressMessage("Trimming", "IL2070", Justification = "See IsWhole, and each member.")]
internal static class Reflected
{
    private const BindingFlags Own = BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.DeclaredOnly;

    /// <summary>Whether all members of all types are there. Trimming takes JSON's reflection away with them.</summary>
    public static bool IsWhole => JsonSerializer.IsReflectionEnabledByDefault;

    /// <summary>The instance fields that a type declares itself. All of them where <see cref="IsWhole"/>.</summary>
    public static IEnumerable<FieldInfo> Fields(Type type) => type.GetFields(Own);

    /// <summary>A property that a type declares itself, whatever the case of its name.</summary>
    public static PropertyInfo? OwnProperty(Type? type, string name) => type?.GetProperty(name, Own | BindingFlags.IgnoreCase);

    /// <summary>A public property.</summary>
    public static PropertyInfo? PublicProperty(Type? type, string name) => type?.GetProperty(name);

    /// <summary>The public properties. Those that are written as JSON are always there: what writes them names them.</summary>
    public static IEnumerable<PropertyInfo> PublicProperties(Type type) =>
        type.GetProperties(BindingFlags.Instance | BindingFlags.Public).Where(p => p.GetIndexParameters().Length == 0);

    /// <summary>The replies that a command names in its type. A type keeps the interfaces that the program knows.</summary>
    public static IEnumerable<Type> Replies(Type command) =>
        command.GetInterfaces().Where(i => i.IsGenericType && i.GetGenericTypeDefinition() == typeof(ICommand<>)).Select(i => i.GetGenericArguments()[0]);

    /// <summary>Which method of that name an object has. Where <see cref="IsWhole"/>.</summary>
    public static MethodInfo? Method(Type type, string name) => type.GetMethod(name);

    /// <summary>The value of a value type that is all zero.</summary>
    public static object Zero(Type type) => RuntimeHelpers.GetUninitializedObject(type);

    /// <summary>The types of an assembly that can be loaded. All of them where <see cref="IsWhole"/>.</summary>
    public static IEnumerable<Type> Types(Assembly assembly)
    {
        try
        {
            return assembly.GetTypes();
        }
        catch (ReflectionTypeLoadException exception)
        {
            return exception.Types.OfType<Type>();
        }
    }
}
