using System.Security.Cryptography;
using System.Text;
using Skald.Definition;

namespace Skald.EventSourcing;

/// <summary>A short word for how a state type looks, so that a snapshot of another look is not read.</summary>
internal static class StateShape
{
    public static string Of(Type type)
    {
        var text = new StringBuilder();
        Describe(type, text, []);
        return Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text.ToString())).AsSpan(0, 8));
    }

    private static void Describe(Type type, StringBuilder text, HashSet<Type> seen)
    {
        // Full names only of types that are not the author's: renaming a class does not change what is stored.
        var own = type.Namespace is not { } space || !(space == "System" || space.StartsWith("System.", StringComparison.Ordinal));
        text.Append(own && !type.IsEnum ? "{" : type.Name);
        foreach (var argument in type.GenericTypeArguments)
        {
            Describe(argument, text.Append(' '), seen);
        }

        if (type.GetElementType() is { } element)
        {
            Describe(element, text.Append(' '), seen);
        }

        if (!own || !seen.Add(type))
        {
            return;
        }

        if (type.IsEnum)
        {
            text.AppendJoin(',', Enum.GetNames(type));
            return;
        }

        foreach (var property in Reflected.PublicProperties(type).OrderBy(p => p.Name, StringComparer.Ordinal))
        {
            Describe(property.PropertyType, text.Append(property.Name).Append(':'), seen);
            text.Append(';');
        }

        text.Append('}');
    }
}
