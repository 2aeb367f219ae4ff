using System.Collections;
using System.Reflection;
using System.Text.Json.Serialization;
using Skald.Definition;

namespace Skald.Messaging;

/// <summary>
/// Where a type keeps what it knows: its instance fields. A property without one is computed from the others; a field that no
/// property brings back is lost.
/// </summary>
internal static class JsonFields
{
    /// <param name="type">The type.</param>
    /// <param name="comeBack">The names of the members that JSON brings back.</param>
    /// <param name="ignored">Those of which the author says that they are not to be written.</param>
    public static IEnumerable<Loss> Lost(Type type, HashSet<string> comeBack, HashSet<string> ignored)
    {
        foreach (var field in Levels(type).SelectMany(Reflected.Fields))
        {
            var name = MemberOf(field);
            string[] names = [name, field.Name];
            if (!names.Any(comeBack.Contains) && !names.Any(ignored.Contains) && !field.IsDefined(typeof(JsonIgnoreAttribute)))
            {
                yield return Explain(field, Reflected.OwnProperty(field.DeclaringType, name));
            }
        }
    }

    /// <summary>What a collection of the author's keeps besides its elements.</summary>
    public static IEnumerable<string> BesideElements(Type type)
    {
        var mine = Levels(type).TakeWhile(level => level.IsOwn()).ToList();
        // One that derives from a collection has its elements there; one that does not has them in a field of its own.
        var derives = mine.Count > 0 && mine[^1].BaseType is { } parent && typeof(IEnumerable).IsAssignableFrom(parent);
        return mine.SelectMany(Reflected.Fields)
            .Where(field => (derives || field.IsPublic || IsBehindPublicProperty(field)) && !field.IsDefined(typeof(JsonIgnoreAttribute)))
            .Select(MemberOf);
    }

    private static IEnumerable<Type> Levels(Type type)
    {
        for (var level = type; level is not null && level != typeof(object); level = level.BaseType)
        {
            yield return level;
        }
    }

    private static bool IsBehindPublicProperty(FieldInfo field) =>
        field.Name[0] == '<' && Reflected.PublicProperty(field.DeclaringType, MemberOf(field))?.GetMethod is { IsPublic: true };

    /// <summary>The name of the property or parameter that a field stands for: <c>&lt;Name&gt;k__BackingField</c>, <c>_name</c>.</summary>
    private static string MemberOf(FieldInfo field)
    {
        var name = field.Name;
        if (name[0] == '<')
        {
            name = name[1..name.LastIndexOf('>')];
            return name[(name.LastIndexOf('.') + 1)..];
        }

        return (name.StartsWith("m_", StringComparison.Ordinal) ? name[2..] : name.TrimStart('_')) is { Length: > 0 } trimmed ? trimmed : name;
    }

    private static Loss Explain(FieldInfo field, PropertyInfo? property)
    {
        const string orIgnore = "or mark it [JsonIgnore] if it may be forgotten";
        if (property is null)
        {
            return field.IsPublic
                ? new Loss(field.Name, "it is a field, and fields are not written", $"Make it a property, add [JsonInclude], {orIgnore}")
                : new Loss(field.Name, "it is a private field, which is not written", $"Keep it in a property, {orIgnore}");
        }

        // A property without a getter of its own has no field.
        return property.GetMethod is not { IsPublic: true } ? new Loss(property.Name, "it cannot be read from outside, so it is not written", $"Make it public, add [JsonInclude], {orIgnore}")
            : property.SetMethod is null ? new Loss(property.Name, "it has no setter, and no parameter of the constructor is named as it is", $"Add init, or such a parameter, {orIgnore}")
            : property.SetMethod is { IsPublic: true } ? new Loss(property.Name, "[JsonIgnore] keeps it from being read", "Remove the condition")
            : new Loss(property.Name, "its setter is not public", $"Add [JsonInclude], make the setter public or init, {orIgnore}");
    }
}
