namespace Skald.Messaging;

/// <summary>Types as people read them.</summary>
internal static class TypeNames
{
    /// <summary>The name with its type arguments, without namespaces: <c>List&lt;Order&gt;</c>.</summary>
    public static string Readable(this Type type)
    {
        if (!type.IsGenericType)
        {
            return type.Name;
        }

        var name = type.Name.Split('`')[0];
        return $"{name}<{string.Join(", ", type.GetGenericArguments().Select(Readable))}>";
    }

    /// <summary>Whether a type is not one of .NET's: its author can change it.</summary>
    public static bool IsOwn(this Type type) => type.Namespace is not { } space || !(space == "System" || space.StartsWith("System.", StringComparison.Ordinal));
}
