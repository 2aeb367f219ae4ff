using System.Collections.Concurrent;
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
            var node = JsonNode.Parse(json.Span);
            holding.ForEach(type => Hide(node, type));
            return JsonSerializer.SerializeToUtf8Bytes(node, ShownJson.Default.JsonNode!);
        }
        catch (JsonException)
        {
            return JsonSerializer.SerializeToUtf8Bytes(Mask, ShownJson.Default.String);
        }
    }

    private void Hide(JsonNode? node, Type type)
    {
        var info = InfoOf(type);
        switch (node, info.Kind)
        {
            case (JsonObject whole, JsonTypeInfoKind.Object): HideMembers(whole, Cases(info)); break;
            case (JsonObject whole, JsonTypeInfoKind.Dictionary): whole.ToList().ForEach(entry => Hide(entry.Value, info.ElementType!)); break; // One has values.
            case (JsonArray list, JsonTypeInfoKind.Enumerable): list.ToList().ForEach(item => Hide(item, info.ElementType!)); break; // As above.
        }
    }

    private void HideMembers(JsonObject whole, IEnumerable<JsonTypeInfo> cases)
    {
        foreach (var property in cases.SelectMany(one => one.Properties))
        {
            // Others write names as they like; they are read so, too.
            foreach (var name in whole.Select(member => member.Key).Where(key => string.Equals(key, property.Name, StringComparison.OrdinalIgnoreCase)).ToList())
            {
                if (IsHidden(property))
                {
                    whole[name] = Mask;
                }
                else
                {
                    Hide(whole[name], property.PropertyType);
                }
            }
        }
    }

    private bool Holds(Type root)
    {
        var seen = new HashSet<Type> { root };
        var open = new Queue<Type>([root]);
        while (open.TryDequeue(out var type))
        {
            var info = InfoOf(type);
            var inside = Cases(info).SelectMany(one => one.Properties).ToList();
            if (inside.Exists(IsHidden))
            {
                return true;
            }

            foreach (var inner in inside.Select(property => property.PropertyType).Append(info.ElementType).OfType<Type>().Where(seen.Add))
            {
                open.Enqueue(inner);
            }
        }

        return false;
    }

    private JsonTypeInfo InfoOf(Type type) => options.GetTypeInfo(Nullable.GetUnderlyingType(type) ?? type);

    private IEnumerable<JsonTypeInfo> Cases(JsonTypeInfo info) =>
        [info, .. info.PolymorphismOptions?.DerivedTypes.Where(derived => derived.DerivedType != info.Type).Select(derived => options.GetTypeInfo(derived.DerivedType)) ?? []];

    private static bool IsHidden(JsonPropertyInfo property) =>
        property.AttributeProvider?.IsDefined(typeof(SensitiveAttribute), inherit: true) == true
        || property.AssociatedParameter?.AttributeProvider?.IsDefined(typeof(SensitiveAttribute), inherit: true) == true;
}

[System.Text.Json.Serialization.JsonSerializable(typeof(JsonNode))]
[System.Text.Json.Serialization.JsonSerializable(typeof(string))]
internal sealed partial class ShownJson : System.Text.Json.Serialization.JsonSerializerContext;
