using System.Collections.Concurrent;
using System.Reflection;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization.Metadata;

namespace Skald.Messaging;

/// <summary>Puts a mask in the place of what must not be shown (<see cref="SensitiveAttribute"/>).</summary>
/// <param name="options">How the types are written.</param>
internal sealed class Redaction(JsonSerializerOptions options)
{
    /// <summary>What stands in its place.</summary>
    public const string Mask = "***";

    private readonly ConcurrentDictionary<Type, bool> _holds = new();

    /// <summary>Whether there is something to hide in a value of this type.</summary>
    public bool IsSensitive(Type type) => _holds.GetOrAdd(type, static (root, self) => self.Holds(root), this);

    /// <summary>JSON as it may be shown. What cannot be read as a value of its type is hidden as a whole, if its type has something to hide.</summary>
    /// <param name="json">A value.</param>
    /// <param name="types">The types as which it is read.</param>
    public ReadOnlyMemory<byte> Hide(ReadOnlyMemory<byte> json, params IEnumerable<Type> types)
    {
        List<Type> holding = [.. types.Where(IsSensitive)];
        if (holding.Count == 0)
        {
            return json;
        }

        try
        {
            var node = holding.Aggregate(JsonNode.Parse(json.Span), Shown);
            return Encoding.UTF8.GetBytes(node?.ToJsonString() ?? "null");
        }
        catch (Exception exception) when (exception is not OutOfMemoryException)
        {
            // Others send what they like: members twice, names that are no text.
            return Encoding.UTF8.GetBytes($"\"{Mask}\"");
        }
    }

    /// <summary>A value as it may be shown. One that is not of its type's kind is hidden as a whole, if its type has something to hide.</summary>
    private JsonNode? Shown(JsonNode? node, Type type)
    {
        switch (node, InfoOf(type))
        {
            case (null, _):
                return node;
            case (JsonObject whole, { Kind: JsonTypeInfoKind.Object } info):
                HideMembers(whole, [.. Cases(info)]);
                return node;
            case (JsonObject whole, { Kind: JsonTypeInfoKind.Dictionary, ElementType: { } element }):
                whole.ToList().ForEach(entry => Put(entry.Value, Shown(entry.Value, element), shown => whole[entry.Key] = shown));
                return node;
            case (JsonArray list, { Kind: JsonTypeInfoKind.Enumerable, ElementType: { } element }):
                for (var i = 0; i < list.Count; i++)
                {
                    Put(list[i], Shown(list[i], element), shown => list[i] = shown);
                }

                return node;
            default:
                return IsSensitive(type) ? Mask : node;
        }
    }

    private void HideMembers(JsonObject whole, List<JsonTypeInfo> cases)
    {
        var hasHidden = cases.SelectMany(one => one.Properties).Any(IsHidden);
        foreach (var (name, value) in whole.ToList())
        {
            // Others write names as they like; they are read so, too.
            var known = cases.SelectMany(one => one.Properties).Where(property => string.Equals(name, property.Name, StringComparison.OrdinalIgnoreCase)).ToList();
            if (known.Exists(IsHidden) || known.Exists(property => property.CustomConverter is not null && IsSensitive(property.PropertyType)) || (hasHidden && !known.Exists(IsUsed) && !name.StartsWith('$')))
            {
                // A name that nobody knows may be that of a hidden member, misspelt.
                whole[name] = Mask;
            }
            else
            {
                known.Where(IsWalked).ToList().ForEach(property => Put(whole[name], Shown(whole[name], property.PropertyType), shown => whole[name] = shown));
            }
        }
    }

    private static void Put(JsonNode? was, JsonNode? shown, Action<JsonNode?> put)
    {
        if (!ReferenceEquals(was, shown))
        {
            put(shown);
        }
    }

    private bool Holds(Type root)
    {
        var seen = new HashSet<Type> { root };
        var open = new Queue<Type>([root]);
        while (open.TryDequeue(out var type))
        {
            if (InfoOf(type) is not { } info)
            {
                // Nobody can tell.
                return true;
            }

            var inside = Cases(info).SelectMany(one => one.Properties).ToList();
            if (inside.Exists(IsHidden))
            {
                return true;
            }

            foreach (var inner in inside.Where(IsWalked).Select(property => property.PropertyType).Append(info.ElementType).OfType<Type>().Where(seen.Add))
            {
                open.Enqueue(inner);
            }
        }

        return false;
    }

    /// <summary>Null for a type that is not known here as JSON.</summary>
    private JsonTypeInfo? InfoOf(Type type) => options.TryGetTypeInfo(Nullable.GetUnderlyingType(type) ?? type, out var info) ? info : null;

    private IEnumerable<JsonTypeInfo> Cases(JsonTypeInfo info) =>
        [info, .. info.PolymorphismOptions?.DerivedTypes.Where(derived => derived.DerivedType != info.Type).Select(derived => InfoOf(derived.DerivedType)).OfType<JsonTypeInfo>() ?? []];

    /// <summary>Whether it is written as its type says.</summary>
    private static bool IsWalked(JsonPropertyInfo property) => IsUsed(property) && property.CustomConverter is null;

    /// <summary>One that is ignored is neither read nor written.</summary>
    private static bool IsUsed(JsonPropertyInfo property) => property.Get is not null || property.Set is not null || property.AssociatedParameter is not null;

    private static bool IsHidden(JsonPropertyInfo property) =>
        (property.AttributeProvider is MemberInfo member && Attribute.IsDefined(member, typeof(SensitiveAttribute), inherit: true))
        || property.AssociatedParameter?.AttributeProvider?.IsDefined(typeof(SensitiveAttribute), inherit: true) == true;
}
